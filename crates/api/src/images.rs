//! Images on what is shown, as clients send and see them: uploaded pictures, or something elsewhere on the web.

use commerce::{
    Timestamp,
    picture::{Image, NewImage, Picture, PictureLink, PictureUrls, Shows},
};
use garde::Validate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::extract::{Faults, Object, Reads, Ref};

/// An uploaded `picture`, or what is elsewhere on the web under a `url`; never both.
#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewImage", example = json!({
    "picture": "pic_019aa3c5d1f27c3e8a4b5c6d7e8f9012", "alt": "A shirt, seen from the front",
}))]
pub struct NewImageBody {
    /// Of yours, public, and shown nowhere else.
    #[garde(skip)]
    pub picture: Option<Ref<Picture>>,
    /// `https://…`, or a path of ours.
    #[garde(length(chars, min = 1, max = 2_000))]
    pub url: Option<String>,
    /// What it shows, for those who cannot see it. The picture's own words when absent; a `url` needs some.
    #[garde(length(chars, max = 300))]
    pub alt: Option<String>,
    /// Among the other images, from 0; last when absent.
    #[garde(range(max = 100))]
    pub position: Option<u32>,
}

/// A body that is nothing but an image.
impl Reads for NewImageBody {
    type Thing = NewImage;

    fn read(self, faults: &mut Faults) -> NewImage {
        self.read_at("#", faults)
    }
}

impl NewImageBody {
    /// `pointer` is where it stands in the body.
    fn read_at(self, pointer: &str, faults: &mut Faults) -> NewImage {
        let position = self.position.and_then(|position| usize::try_from(position).ok());
        let mut fault = |field: &str, code: &str, detail: &str| {
            faults.add(format!("{pointer}/{field}"), code, detail);
        };
        let shows = match (self.picture, self.url) {
            (Some(picture), None) => Shows::Picture(picture.0),
            (None, Some(url)) => {
                if self.alt.is_none() {
                    fault("alt", "required", "is missing");
                }
                Shows::Web(url)
            }
            (Some(_), Some(url)) => {
                fault("picture", "out_of_place", "an image has a `picture` or a `url`, not both");
                Shows::Web(url)
            }
            (None, None) => {
                fault("picture", "required", "an image has a `picture` or a `url`");
                Shows::Web("/".into())
            }
        };
        NewImage { shows, alt: self.alt, position }
    }
}

/// All the images of a body, which stand in its `images`.
pub fn read_all(bodies: Vec<Object<NewImageBody>>, faults: &mut Faults) -> Vec<NewImage> {
    let each = bodies.into_iter().enumerate();
    each.map(|(at, body)| body.0.read_at(&format!("#/images/{at}"), faults)).collect()
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Image")]
pub struct ImageView {
    pub id: Ref<Image>,
    /// Where it is seen in its largest size.
    pub url: String,
    pub alt: String,
    /// Null for what is elsewhere on the web.
    pub picture: Option<Ref<Picture>>,
    /// The picture in its sizes; null for what is elsewhere on the web.
    pub urls: Option<ImageUrls>,
}

impl From<Image> for ImageView {
    fn from(image: Image) -> Self {
        let Image { id, url, alt, picture } = image;
        let (picture, urls) = picture.map(|shown| (shown.id.into(), shown.urls.into())).unzip();
        Self { id: id.into(), url, alt, picture, urls }
    }
}

/// One picture in three sizes.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ImageUrls {
    /// 160 × 160, cut to fit.
    pub thumb: String,
    /// 400 × 400, cut to fit.
    pub card: String,
    /// Whole, with sides of 2048 at most.
    pub full: String,
}

impl From<PictureUrls> for ImageUrls {
    fn from(urls: PictureUrls) -> Self {
        let PictureUrls { thumb, card, full } = urls;
        Self { thumb, card, full }
    }
}

/// A link that opens a private image.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ImageLink")]
pub struct ImageLinkView {
    pub url: String,
    pub expires_at: Timestamp,
}

impl From<PictureLink> for ImageLinkView {
    fn from(PictureLink { url, expires_at }: PictureLink) -> Self {
        Self { url, expires_at }
    }
}
