//! Answers of the catalogue that are kept as they were sent, for as long as nothing in it changes.
//!
//! The catalogue's version moves in the same commit as anything its answers show. Every request asks for it, and so
//! no answer is older than the request; those that ask at the same time share one question, which is only sent
//! after all of them have arrived. See `docs/adr/0004-catalogue-cache.md`.

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    pin::Pin,
    rc::Rc,
    sync::{Arc, PoisonError, RwLock},
};

use actix_web::{
    Error, HttpResponse,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{
        Method, StatusCode,
        header::{self, HeaderName, HeaderValue},
    },
    middleware::Next,
    rt,
    web::Bytes,
};
use buy::Catalogue;
use tokio::sync::oneshot;

use crate::edge::{etag, quota::AsyncLimit};

/// What an entry costs beside its body, roughly.
const OVERHEAD_BYTES: usize = 512;
/// One answer takes no more than this part of the room.
const LARGEST_PART: usize = 16;
/// How many turns of the runtime a question waits for company at most.
const MOST_TURNS: usize = 8;

/// An answer as it was sent.
#[derive(Clone)]
struct Kept {
    version: i64,
    headers: Arc<[(HeaderName, HeaderValue)]>,
    body: Bytes,
}

impl Kept {
    fn answer(&self, request: &ServiceRequest) -> HttpResponse {
        let tag = self.headers.iter().find(|(name, _)| name == header::ETAG);
        let tag = tag.and_then(|(_, tag)| tag.to_str().ok());
        let unchanged = tag.is_some_and(|tag| etag::is_known(request.request(), tag));
        let status = if unchanged { StatusCode::NOT_MODIFIED } else { StatusCode::OK };
        let mut response = HttpResponse::build(status);
        for (name, value) in self.headers.iter() {
            if !unchanged || name != header::CONTENT_TYPE {
                response.insert_header((name, value));
            }
        }
        if unchanged { response.finish() } else { response.body(self.body.clone()) }
    }
}

/// The answers, by path and query; all HTTP threads share them.
pub struct Memory {
    room_bytes: usize,
    kept: RwLock<Shelf>,
}

#[derive(Default)]
struct Shelf {
    answers: HashMap<String, Kept>,
    used_bytes: usize,
}

impl Memory {
    /// Room for so many bytes; none keeps nothing.
    pub fn new(room_bytes: usize) -> Self {
        Self { room_bytes, kept: RwLock::default() }
    }

    fn find(&self, key: &str, version: i64) -> Option<Kept> {
        let shelf = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        shelf.answers.get(key).filter(|kept| kept.version == version).cloned()
    }

    /// When there is no room left, what is outdated goes, and if that is not enough, everything.
    fn keep(&self, key: String, kept: Kept) {
        let cost = cost(&key, &kept);
        if cost > self.room_bytes / LARGEST_PART {
            return;
        }
        let mut shelf = self.kept.write().unwrap_or_else(PoisonError::into_inner);
        if shelf.used_bytes.saturating_add(cost) > self.room_bytes {
            shelf.answers.retain(|_, other| other.version == kept.version);
            shelf.used_bytes = shelf.answers.iter().map(|(key, kept)| self::cost(key, kept)).sum();
        }
        if shelf.used_bytes.saturating_add(cost) > self.room_bytes {
            *shelf = Shelf::default();
        }
        let replaced = shelf.answers.get(&key).map_or(0, |old| self::cost(&key, old));
        shelf.used_bytes = shelf.used_bytes.saturating_add(cost).saturating_sub(replaced);
        shelf.answers.insert(key, kept);
    }
}

fn cost(key: &str, kept: &Kept) -> usize {
    key.len().saturating_add(kept.body.len()).saturating_add(OVERHEAD_BYTES)
}

/// Tells the catalogue's version of a moment that is not before it was asked for. One for each HTTP thread.
struct Version {
    catalogue: Arc<dyn Catalogue>,
    waiting: RefCell<Vec<oneshot::Sender<Option<i64>>>>,
    asking: Cell<bool>,
}

impl Version {
    /// `None` when the store does not answer.
    async fn now(self: &Rc<Self>) -> Option<i64> {
        let (tell, told) = oneshot::channel();
        self.waiting.borrow_mut().push(tell);
        if !self.asking.replace(true) {
            // Apart, so that a client that goes away does not take the question along.
            rt::spawn(self.clone().ask());
        }
        told.await.ok().flatten()
    }

    /// Lets those come along who are on their way, for as long as each turn of the runtime brings more.
    async fn gather(&self) {
        let crowd = || self.waiting.borrow().len();
        for _ in 0..MOST_TURNS {
            let before = crowd();
            tokio::task::yield_now().await;
            if crowd() == before {
                return;
            }
        }
    }

