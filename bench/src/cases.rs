//! What is measured: requests that are one of a kind, and the same statements without us.

use std::{collections::HashSet, time::Duration};

use serde_json::json;

use crate::{
    Result,
    bare::Bodies,
    figures::{Figures, Rate},
    http::{Connection, get, request},
    load::{Asking, drive},
    overhear::Overheard,
    pgbench::Scripts,
    replay::Replay,
    statement::{Asked, tokens},
    store::{Engine, Store},
};

/// A kind of request, in a few variations.
pub struct Case {
    pub name: &'static str,
    pub requests: Vec<Vec<u8>>,
    pub paths: Vec<String>,
    pub status: u16,
    /// Whether a password is checked.
    pub hashes: bool,
}

const DETAIL: &str = "Product detail";

impl Case {
    pub fn reading(name: &'static str, paths: Vec<String>) -> Self {
        let requests = paths.iter().map(|path| get(path)).collect();
        Self { name, requests, paths, status: 200, hashes: false }
    }

    pub fn list() -> Self {
        Self::reading("Product list, 24 rows", vec!["/v1/products?limit=24".to_owned()])
    }

    pub fn details(products: &[String]) -> Self {
        let paths = products.iter().map(|product| format!("/v1/products/{product}"));
        Self::reading(DETAIL, paths.collect())
    }

    pub fn is_detail(&self) -> bool {
        self.name == DETAIL
    }

    /// Common words, rare ones, two at once and one that is begun only.
    pub fn search() -> Self {
        let words =
            ["oak", "velvet+chest", "lamp", "golden", "teapot", "rustic+pine", "blan", "mug"];
        let paths = words.iter().map(|words| format!("/v1/products?q={words}&limit=24"));
        Self::reading("Search, 24 rows", paths.collect())
    }

    /// By guests who have no cart yet.
    pub fn add_to_cart(variants: &[String]) -> Self {
        let request = |variant: &String| {
            let body = json!({"variant": variant, "quantity": 1});
            request("POST", "/v1/cart/items", &[], Some(&body))
        };
        let requests = variants.iter().take(16).map(request).collect();
        let paths = vec!["/v1/cart/items".to_owned()];
        Self { name: "Add to cart", requests, paths, status: 201, hashes: false }
    }

    pub fn log_in() -> Self {
        let emails = ["customer@example.com", "seller@example.com", "operator@example.com"];
        let requests = emails.iter().map(|email| crate::purchase::log_in(email)).collect();
        let paths = vec!["/v1/auth/login".to_owned()];
        Self { name: "Log in", requests, paths, status: 200, hashes: true }
    }

    /// What the shop answers, for the floor to answer the same.
    pub async fn bodies(&self, authority: &str) -> Result<Bodies> {
        let mut connection = Connection::open(authority).await?;
        let mut bodies = Bodies::new();
        for (path, request) in self.paths.iter().zip(&self.requests) {
            connection.expect(request, self.status).await?;
            bodies.insert(path.clone(), String::from_utf8(connection.body().to_vec())?);
        }
        Ok(bodies)
    }

    pub async fn load(
        &self,
        authority: &str,
        clients: usize,
        status: u16,
        lasts: Duration,
    ) -> Result<Figures> {
        // Passwords take their time: everyone gets a few turns.
        let turns = u32::try_from(clients / 4).unwrap_or(0);
        let lasts =
            if self.hashes { lasts.max(Duration::from_secs(1) * turns.max(4)) } else { lasts };
        let clients = Asking::many(authority, clients, &self.requests, status).await?;
        Ok(drive(clients, lasts).await)
    }

    /// The statements of each variation, the second time it is asked for.
    pub async fn heard(&self, shop: &mut Overheard) -> Result<Heard> {
        let mut connection = Connection::open(&shop.authority).await?;
        let (mut rounds, mut kept) = (Vec::new(), HashSet::new());
        for request in &self.requests {
            connection.expect(request, self.status).await?;
            let first = shop.heard().await?;
            connection.expect(request, self.status).await?;
            let second = shop.heard().await?;
            kept.extend(&tokens(&first) & &tokens(&second));
            rounds.push(second);
        }
        Ok(Heard { rounds, kept })
    }
}

/// Rounds of statements, and the ids in them that are there already.
pub struct Heard {
    pub rounds: Vec<Vec<Asked>>,
    pub kept: HashSet<String>,
}

impl Heard {
    /// Statements of a round, without the ends of transactions.
    pub fn statements(&self) -> usize {
        let statements = |round: &Vec<Asked>| round.iter().filter_map(Asked::sql).count();
        self.rounds.iter().map(statements).max().unwrap_or(0)
    }

    pub async fn floor(&self, store: &Store) -> Result<Floor> {
        Ok(match store.engine {
            Engine::Postgres => Floor::Postgres(Scripts::write(&self.rounds, &self.kept)?),
            Engine::Sqlite => {
                Floor::Sqlite(Replay::open(&store.url, &self.rounds, &self.kept).await?)
            }
        })
    }
}

/// The same statements without us.
pub enum Floor {
    Postgres(Scripts),
    Sqlite(Replay),
}

impl Floor {
    pub async fn run(&self, store: &Store, clients: usize, lasts: Duration) -> Result<Rate> {
        match self {
            Self::Postgres(scripts) => scripts.run(store.name(), clients, lasts).await,
            Self::Sqlite(replay) => replay.run(clients, lasts).await,
        }
    }
}
