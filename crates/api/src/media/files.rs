//! Pictures out of the folder of this machine, where the house is its own store.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, Responder, body::BoxBody, http::header};
use media::{AskedFile, Pass, ServedFile, ServedFiles, Variant, Visibility};
use paperclip::{
    actix::{OperationModifier, api_v2_operation, web::Data},
    v2::{
        models::{DefaultOperationRaw, DefaultResponseRaw, Either},
        schema::Apiv2Schema,
    },
};
use schemars::JsonSchema;
use serde::Deserialize;
use uuid::Uuid;

use crate::{
    Fail, Problem,
    extract::{Path, Query, no_definitions},
};

#[derive(Debug, Deserialize, JsonSchema)]
pub struct FilePath {
    /// The name we gave it.
    #[schemars(length(equal = 32))]
    pub image: String,
    /// `thumb`, `card` or `full`.
    pub variant: String,
}

#[derive(Debug, Deserialize, JsonSchema, garde::Validate)]
#[serde(deny_unknown_fields)]
pub struct FileQuery {
    /// Until when a private link opens, in seconds since 1970.
    #[garde(skip)]
    pub until: Option<i64>,
    /// What proves that the link is ours.
    #[garde(length(chars, max = 128))]
    pub signature: Option<String>,
}

/// The folder that the house serves.
#[derive(Clone)]
pub struct Files(pub Arc<dyn ServedFiles>);

/// Look at a picture.
#[api_v2_operation(tags(Media), operation_id = "getImageFile")]
pub async fn serve(
    files: Data<Files>,
    path: Path<FilePath>,
    query: Query<FileQuery>,
) -> Result<Picture, Fail> {
    let asked = asked(&path.0, query.0).ok_or_else(Problem::not_found)?;
    let found = files.0.read(&asked).await.map_err(media::MediaError::OutOfReach)?;
    Ok(Picture(found.ok_or_else(Problem::not_found)?))
}

fn asked(path: &FilePath, query: FileQuery) -> Option<AskedFile> {
    let image = Uuid::try_parse(&path.image).ok().filter(|_| path.image.len() == 32)?;
    let variant = Variant::parse(&path.variant)?;
    let pass = match (query.until, query.signature) {
        (None, None) => None,
        (Some(until), Some(signature)) => Some(Pass { until, signature }),
        _ => return None,
    };
    Some(AskedFile { image: image.into(), variant, pass })
}

/// A picture and nothing else: every answer of the house forbids to guess another type and to run anything.
#[derive(Debug)]
pub struct Picture(ServedFile);

impl Responder for Picture {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        let Self(ServedFile { format, visibility, bytes }) = self;
        // A name is never used for another picture.
        let caching = match visibility {
            Visibility::Public => "public, max-age=31536000, immutable",
            Visibility::Private => "private, no-store",
        };
        HttpResponse::Ok()
            .content_type(format.media_type())
            .insert_header((header::CACHE_CONTROL, caching))
            .insert_header((header::CONTENT_DISPOSITION, "inline"))
            .insert_header(("cross-origin-resource-policy", "cross-origin"))
            .body(bytes)
    }
}

impl Apiv2Schema for Picture {}

impl OperationModifier for Picture {
    no_definitions!();

    fn update_parameter(_: &mut DefaultOperationRaw) {}

    fn update_response(operation: &mut DefaultOperationRaw) {
        let response = DefaultResponseRaw {
            description: Some("The picture".into()),
            ..DefaultResponseRaw::default()
        };
        operation.responses.insert("200".into(), Either::Right(response));
    }
}
