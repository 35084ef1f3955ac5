//! A folder of this machine, for development and small shops; the house serves its files itself.

use std::{
    io::ErrorKind,
    path::{Path, PathBuf},
    sync::Arc,
};

use ::media::{
    Access, AskedFile, Format, ImageStore, Pass, Place, Placed, ServedFile, ServedFiles,
    StoreTrouble, Upload, Variant, Visibility,
};
use async_trait::async_trait;
use commerce::{Clock, Timestamp};
use hmac::{Hmac, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use tokio::fs;

#[derive(Debug, Clone)]
pub struct FolderSettings {
    pub root: PathBuf,
    /// Where the house serves [`ServedFiles`] from; best on a host of its own.
    pub base_url: String,
    /// Signs the links to private pictures.
    pub secret: SecretString,
}

pub struct Folder {
    settings: FolderSettings,
    clock: Arc<dyn Clock>,
}

impl Folder {
    pub fn new(settings: FolderSettings, clock: Arc<dyn Clock>) -> Self {
        Self { settings, clock }
    }

    /// Each picture has a folder of its own, so that removing it needs no list of its sizes.
    fn folder_of(&self, place: &Place) -> PathBuf {
        self.settings.root.join(place.visibility.as_str()).join(&place.key)
    }

    fn mac(&self, key: &str, variant: Variant, until: i64) -> Option<Hmac<Sha256>> {
        let secret = self.settings.secret.expose_secret();
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).ok()?;
        mac.update(format!("{key}/{}\n{until}", variant.as_str()).as_bytes());
        Some(mac)
    }

    fn private_url(&self, open: &str, key: &str, variant: Variant, until: Timestamp) -> String {
        let until = until.timestamp();
        let mac = self.mac(key, variant, until).map(|mac| mac.finalize().into_bytes());
        let signature = mac.map(hex::encode).unwrap_or_default();
        format!("{open}?until={until}&signature={signature}")
    }

    fn opens(&self, key: &str, variant: Variant, pass: &Pass) -> bool {
        let in_time = self.clock.now().timestamp() < pass.until;
        let mac = self.mac(key, variant, pass.until);
        let signature = hex::decode(&pass.signature).unwrap_or_default();
        in_time && mac.is_some_and(|mac| mac.verify_slice(&signature).is_ok())
    }
}

#[async_trait]
impl ImageStore for Folder {
    fn name(&self) -> &'static str {
        "folder"
    }

    fn needs(&self, visibility: Visibility) -> &'static [Variant] {
        match visibility {
            Visibility::Public => &Variant::ALL,
            Visibility::Private => &[Variant::Full],
        }
    }

    async fn put(&self, upload: &Upload) -> Result<Placed, StoreTrouble> {
        let folder = self.folder_of(&upload.place);
        fs::create_dir_all(&folder).await.map_err(broken)?;
        let mut extension = "";
        for rendition in &upload.renditions {
            extension = rendition.format.extension();
            write_whole(&folder.join(rendition.variant.as_str()), &rendition.bytes).await?;
        }
        let reference = upload.place.key.clone();
        Ok(Placed { reference, version: None, extension: extension.to_owned() })
    }

    async fn remove(&self, place: &Place) -> Result<(), StoreTrouble> {
        match fs::remove_dir_all(self.folder_of(place)).await {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(broken(error)),
            _ => Ok(()),
        }
    }

    fn url(&self, place: &Place, _: &Placed, variant: Variant, access: Access) -> String {
        let base = self.settings.base_url.trim_end_matches('/');
        let name = place.key.rsplit('/').next().unwrap_or_default();
        let open = format!("{base}/{name}/{}", variant.as_str());
        match access {
            Access::Open => open,
            Access::Until { until, .. } => self.private_url(&open, &place.key, variant, until),
        }
    }
}

#[async_trait]
impl ServedFiles for Folder {
    async fn read(&self, asked: &AskedFile) -> Result<Option<ServedFile>, StoreTrouble> {
        let visibility = match &asked.pass {
            None => Visibility::Public,
            Some(_) => Visibility::Private,
        };
        let place = Place::of(asked.image, visibility);
        if asked.pass.as_ref().is_some_and(|pass| !self.opens(&place.key, asked.variant, pass)) {
            return Ok(None);
        }
        let path = self.folder_of(&place).join(asked.variant.as_str());
        match fs::read(path).await {
            Ok(bytes) => {
                Ok(Format::of(&bytes).map(|format| ServedFile { format, visibility, bytes }))
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(broken(error)),
        }
    }
}

/// Whoever reads it meanwhile sees the whole file or none.
async fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), StoreTrouble> {
    let beside = path.with_extension("part");
    fs::write(&beside, bytes).await.map_err(broken)?;
    fs::rename(&beside, path).await.map_err(broken)
}

fn broken(error: std::io::Error) -> StoreTrouble {
    StoreTrouble::Passing(format!("the folder of pictures: {error}"))
}
