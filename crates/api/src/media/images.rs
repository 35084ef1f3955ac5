//! Images: to upload, to look through, to replace and to remove.

use commerce::{Answer, Stored};
use media::{Image, Media, MediaError, NewImage};
use paperclip::actix::{api_v2_operation, web::Data};

use super::{
    upload_form::UploadForm,
    views::{ImagePath, ImageView},
};
use crate::{
    Fail,
    answer::{Created, Json, NoContent, Once, created},
    extract::{PageView, Paging, Path, Query, Signed},
    images::ImageLinkView,
};

/// Upload a picture.
///
/// It is read as what it is, whatever its name and type say, and kept anew in three sizes without anything but its
/// pixels. Until it is attached to something it counts among your unused images.
#[api_v2_operation(tags(Media), operation_id = "uploadImage")]
pub async fn upload(
    media: Data<Media>,
    signed: Signed,
    form: UploadForm,
) -> Result<Once<ImageView>, Fail> {
    let work = async |new: NewImage, request| {
        let once = commerce::Once { request, answer: word };
        let stored = media.upload(&signed.0, new, Some(once)).await?;
        Ok::<_, MediaError>(Once::first(word(&stored)))
    };
    Ok(form.once(&*media.receipts, work).await?)
}

/// Replace a picture.
///
/// The new image has an id and addresses of its own, takes the old one's place wherever that was attached, and the
/// old one is removed. It is as public or private as the old one was. What is evidence of something, such as a photo
/// of a damage, stays as it is: 409 `image_in_use`.
#[api_v2_operation(tags(Media), operation_id = "replaceImage")]
pub async fn replace(
    media: Data<Media>,
    signed: Signed,
    path: Path<ImagePath>,
    form: UploadForm,
) -> Result<Once<ImageView>, Fail<404>> {
    let work = async |new: NewImage, request| {
        let once = commerce::Once { request, answer: word };
        let stored = media.replace(&signed.0, path.0.id.0, new, Some(once)).await?;
        Ok::<_, MediaError>(Once::first(word(&stored)))
    };
    Ok(form.once(&*media.receipts, work).await?)
}

fn word(stored: &Stored<Image>) -> Answer {
    let location = format!("/v1/media/images/{}", stored.state.id);
    created(location, &ImageView::from(&stored.state))
}

/// Your images, newest first.
#[api_v2_operation(tags(Media), operation_id = "listImages")]
pub async fn list(
    media: Data<Media>,
    signed: Signed,
    paging: Query<Paging>,
) -> Result<Json<PageView<ImageView>>, Fail> {
    let page = media.images_of(&signed.0, paging.0.request()).await?;
    Ok(Json(PageView::of(page, |stored| ImageView::from(&stored.state))))
}

/// Look at one of your images.
#[api_v2_operation(tags(Media), operation_id = "getImage")]
pub async fn show(
    media: Data<Media>,
    signed: Signed,
    path: Path<ImagePath>,
) -> Result<Json<ImageView>, Fail> {
    let stored = media.own(&signed.0, path.0.id.0).await?;
    Ok(Json(ImageView::from(&stored.state)))
}

/// Remove an image that is shown nowhere.
///
/// An operator removes one that is shown as well: whatever shows it loses it.
#[api_v2_operation(tags(Media), operation_id = "removeImage")]
pub async fn remove(
    media: Data<Media>,
    signed: Signed,
    path: Path<ImagePath>,
) -> Result<NoContent, Fail<409>> {
    media.remove(&signed.0, path.0.id.0).await?;
    Ok(NoContent)
}

/// Make a link to a private image.
///
/// It opens the image for whoever has it, until it expires.
#[api_v2_operation(tags(Media), operation_id = "linkImage")]
pub async fn link(
    media: Data<Media>,
    signed: Signed,
    path: Path<ImagePath>,
) -> Result<Created<ImageLinkView>, Fail<409>> {
    Ok(Created(media.private_link(&signed.0, path.0.id.0).await?.into()))
}
