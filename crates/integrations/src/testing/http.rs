//! A small HTTP server that remembers what it heard.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// A request as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard {
    pub method: String,
    /// With its query.
    pub path: String,
    /// By name in lower case.
    pub headers: BTreeMap<String, String>,
    pub body: Vec<u8>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

/// What answers.
#[async_trait]
pub trait Counterpart: Send + Sync {
    async fn answer(&self, heard: &Heard) -> Reply;
}

/// What goes wrong with a request.
#[derive(Debug, Clone)]
pub enum Fault {
    /// It is done, and the answer never comes.
    Silence,
    /// It is done, and the line is cut.
    Cut,
    /// It is done, and the answer cannot be read.
    Garbage,
    /// It is not done, and this is said instead.
    Instead(Reply),
}

pub struct LocalServer {
    pub url: String,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

struct Shared {
    counterpart: Arc<dyn Counterpart>,
    heard: Mutex<Vec<Heard>>,
    faults: Mutex<VecDeque<(String, Fault)>>,
}

impl Heard {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(String::as_str).unwrap_or_default()
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    /// The method and the path, without its query: `POST /v1/refunds`.
    pub fn call(&self) -> String {
        let path = self.path.split('?').next().unwrap_or_default();
        format!("{} {path}", self.method)
    }

    pub fn query(&self) -> BTreeMap<String, String> {
        let query = self.path.split_once('?').map(|(_, query)| query).unwrap_or_default();
        form_urlencoded::parse(query.as_bytes()).into_owned().collect()
    }
}

impl Reply {
    pub fn json(status: u16, body: &Value) -> Self {
        let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        Self { status, headers, body: body.to_string().into_bytes() }
    }

    pub fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new() }
    }

    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }
}

impl LocalServer {
    pub async fn start(counterpart: Arc<dyn Counterpart>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let shared =
            Arc::new(Shared { counterpart, heard: Mutex::default(), faults: Mutex::default() });
        let task = tokio::spawn(serve(listener, shared.clone()));
        Self { url, shared, task }
    }

    /// The next request whose method and path end in `about` meets the fault; later ones queue up.
    pub fn next(&self, about: &str, fault: Fault) {
        self.shared.faults.lock().unwrap().push_back((about.to_owned(), fault));
    }

    /// Everything that came, the oldest first.
    pub fn heard(&self) -> Vec<Heard> {
        self.shared.heard.lock().unwrap().clone()
    }

    /// What came to one place: `POST /v1/refunds`.
    pub fn heard_at(&self, call: &str) -> Vec<Heard> {
        self.heard().into_iter().filter(|heard| heard.call() == call).collect()
    }
}

impl Drop for LocalServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((stream, _)) = listener.accept().await {
        let shared = shared.clone();
        tokio::spawn(async move {
            // A client that hangs up in the middle is no concern of ours.
            let _ = converse(stream, &shared).await;
        });
    }
}

/// One request a connection.
async fn converse(stream: TcpStream, shared: &Shared) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let Some(heard) = hear(&mut stream).await? else { return Ok(()) };
    shared.heard.lock().unwrap().push(heard.clone());
    let fault = shared.fault(&heard);
    if let Some(Fault::Instead(reply)) = fault {
        return say(&mut stream, reply).await;
    }
    let reply = shared.counterpart.answer(&heard).await;
    match fault {
        Some(Fault::Silence) => stream.read(&mut [0]).await.map(|_| ()),
        Some(Fault::Cut) => Ok(()),
        Some(Fault::Garbage) => {
            say(&mut stream, Reply { body: b"{\"id\":".to_vec(), ..reply }).await
        }
        Some(Fault::Instead(_)) | None => say(&mut stream, reply).await,
    }
}

impl Shared {
    fn fault(&self, heard: &Heard) -> Option<Fault> {
        let call = heard.call();
        let mut faults = self.faults.lock().unwrap();
        let at = faults.iter().position(|(about, _)| call.ends_with(about.as_str()))?;
        faults.remove(at).map(|(_, fault)| fault)
    }
}

async fn hear(stream: &mut BufReader<TcpStream>) -> std::io::Result<Option<Heard>> {
    let mut line = String::new();
    stream.read_line(&mut line).await?;
    let mut words = line.split_whitespace();
    let (Some(method), Some(path)) = (words.next(), words.next()) else { return Ok(None) };
    let (method, path) = (method.to_owned(), path.to_owned());
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").and_then(|length| length.parse().ok());
    let mut body = vec![0; length.unwrap_or_default()];
    stream.read_exact(&mut body).await?;
    Ok(Some(Heard { method, path, headers, body }))
}

async fn say(stream: &mut BufReader<TcpStream>, reply: Reply) -> std::io::Result<()> {
    let mut head = format!("HTTP/1.1 {} -\r\nconnection: close\r\n", reply.status);
    for (name, value) in &reply.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str(&format!("content-length: {}\r\n\r\n", reply.body.len()));
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(&reply.body).await?;
    stream.flush().await
}
