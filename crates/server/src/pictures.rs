//! The stores of pictures that are set up.

use std::{path::PathBuf, sync::Arc, time::Duration};

use api::UploadLimits;
use chrono::TimeDelta;
use commerce::Env;
use integrations::media::{
    Cloudinary, CloudinarySettings, Folder, FolderSettings, Persistence, S3, S3Settings,
    cloudinary::sign::SignatureDigest,
};
use media::{ImageStore, Limits, Media, Rules, ServedFiles, Stores};
use persistence::Db;
use secrecy::{ExposeSecret, SecretString};

use crate::{
    config::{CloudinaryDigest, Config, PictureStore},
    wiring::{WiringError, setting},
};

/// Pixels of a megapixel.
const MEGA: u64 = 1_000_000;

pub struct Pictures {
    pub media: Media,
    /// The folder is served whichever store is the current one: older pictures may be in it.
    pub files: Arc<dyn ServedFiles>,
}

pub fn wire(config: &Config, rows: &Arc<Db>, env: &Env) -> Result<Pictures, WiringError> {
    let folder = Arc::new(folder(config, env));
    let current: Arc<dyn ImageStore> = match config.media.store {
        PictureStore::Folder => folder.clone(),
        PictureStore::Cloudinary => cloudinary(config, env)?,
        PictureStore::S3 => s3(config, env)?,
    };
    let mut stores = Stores::new(current).and(folder.clone());
    if !config.media.cloudinary.cloud.is_empty() {
        stores = stores.and(cloudinary(config, env)?);
    }
    if !config.media.s3.bucket.is_empty() {
        stores = stores.and(s3(config, env)?);
    }
    let media = Media::over(rows.clone(), stores, env.clone(), rules(config));
    Ok(Pictures { media, files: folder })
}

fn rules(config: &Config) -> Rules {
    let media = &config.media;
    let limits = Limits {
        bytes: media.max_bytes,
        pixels: media.max_megapixels.saturating_mul(MEGA),
        ..Limits::default()
    };
    Rules {
        limits,
        at_once: media.at_once,
        // Its client hears that the store is slow, and not that we are.
        put_within: Duration::from_millis(media.upload_timeout_ms / 2),
        upload_window: TimeDelta::seconds(media.upload_window_s),
        most_unused: media.max_unused_per_user,
        unused_for: (media.unused_days > 0).then(|| TimeDelta::days(media.unused_days)),
        private_for: TimeDelta::seconds(media.private_link_s),
        ..Rules::default()
    }
}

/// What uploads may take of the house.
pub fn upload_limits(config: &Config) -> UploadLimits {
    let media = &config.media;
    UploadLimits {
        at_once: media.uploads_at_once,
        of_one_person: media.uploads_per_user,
        wait: Duration::from_millis(media.upload_wait_ms),
        timeout: Duration::from_millis(media.upload_timeout_ms),
    }
}

fn folder(config: &Config, env: &Env) -> Folder {
    let base = config.server.public_url.trim_end_matches('/');
    let settings = FolderSettings {
        root: PathBuf::from(&config.media.folder.path),
        base_url: format!("{base}{}", api::media::FILES),
        secret: link_secret(&config.auth.pepper),
    };
    Folder::new(settings, env.clock.clone())
}

/// A key of its own for links, out of the secret every house has.
fn link_secret(pepper: &SecretString) -> SecretString {
    SecretString::from(format!("links to private pictures\n{}", pepper.expose_secret()))
}

fn cloudinary(config: &Config, env: &Env) -> Result<Arc<dyn ImageStore>, WiringError> {
    let account = &config.media.cloudinary;
    let store = Cloudinary::new(
        CloudinarySettings {
            api_url: account.api_url.clone(),
            delivery_url: account.delivery_url.clone(),
            cloud: account.cloud.clone(),
            api_key: account.api_key.clone(),
            api_secret: account.api_secret.clone(),
            digest: match account.digest {
                CloudinaryDigest::Sha1 => SignatureDigest::Sha1,
                CloudinaryDigest::Sha256 => SignatureDigest::Sha256,
            },
            signed_urls: account.signed_urls,
            timeout: Duration::from_millis(config.media.timeout_ms),
            persistence: Persistence::default(),
        },
        env.clock.clone(),
    );
    Ok(Arc::new(store.map_err(|error| setting("media.cloudinary")(&error))?))
}

fn s3(config: &Config, env: &Env) -> Result<Arc<dyn ImageStore>, WiringError> {
    let bucket = &config.media.s3;
    let public_url = Some(bucket.public_url.clone()).filter(|url| !url.is_empty());
    let store = S3::new(
        S3Settings {
            endpoint: bucket.endpoint.clone(),
            region: bucket.region.clone(),
            bucket: bucket.bucket.clone(),
            key_id: bucket.key_id.clone(),
            secret: bucket.secret.clone(),
            public_url,
            timeout: Duration::from_millis(config.media.timeout_ms),
            persistence: Persistence::default(),
        },
        env.clock.clone(),
    );
    Ok(Arc::new(store.map_err(|error| setting("media.s3")(&error))?))
}
