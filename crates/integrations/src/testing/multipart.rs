//! Takes `multipart/form-data` apart again.

use super::Heard;

/// One part as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    pub name: String,
    pub filename: Option<String>,
    pub media_type: Option<String>,
    pub content: Vec<u8>,
}

impl Part {
    pub fn text(&self) -> String {
        String::from_utf8(self.content.clone()).unwrap()
    }
}

/// The parts of a request's body, in their order.
pub fn parts(heard: &Heard) -> Vec<Part> {
    let (_, boundary) = heard.header("content-type").split_once("boundary=").unwrap();
    let line = format!("--{boundary}").into_bytes();
    let mut rest = heard.body.as_slice();
    let mut parts = Vec::new();
    while let Some(at) = find(rest, &line) {
        rest = &rest[at + line.len()..];
        let Some(inner) = rest.strip_prefix(b"\r\n") else { break };
        let end = find(inner, &[b"\r\n", line.as_slice()].concat()).unwrap();
        parts.push(part(&inner[..end]));
    }
    parts
}

fn part(text: &[u8]) -> Part {
    let end = find(text, b"\r\n\r\n").unwrap();
    let head = String::from_utf8(text[..end].to_vec()).unwrap();
    let named = |name: &str| {
        let (_, value) = head.split_once(&format!("{name}=\""))?;
        Some(value.split('"').next()?.to_owned())
    };
    let media_type = head.lines().find_map(|line| line.strip_prefix("Content-Type: "));
    Part {
        name: named(" name").unwrap(),
        filename: named("filename"),
        media_type: media_type.map(str::to_owned),
        content: text[end + 4..].to_vec(),
    }
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    text.windows(what.len()).position(|window| window == what)
}
