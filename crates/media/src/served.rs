//! Files that the house serves itself, where the store is one of its own folders.

use async_trait::async_trait;

use crate::{Format, ImageId, StoreTrouble, Variant, Visibility};

/// What a client asks for: a picture in one size, and for a private one the pass of its link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedFile {
    pub image: ImageId,
    pub variant: Variant,
    pub pass: Option<Pass>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pass {
    /// In seconds since 1970.
    pub until: i64,
    /// In hex.
    pub signature: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServedFile {
    pub format: Format,
    pub visibility: Visibility,
    pub bytes: Vec<u8>,
}

#[async_trait]
pub trait ServedFiles: Send + Sync {
    /// Nothing where there is no such file, and where the pass does not open it.
    async fn read(&self, asked: &AskedFile) -> Result<Option<ServedFile>, StoreTrouble>;
}
