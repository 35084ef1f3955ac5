//! Pictures over HTTP: clients upload through us, and see them where they are kept.

mod files;
mod images;
mod multipart;
mod upload_form;
mod views;

use std::sync::Arc;

use actix_web::{http::Method, middleware::from_fn};
use media::{Media, ServedFiles};
use paperclip::actix::web::{self, Data};

use self::{files::Files, upload_form::Doorway};
use crate::{Mount, edge::quota::limited_when};

/// Where [`ServedFiles`] are found, after the address of the house.
pub const FILES: &str = "/v1/media/files";

/// How many files are taken in at the same moment; each is kept in memory until it is in its store.
const UPLOADS_AT_ONCE: usize = 16;

/// Every route of pictures; `files` are those that the house serves itself.
pub fn routes(media: Media, files: Option<Arc<dyn ServedFiles>>) -> Mount {
    let doorway = Data::new(Doorway::new(UPLOADS_AT_ONCE));
    let media = Data::new(media);
    let files = files.map(|files| Data::new(Files(files)));
    Arc::new(move |config| {
        config.app_data(media.clone()).app_data(doorway.clone());
        let often = || from_fn(limited_when("upload", |request| request.method() == Method::POST));
        config
            .service(
                web::resource("/v1/media/images")
                    .wrap(often())
                    .route(web::get().to(images::list))
                    .route(web::post().to(images::upload)),
            )
            .service(
                web::resource("/v1/media/images/{id}")
                    .route(web::get().to(images::show))
                    .route(web::delete().to(images::remove)),
            )
            .service(
                web::resource("/v1/media/images/{id}/replacements")
                    .wrap(often())
                    .route(web::post().to(images::replace)),
            )
            .service(
                web::resource("/v1/media/images/{id}/links").route(web::post().to(images::link)),
            );
        if let Some(files) = &files {
            config.app_data(files.clone());
            config.service(
                web::resource("/v1/media/files/{image}/{variant}")
                    .route(web::get().to(files::serve)),
            );
        }
    })
}
