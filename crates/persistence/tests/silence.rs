//! A database that falls silent without hanging up, as behind a broken network.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::time::Duration;

use persistence::{Db, Settings, testing::TestDb};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::watch,
};

/// Carries connections to a server. Those that are open when it falls silent carry nothing any more, and stay open.
struct Relay {
    address: std::net::SocketAddr,
    silences: watch::Sender<u32>,
}

impl Relay {
    async fn to(server: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (silences, heard) = watch::channel(0);
        tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let (server, mut heard) = (server.clone(), heard.clone());
                tokio::spawn(async move {
                    let mut server = TcpStream::connect(server).await.unwrap();
                    heard.mark_unchanged();
                    tokio::select! {
                        _ = copy_bidirectional(&mut client, &mut server) => {}
                        Ok(()) = heard.changed() => std::future::pending().await,
                    }
                });
            }
        });
        Self { address, silences }
    }

    fn fall_silent(&self) {
        self.silences.send_modify(|silences| *silences += 1);
    }
}

#[tokio::test]
async fn whoever_gave_up_on_a_silent_connection_does_not_keep_the_next_from_asking() {
    let test = TestDb::postgres().await;
    let server = authority(&test.url);
    let relay = Relay::to(server.clone()).await;
    let url = test.url.replacen(&server, &relay.address.to_string(), 1);
    let db = Db::connect(&Settings { max_connections: 2, ..Settings::new(url) }).await.unwrap();
    db.ping().await.unwrap();

    relay.fall_silent();
    let gave_up = tokio::time::timeout(Duration::from_millis(100), db.ping()).await;

    assert!(gave_up.is_err(), "the open connection is silent");
    for _ in 0..4 {
        db.ping().await.unwrap();
    }
    drop(db);
    test.finish().await;
}

/// Host and port of a URL like `postgres://user:password@host:port/name`.
fn authority(url: &str) -> String {
    let (_, rest) = url.split_once("://").unwrap();
    let (authority, _) = rest.split_once('/').unwrap();
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    host.to_owned()
}
