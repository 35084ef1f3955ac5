//! The floor of HTTP: an actix-web handler that does nothing but send bytes.

use std::{collections::HashMap, io::Write, path::Path};

use actix_web::{
    App, HttpRequest, HttpResponse, HttpServer,
    web::{self, Bytes, Data},
};

use crate::Result;

/// Bodies by path and query.
pub type Bodies = HashMap<String, String>;

/// Serves the bodies in a file until it is killed; says where on standard output.
pub async fn serve(file: &Path) -> Result<()> {
    let bodies: Bodies = serde_json::from_slice(&std::fs::read(file)?)?;
    let bodies: HashMap<String, Bytes> =
        bodies.into_iter().map(|(path, body)| (path, Bytes::from(body))).collect();
    let bodies = Data::new(bodies);
    let server = HttpServer::new(move || {
        App::new().app_data(bodies.clone()).default_service(web::to(answer))
    });
    let server = server.bind("127.0.0.1:0")?;
    for address in server.addrs() {
        writeln!(std::io::stdout(), "{address}")?;
    }
    Ok(server.run().await?)
}

async fn answer(
    request: HttpRequest,
    bodies: Data<HashMap<String, Bytes>>,
    _read: Bytes,
) -> HttpResponse {
    let path = request.uri().path_and_query().map(ToString::to_string).unwrap_or_default();
    match bodies.get(&path) {
        Some(body) => HttpResponse::Ok().content_type("application/json").body(body.clone()),
        None => HttpResponse::NotFound().finish(),
    }
}
