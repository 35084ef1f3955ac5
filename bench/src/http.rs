//! A client that costs next to nothing: HTTP/1.1 over one kept connection, requests written beforehand.

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{Result, trouble};

/// One kept connection.
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
    /// Where the head of the last answer ends.
    head: usize,
    /// Where the body of the last answer lies in the buffer.
    body: std::ops::Range<usize>,
}

/// The head of an answer.
#[derive(Debug, Clone, Copy)]
struct Head {
    status: u16,
    ends: usize,
    length: usize,
}

impl Connection {
    /// `authority` is `127.0.0.1:8080`.
    pub async fn open(authority: &str) -> Result<Self> {
        let stream = TcpStream::connect(authority).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(16_384), head: 0, body: 0..0 })
    }

    /// Sends a request as it is and reads the answer whole; returns its status.
    pub async fn ask(&mut self, request: &[u8]) -> Result<u16> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        let head = loop {
            self.more().await?;
            if let Some(head) = head(&self.buffer)? {
                break head;
            }
        };
        let ends = head.ends + head.length;
        while self.buffer.len() < ends {
            self.more().await?;
        }
        (self.head, self.body) = (head.ends, head.ends..ends);
        Ok(head.status)
    }

    async fn more(&mut self) -> Result<()> {
        if self.stream.read_buf(&mut self.buffer).await? == 0 {
            return Err(trouble("the server hung up"));
        }
        Ok(())
    }

    /// The body of the last answer.
    pub fn body(&self) -> &[u8] {
        self.buffer.get(self.body.clone()).unwrap_or_default()
    }

    /// A header of the last answer.
    pub fn header(&self, name: &str) -> Option<String> {
        let head = std::str::from_utf8(self.buffer.get(..self.head)?).ok()?;
        let mut fields = head.lines().filter_map(|line| line.split_once(':'));
        let field = fields.find(|(field, _)| field.eq_ignore_ascii_case(name))?;
        Some(field.1.trim().to_owned())
    }

    pub fn json(&self) -> Result<Value> {
        Ok(serde_json::from_slice(self.body())?)
    }

    /// Asks, and insists on a status.
    pub async fn expect(&mut self, request: &[u8], status: u16) -> Result<Value> {
        let answered = self.ask(request).await?;
        if answered != status {
            let line = String::from_utf8_lossy(request).lines().next().unwrap_or("").to_owned();
            let body = String::from_utf8_lossy(self.body()).into_owned();
            return Err(trouble(&format!("{line}: {answered} in place of {status}: {body}")));
        }
        if self.body().is_empty() { Ok(Value::Null) } else { self.json() }
    }
}

fn head(buffer: &[u8]) -> Result<Option<Head>> {
    let Some(blank) = buffer.windows(4).position(|four| four == b"\r\n\r\n") else {
        return Ok(None);
    };
    let text = std::str::from_utf8(buffer.get(..blank).unwrap_or_default())?;
    let mut lines = text.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1));
    let status = status.and_then(|status| status.parse().ok());
    let length = lines.find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
    });
    let status = status.ok_or_else(|| trouble("an answer without a status"))?;
    Ok(Some(Head { status, ends: blank + 4, length: length.unwrap_or(0) }))
}

/// A request ready to be sent.
pub fn request(
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: Option<&Value>,
) -> Vec<u8> {
    let mut text = format!("{method} {path} HTTP/1.1\r\nhost: shop.example\r\naccept: */*\r\n");
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    let body = body.map(Value::to_string).unwrap_or_default();
    if !body.is_empty() {
        text.push_str(&format!(
            "content-type: application/json\r\ncontent-length: {}\r\n",
            body.len()
        ));
    }
    text.push_str("\r\n");
    text.push_str(&body);
    text.into_bytes()
}

pub fn get(path: &str) -> Vec<u8> {
    request("GET", path, &[], None)
}
