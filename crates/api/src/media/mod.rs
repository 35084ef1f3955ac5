//! Pictures over HTTP: clients upload through us, and see them where they are kept.

mod doorway;
mod files;
mod images;
mod multipart;
mod upload_form;
mod views;

use std::sync::Arc;

use actix_web::{http::Method, middleware::from_fn};
use media::{Media, ServedFiles};
use paperclip::actix::web::{self, Data};

pub use self::doorway::UploadLimits;
use self::{doorway::Doorway, files::Files};
use crate::{
    Mount,
    edge::{patience::patient, quota::limited_when},
};

/// Where [`ServedFiles`] are found, after the address of the house.
pub const FILES: &str = "/v1/media/files";

/// Every route of pictures; `files` are those that the house serves itself.
pub fn routes(media: Media, files: Option<Arc<dyn ServedFiles>>, uploads: UploadLimits) -> Mount {
    let doorway = Data::new(Doorway::new(uploads));
    let media = Data::new(media);
    let files = files.map(|files| Data::new(Files(files)));
    Arc::new(move |config| {
        config.app_data(media.clone()).app_data(doorway.clone());
        let often = || from_fn(limited_when("upload", |request| request.method() == Method::POST));
        config
            .service(
                web::resource("/v1/media/images")
                    .wrap(often())
                    .wrap(from_fn(patient(uploads.timeout)))
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
                    .wrap(from_fn(patient(uploads.timeout)))
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
