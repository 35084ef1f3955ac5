//! Pictures of the demonstration shop, so that its catalogue is whole without any other server.

use actix_web::{
    HttpRequest, HttpResponse, ResponseError,
    http::header,
    web::{Data, Path},
};

use crate::{answer::not_modified, edge::etag, problem::Problem};

/// Draws the picture of that name, if there is one.
pub type Pictures = fn(&str) -> Option<String>;

const A_DAY: &str = "public, max-age=86400";

pub(crate) async fn picture(
    request: HttpRequest,
    pictures: Data<Pictures>,
    name: Path<String>,
) -> HttpResponse {
    let Some(drawn) = pictures(&name) else { return Problem::not_found().error_response() };
    let tag = format!("\"{}\"", etag::print(drawn.as_bytes()));
    if etag::is_known(&request, &tag) {
        return not_modified(tag, Some(A_DAY));
    }
    let mut response = HttpResponse::Ok();
    response.content_type("image/svg+xml").insert_header((header::ETAG, tag));
    response.insert_header((header::CACHE_CONTROL, A_DAY)).body(drawn)
}
