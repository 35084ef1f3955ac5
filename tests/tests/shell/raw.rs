//! Requests that no decent client would send, written byte by byte.

use std::time::Duration;

use tests::Shop;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// Sends the bytes and reads until the server has nothing more to say.
pub async fn talk(shop: &Shop, request: &[u8]) -> String {
    let address = shop.url().trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request).await.unwrap();
    let mut heard = Vec::new();
    let listening = tokio::time::timeout(Duration::from_secs(30), async {
        while !is_whole(&heard) {
            if stream.read_buf(&mut heard).await.unwrap() == 0 {
                break;
            }
        }
    });
    listening.await.unwrap();
    String::from_utf8_lossy(&heard).into_owned()
}

/// Whether the head has come, and as much of a body as it promises.
fn is_whole(heard: &[u8]) -> bool {
    let text = String::from_utf8_lossy(heard);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let head = head.to_ascii_lowercase();
    let length = head.split("content-length: ").nth(1).and_then(|rest| rest.lines().next());
    length.and_then(|length| length.parse().ok()).is_none_or(|length: usize| body.len() >= length)
}
