//! Where pictures are kept: Cloudinary, an S3-compatible store, or a folder of this machine.

mod call;
pub mod cloudinary;
pub mod folder;
pub mod s3;

pub use call::Persistence;
pub use cloudinary::{Cloudinary, CloudinarySettings};
pub use folder::{Folder, FolderSettings};
pub use s3::{S3, S3Settings};
