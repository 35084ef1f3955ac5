//! Signatures as the providers' own libraries make them.

use commerce::Timestamp;
use integrations::media::{
    cloudinary::sign::{
        Params, SignatureDigest, long_url_signature, response_signature, to_sign, url_signature,
    },
    s3::sign::{Request, Signer, UNSIGNED_PAYLOAD},
};
use secrecy::SecretString;
use serde_json::Value;

fn vectors() -> Value {
    serde_json::from_str(include_str!("vectors.json")).unwrap()
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[test]
fn cloudinarys_own_vectors_are_signed_the_same() {
    let vectors = vectors();
    for vector in vectors["cloudinary_sign"].as_array().unwrap() {
        let params: Vec<_> = vector["params"]
            .as_object()
            .unwrap()
            .iter()
            .map(|(name, value)| (name.clone(), text(value)))
            .collect();

        let signed = to_sign(params.iter().map(|(name, value)| (name.as_str(), value.as_str())));

        assert_eq!(signed, text(&vector["to_sign"]));
    }
}

/// What the library was seen to send, and signed.
#[test]
fn a_recorded_upload_and_its_kin_have_the_signatures_they_had() {
    let upload = Params::default()
        .with("public_id", "products/p1/main")
        .with("notification_url", "https://x.example/cb?a=1&b=2")
        .with("asset_folder", "products")
        .with("overwrite", "1")
        .with("timestamp", "1315060510")
        .with("eager", "c_fill,f_auto,h_400,q_auto,w_400|c_limit,w_1200")
        .with("tags", "product,p1")
        .with("allowed_formats", "jpg,png,webp")
        .with("context", r"alt=A shirt|k=v\|w");
    let destroy = Params::default()
        .with("timestamp", "1315060510")
        .with("invalidate", "1")
        .with("public_id", "products/p1/main");
    let example = Params::default()
        .with("public_id", "sample_image")
        .with("timestamp", "1315060510")
        .with("eager", "w_400,h_300,c_pad|w_260,h_200,c_crop");
    let sha1 = |params: &Params| params.signature("abcd", SignatureDigest::Sha1);

    assert_eq!(sha1(&upload), "ee11b6d8d6d4834c99f6a0600c9c06c5dd36b8d2");
    assert_eq!(sha1(&destroy), "2dd223ec41fb896b3727b06fd6119a033d833146");
    assert_eq!(sha1(&example), "bfd09f95f331f558cbd1320e67aa8d488770583e");
    let beside = example
        .clone()
        .with("api_key", "1234567890")
        .with("file", "x")
        .with("tags", "")
        .with("resource_type", "image");
    assert_eq!(sha1(&beside), sha1(&example), "these are not signed");
    assert_eq!(
        example.signature("abcd", SignatureDigest::Sha256),
        text(&vectors()["cloudinary_sign"][2]["sha256"])
    );
}

#[test]
fn a_value_cannot_smuggle_in_another_parameter() {
    let vector = &vectors()["cloudinary_sign"][1];
    let honest = Params::default()
        .with("timestamp", "1568810420")
        .with("notification_url", "https://fake.com/callback?a=1&tags=hello,world");
    let smuggled = Params::default()
        .with("timestamp", "1568810420")
        .with("notification_url", "https://fake.com/callback?a=1")
        .with("tags", "hello,world");
    let secret = text(&vector["secret"]);
    let sha1 = |params: &Params| params.signature(&secret, SignatureDigest::Sha1);

    assert_ne!(sha1(&honest), sha1(&smuggled));
}

#[test]
fn cloudinarys_answers_and_addresses_are_signed_the_same() {
    let vectors = vectors();
    let answer = &vectors["cloudinary_response_signature"];
    let (id, version) = (text(&answer["public_id"]), text(&answer["version"]));
    let sha1 = SignatureDigest::Sha1;

    assert_eq!(response_signature(&id, &version, "abcd", sha1), text(&answer["signature"]));
    assert_eq!(url_signature("c_crop,h_20,w_10/image.jpg", "b", sha1), "s--Ai4Znfl3--");
    assert_eq!(url_signature("image.jpg", "b", sha1), "s----SjmNDA--");
    let path = "c_fill,f_auto,g_auto,h_400,q_auto,w_400/products/p1/main.jpg";
    assert_eq!(url_signature(path, "b", sha1), "s--pmhxcCFO--");
    assert_eq!(url_signature("sample.jpg", "b", SignatureDigest::Sha256), "s--2hbrSMPO--");
    assert_eq!(long_url_signature("sample.jpg", "b"), "s--2hbrSMPOjj5BJ4xV7SgFbRDevFaQNUFf--");
}

fn amazons_example() -> (Signer, Timestamp) {
    let secret = SecretString::from("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
    let signer = Signer::new("AKIAIOSFODNN7EXAMPLE".into(), secret, "us-east-1".into());
    (signer, "2013-05-24T00:00:00Z".parse().unwrap())
}

#[test]
fn amazons_own_presigned_addresses_come_out_the_same() {
    let (signer, at) = amazons_example();
    let vectors = vectors();
    let presigned = |method, host, path, headers: &[(&'static str, &str)], seconds| {
        let headers = headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        let request = Request { method, host, path, headers };
        let query = signer.presign(request, UNSIGNED_PAYLOAD, at, seconds);
        format!("{host}{path}?{query}")
    };
    let known = |name: &str| text(&vectors["s3"][name]).split_once("://").unwrap().1.to_owned();

    let get = presigned("GET", "examplebucket.s3.amazonaws.com", "/test.txt", &[], 86_400);
    assert_eq!(get, known("get"));
    let (host, path) = ("127.0.0.1:5000", "/bucket/products/p1/main.jpg");
    assert_eq!(presigned("PUT", host, path, &[], 900), known("put"));
    let typed = [("content-type", "image/jpeg")];
    assert_eq!(presigned("PUT", host, path, &typed, 900), known("put_ct"));
}

/// "Examples: signature calculations", Amazon S3 API reference.
#[test]
fn amazons_own_signed_requests_come_out_the_same() {
    let (signer, at) = amazons_example();
    let host = "examplebucket.s3.amazonaws.com";
    let proof = |request, body: &[u8]| {
        let headers = signer.authorize(request, body, at);
        headers.into_iter().find(|(name, _)| *name == "authorization").unwrap().1
    };

    let get = Request {
        method: "GET",
        host,
        path: "/test.txt",
        headers: vec![("range", "bytes=0-9".to_owned())],
    };
    assert_eq!(
        proof(get, b""),
        "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,\
         SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,\
         Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
    );
    let put = Request {
        method: "PUT",
        host,
        path: "/test%24file.text",
        headers: vec![
            ("date", "Fri, 24 May 2013 00:00:00 GMT".to_owned()),
            ("x-amz-storage-class", "REDUCED_REDUNDANCY".to_owned()),
        ],
    };
    let signature = "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd";
    assert!(proof(put, b"Welcome to Amazon S3.").ends_with(signature));
}
