//! Images as clients see and send them.

use commerce::Timestamp;
use media::{Image, Visibility};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{extract::Ref, images::ImageUrls, openapi::Binary};

#[derive(Debug, Deserialize, JsonSchema)]
pub struct ImagePath {
    pub id: Ref<Image>,
}

/// A picture with what is said of it.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "ImageUpload", example = json!({
    "file": "(the bytes of a picture)", "alt": "A red scooter, seen from the left", "visibility": "public",
}))]
#[expect(dead_code, reason = "says what the form looks like; it is read part by part")]
pub struct UploadBody {
    /// A JPEG, PNG or WebP file that does not move.
    #[schemars(with = "Binary")]
    pub file: String,
    /// What it shows, for those who cannot see it; 300 characters at most.
    #[serde(default)]
    #[schemars(length(max = 300))]
    pub alt: String,
    /// `public` unless told.
    #[serde(default)]
    pub visibility: VisibilityName,
}

#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "ImageVisibility")]
#[serde(rename_all = "snake_case")]
pub enum VisibilityName {
    #[default]
    Public,
    Private,
}

impl From<Visibility> for VisibilityName {
    fn from(visibility: Visibility) -> Self {
        match visibility {
            Visibility::Public => Self::Public,
            Visibility::Private => Self::Private,
        }
    }
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "StoredImage")]
pub struct ImageView {
    pub id: Ref<Image>,
    pub alt: String,
    pub visibility: VisibilityName,
    /// Of the largest size.
    pub width: u32,
    pub height: u32,
    /// Null for a private image: make a link.
    pub urls: Option<ImageUrls>,
    /// Whether it belongs to something, such as a vehicle.
    pub attached: bool,
    pub created_at: Timestamp,
}

impl From<&Image> for ImageView {
    fn from(image: &Image) -> Self {
        Self {
            id: image.id.into(),
            alt: image.alt.clone(),
            visibility: image.visibility.into(),
            width: image.width,
            height: image.height,
            urls: image.urls().map(Into::into),
            attached: image.holder.is_some(),
            created_at: image.created_at,
        }
    }
}