    /// Whoever comes while a question is on its way waits for the next one.
    async fn ask(self: Rc<Self>) {
        loop {
            self.gather().await;
            let waiting = std::mem::take(&mut *self.waiting.borrow_mut());
            if waiting.is_empty() {
                self.asking.set(false);
                return;
            }
            let version = self.catalogue.catalogue_version().await.ok();
            for tell in waiting {
                let _ = tell.send(version);
            }
        }
    }
}

/// What one HTTP thread answers from.
#[derive(Clone)]
pub struct Remembering {
    memory: Arc<Memory>,
    version: Rc<Version>,
}

impl Remembering {
    pub fn new(memory: Arc<Memory>, catalogue: Arc<dyn Catalogue>) -> Self {
        let version = Version { catalogue, waiting: RefCell::default(), asking: Cell::new(false) };
        Self { memory, version: Rc::new(version) }
    }

    /// Wraps what is the same for everyone, whatever token they send; it must depend on nothing but path, query and
    /// catalogue.
    pub fn wrap<B: MessageBody + 'static>(&self) -> impl AsyncLimit<B> + use<B> {
        self.wrap_for(|_| true)
    }

    /// Wraps what depends on nothing else for those without a token; who is signed in may be shown more.
    pub fn wrap_for_strangers<B: MessageBody + 'static>(&self) -> impl AsyncLimit<B> + use<B> {
        self.wrap_for(|request| !request.headers().contains_key(header::AUTHORIZATION))
    }

    fn wrap_for<B: MessageBody + 'static>(
        &self,
        is_meant: fn(&ServiceRequest) -> bool,
    ) -> impl AsyncLimit<B> + use<B> {
        let this = self.clone();
        move |request: ServiceRequest, next: Next<B>| {
            let this = this.clone();
            let answer: Pin<Box<dyn Future<Output = Result<ServiceResponse<BoxBody>, Error>>>> =
                Box::pin(async move {
                    if is_meant(&request) {
                        return this.answer(request, next).await;
                    }
                    next.call(request).await.map(ServiceResponse::map_into_boxed_body)
                });
            answer
        }
    }

    async fn answer(
        &self,
        request: ServiceRequest,
        next: Next<impl MessageBody + 'static>,
    ) -> Result<ServiceResponse<BoxBody>, Error> {
        let Some(key) = self.key(&request) else {
            return next.call(request).await.map(ServiceResponse::map_into_boxed_body);
        };
        // Before anything else is read: what is read after it is at least as new.
        let version = self.version.now().await;
        let kept = version.and_then(|version| self.memory.find(&key, version));
        if let Some(kept) = kept {
            let answer = kept.answer(&request);
            return Ok(request.into_response(answer));
        }
        let response = next.call(request).await?.map_into_boxed_body();
        Ok(match version {
            Some(version) => self.keep(key, version, response),
            None => response,
        })
    }

    fn key(&self, request: &ServiceRequest) -> Option<String> {
        let kept = self.memory.room_bytes > 0 && request.method() == Method::GET;
        kept.then(|| request.uri().path_and_query().map(ToString::to_string)).flatten()
    }

    fn keep(&self, key: String, version: i64, response: ServiceResponse) -> ServiceResponse {
        if response.status() != StatusCode::OK {
            return response;
        }
        let headers = response.headers().iter();
        let headers = headers.map(|(name, value)| (name.clone(), value.clone())).collect();
        response.map_body(|_, body| match body.try_into_bytes() {
            Ok(body) => {
                self.memory.keep(key, Kept { version, headers, body: body.clone() });
                BoxBody::new(body)
            }
            Err(body) => body,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use actix_web::{
        App,
        middleware::from_fn,
        test::{TestRequest, call_service, init_service},
        web,
    };
    use buy::testing::World;

    use super::*;

    /// How often the handlers behind both wraps were asked, by two requests with a token for each.
    async fn asked_twice_with_a_token() -> (usize, usize) {
        let (all, strangers) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let counted = |counter: &Arc<AtomicUsize>| {
            let counter = counter.clone();
            web::get().to(move || {
                counter.fetch_add(1, Ordering::Relaxed);
                std::future::ready(HttpResponse::Ok().body("[]"))
            })
        };
        let memory = Arc::new(Memory::new(1_000_000));
        let kept = Remembering::new(memory, World::default().buy.catalogue);
        let list = web::resource("/list").wrap(from_fn(kept.wrap()));
        let page = web::resource("/page").wrap(from_fn(kept.wrap_for_strangers()));
        let app =
            App::new().service(list.route(counted(&all))).service(page.route(counted(&strangers)));
        let app = init_service(app).await;
        for path in ["/list", "/list", "/page", "/page"] {
            let request = TestRequest::get().uri(path).insert_header(("authorization", "Bearer x"));
            assert_eq!(call_service(&app, request.to_request()).await.status(), StatusCode::OK);
        }
        (all.load(Ordering::Relaxed), strangers.load(Ordering::Relaxed))
    }

    #[actix_web::test]
    async fn a_token_goes_past_what_is_kept_only_where_it_may_show_more() {
        assert_eq!(asked_twice_with_a_token().await, (1, 2));
    }
}
