//! What is told of images.

use commerce::{
    Env, Event,
    picture::{REPLACED, TAKEN_DOWN},
};
use serde_json::json;

use crate::{Image, ImageId, ImageState};

/// Told in the commit that ends an image; whoever hears it removes the file.
pub(crate) const REMOVAL_DUE: &str = "image_removal_due";

pub(crate) fn uploading(env: &Env, image: &Image) -> Event {
    Event::new(env, "image_uploading", image.id, json!({"store": image.store}))
}

pub(crate) fn stored(env: &Env, image: &Image) -> Event {
    let body = json!({"holder": image.holder, "views": image.views()});
    Event::new(env, "image_stored", image.id, body)
}

/// For whoever shows the old one: the new one takes its place, and the old addresses end.
pub(crate) fn replaced(env: &Env, old: &Image, new: &Image) -> Event {
    let body = json!({
        "by": new.id,
        "holder": new.holder,
        "old_views": old.views(),
        "views": new.views(),
    });
    Event::new(env, REPLACED, old.id, body)
}

/// For whoever shows it: it is gone, and nothing takes its place.
pub(crate) fn taken_down(env: &Env, old: &Image) -> Event {
    Event::new(env, TAKEN_DOWN, old.id, json!({"holder": old.holder}))
}

pub(crate) fn removal_due(env: &Env, image: &Image) -> Event {
    Event::new(env, REMOVAL_DUE, image.id, json!({"store": image.store}))
}

pub(crate) fn removed(env: &Env, image: ImageId) -> Event {
    let state = ImageState::Removed { at: env.now() };
    Event::new(env, "image_removed", image, json!({"state": state.name()}))
}
