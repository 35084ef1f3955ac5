//! `multipart/form-data` (RFC 7578), of names and values that are ours.

use sha2::{Digest, Sha256};

pub(super) struct Form {
    boundary: String,
    body: Vec<u8>,
}

impl Form {
    /// The boundary is a hash of the file, which no file holds.
    pub fn new(file: &[u8]) -> Self {
        let hash = hex::encode(Sha256::digest(file));
        Self { boundary: format!("souk-{hash}"), body: Vec::with_capacity(file.len() + 4_096) }
    }

    pub fn text(self, name: &str, value: &str) -> Self {
        self.part(&format!("name=\"{name}\""), value.as_bytes())
    }

    pub fn file(self, name: &str, filename: &str, media_type: &str, bytes: &[u8]) -> Self {
        let about =
            format!("name=\"{name}\"; filename=\"{filename}\"\r\nContent-Type: {media_type}");
        self.part(&about, bytes)
    }

    fn part(mut self, about: &str, content: &[u8]) -> Self {
        let head =
            format!("--{}\r\nContent-Disposition: form-data; {about}\r\n\r\n", self.boundary);
        self.body.extend_from_slice(head.as_bytes());
        self.body.extend_from_slice(content);
        self.body.extend_from_slice(b"\r\n");
        self
    }

    /// The content type and the body.
    pub fn finish(mut self) -> (String, Vec<u8>) {
        self.body.extend_from_slice(format!("--{}--\r\n", self.boundary).as_bytes());
        (format!("multipart/form-data; boundary={}", self.boundary), self.body)
    }
}
