//! Entity tags: whether the client has already what it asks for (RFC 9110 §13.1.2).

use actix_web::{HttpRequest, http::Method, http::header};
use commerce::Version;
use xxhash_rust::xxh3::xxh3_128;

/// May be kept by anyone, and is asked about each time: a 304 costs little, and a price is never an old one.
pub const PUBLIC: &str = "public, max-age=0, must-revalidate";

/// A short print of a body (XXH3, 128 bits). It tells versions of a body apart and proves nothing.
pub fn print(body: &[u8]) -> String {
    format!("{:032x}", xxh3_128(body))
}

/// The tag of a body that shows this version of something.
pub fn of_version(Version(version): Version, body: &[u8]) -> String {
    format!("\"{version}.{}\"", print(body))
}

/// Whether `If-None-Match` of a read names this tag. Compares weakly, since a proxy may have compressed the answer.
pub fn is_known(request: &HttpRequest, tag: &str) -> bool {
    let known = request.headers().get_all(header::IF_NONE_MATCH);
    let mut known = known.filter_map(|tags| tags.to_str().ok()).flat_map(|tags| tags.split(','));
    let is_read = *request.method() == Method::GET || *request.method() == Method::HEAD;
    is_read && known.any(|known| matches!(known.trim(), "*") || opaque(known.trim()) == tag)
}

fn opaque(tag: &str) -> &str {
    tag.strip_prefix("W/").unwrap_or(tag)
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn a_tag_is_known_in_a_list_weakly_and_by_a_star() {
        for known in ["\"3\"", "\"1\", \"3\"", "W/\"3\"", "*"] {
            let request = TestRequest::get().insert_header(("if-none-match", known));
            assert!(is_known(&request.to_http_request(), "\"3\""), "{known}");
        }
    }

    #[test]
    fn another_tag_no_tag_and_a_write_are_not_known() {
        let other = TestRequest::get().insert_header(("if-none-match", "\"33\""));
        let write = TestRequest::patch().insert_header(("if-none-match", "\"3\""));

        for request in [other, write, TestRequest::get()] {
            assert!(!is_known(&request.to_http_request(), "\"3\""));
        }
    }
}
