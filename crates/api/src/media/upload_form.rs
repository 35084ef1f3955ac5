//! A form with a picture in it: its size is judged before it is read, and only so many are read at once.

use std::pin::Pin;

use actix_web::{
    FromRequest, HttpRequest,
    dev::Payload,
    http::{StatusCode, header},
    web::Data,
};
use commerce::{AuthError, FieldError, Receipts, RequestKey};
use media::{Media, NewImage, Visibility};
use paperclip::{
    actix::OperationModifier,
    v2::{models::DefaultOperationRaw, schema::Apiv2Schema},
};
use sha2::{Digest, Sha256};

use super::{
    doorway::{Doorway, Inside},
    multipart::{Part, boundary, parts},
    views::UploadBody,
};
use crate::{
    answer::Once,
    extract::{
        Keyed, auth,
        body::{collect, too_large},
        keyed, no_definitions,
    },
    openapi,
    problem::Problem,
};

/// What a form may have beside its file.
const AROUND_THE_FILE: usize = 16 * 1024;

/// A picture on its way in, under its `Idempotency-Key`.
#[derive(Debug)]
pub struct UploadForm {
    form: Keyed<NewImage>,
    /// Held until the answer is made.
    _inside: Inside,
}

impl UploadForm {
    pub async fn once<V, E>(
        self,
        receipts: &dyn Receipts,
        work: impl AsyncFnOnce(NewImage, RequestKey) -> Result<Once<V>, E>,
    ) -> Result<Once<V>, Problem>
    where
        E: Into<Problem>,
    {
        self.form.once(receipts, work).await
    }
}

impl FromRequest for UploadForm {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let limit = limit(request);
        let reading = limit.as_ref().ok().map(|limit| collect(payload, *limit));
        let request = request.clone();
        Box::pin(async move {
            auth::let_in(&request).await;
            let (limit, reading) = (limit?, reading.ok_or_else(Problem::unwired)?);
            let key = keyed::key(&request)?;
            let boundary = judge(&request, limit)?;
            let doorway = request.app_data::<Data<Doorway>>().ok_or_else(Problem::unwired)?;
            let actor = auth::actor(&request).await?.ok_or(AuthError::Missing)?;
            let inside = doorway.enter(actor.user).await?;
            let body = reading.await?;
            let parts = parts(&body, &boundary).map_err(Problem::unreadable)?;
            let hash = print(&request, &parts);
            let form = Keyed::under(&request, key, understand(&parts)?, hash).await?;
            Ok(Self { form, _inside: inside })
        })
    }
}

fn limit(request: &HttpRequest) -> Result<usize, Problem> {
    let media = request.app_data::<Data<Media>>().ok_or_else(Problem::unwired)?;
    Ok(media.rules.limits.bytes.saturating_add(AROUND_THE_FILE))
}

/// What the head of the request says of its body.
fn judge(request: &HttpRequest, limit: usize) -> Result<String, Problem> {
    let head = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
    let unsupported =
        |detail| Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media", detail);
    if request.headers().contains_key(header::CONTENT_ENCODING) {
        return Err(unsupported("send the body without Content-Encoding"));
    }
    let declared = head(header::CONTENT_LENGTH).and_then(|length| length.parse::<usize>().ok());
    if declared.is_some_and(|length| length > limit) {
        return Err(too_large(limit));
    }
    let boundary = head(header::CONTENT_TYPE).and_then(boundary).map(ToOwned::to_owned);
    boundary.ok_or_else(|| unsupported("send multipart/form-data with a boundary"))
}

/// Every fault of the form at once.
fn understand(parts: &[Part<'_>]) -> Result<NewImage, Problem> {
    let mut faults = Vec::new();
    let mut fault = |name: &str, code: &str, detail: &str| {
        faults.push(FieldError::new(format!("#/{name}"), code, detail));
    };
    let (mut file, mut alt, mut visibility) = (None, None, None);
    for part in parts {
        let slot = match part.name {
            "file" => &mut file,
            "alt" => &mut alt,
            "visibility" => &mut visibility,
            other => {
                fault(other, "unknown_field", "is not known here");
                continue;
            }
        };
        if slot.replace(part.content).is_some() {
            fault(part.name, "bad_value", "came twice");
        }
    }
    if file.is_none() {
        fault("file", "required", "is missing");
    }
    let alt = text(alt.unwrap_or_default()).unwrap_or_else(|| {
        fault("alt", "bad_value", "is text without a NUL in it");
        ""
    });
    let visibility = match visibility {
        None => Visibility::Public,
        Some(name) => str::from_utf8(name).ok().and_then(Visibility::parse).unwrap_or_else(|| {
            fault("visibility", "bad_value", "is `public` or `private`");
            Visibility::Public
        }),
    };
    match file {
        Some(file) if faults.is_empty() => {
            Ok(NewImage { bytes: file.to_vec(), alt: alt.to_owned(), visibility })
        }
        _ => Err(Problem::invalid(faults)),
    }
}

fn text(bytes: &[u8]) -> Option<&str> {
    str::from_utf8(bytes).ok().filter(|text| !text.contains('\0'))
}

/// Path and fields, whatever boundary stood between them.
fn print(request: &HttpRequest, parts: &[Part<'_>]) -> String {
    let mut hash = Sha256::new();
    hash.update(request.path());
    for part in parts {
        hash.update([0]);
        hash.update(part.name);
        hash.update([0]);
        hash.update(Sha256::digest(part.content));
    }
    hex::encode(hash.finalize())
}

impl Apiv2Schema for UploadForm {}

impl OperationModifier for UploadForm {
    no_definitions!();

    fn update_parameter(operation: &mut DefaultOperationRaw) {
        let what = "Names this request; the same key and form get the first answer again.";
        openapi::document_header(operation, "Idempotency-Key", true, what);
        openapi::document_body::<UploadBody>(operation, "multipart");
        for status in [400, 409, 413, 415, 422] {
            openapi::document_problem(operation, status);
        }
    }
}
