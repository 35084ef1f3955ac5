//! Who asks. A handler that takes none of these is open to anyone.

use std::{collections::BTreeMap, future::Future, pin::Pin, sync::Arc};

use actix_web::{FromRequest, HttpMessage, HttpRequest, dev::Payload, http::header, web::Data};
use commerce::{Actor, AuthError, Authenticator, Role};
use paperclip::{
    actix::OperationModifier,
    v2::{
        models::{DefaultOperationRaw, SecurityScheme},
        schema::Apiv2Schema,
    },
};

use tokio::sync::Semaphore;

use super::no_definitions;
use crate::{edge::quota, openapi, problem::Problem};

/// Anyone who is signed in.
#[derive(Debug, Clone, Copy)]
pub struct Signed(pub Actor);

/// Someone who is signed in, or nobody; a bad token is refused all the same.
#[derive(Debug, Clone, Copy)]
pub struct Maybe(pub Option<Actor>);

/// A seller or an operator.
#[derive(Debug, Clone, Copy)]
pub struct Keeper(pub Actor);

/// An operator.
#[derive(Debug, Clone, Copy)]
pub struct Operator(pub Actor);

pub(crate) type Checking<T> = Pin<Box<dyn Future<Output = Result<T, Problem>>>>;

/// The authenticator that the server wired in.
pub type Doorkeeper = Data<dyn Authenticator>;

/// What came of looking at the token of a request.
#[derive(Clone)]
struct Known(Result<Option<Actor>, Problem>);

/// Who asks, if anyone; looked at once a request, and a refusal stays one.
pub(crate) async fn actor(request: &HttpRequest) -> Result<Option<Actor>, Problem> {
    if let Some(Known(actor)) = request.extensions().get() {
        return actor.clone();
    }
    let actor = understand(request).await;
    request.extensions_mut().insert(Known(actor.clone()));
    actor
}

async fn understand(request: &HttpRequest) -> Result<Option<Actor>, Problem> {
    let Some(token) = bearer(request)? else { return Ok(None) };
    let doorkeeper = request.app_data::<Doorkeeper>().cloned().ok_or_else(Problem::unwired)?;
    let actor = doorkeeper.authenticate(token).await?;
    quota::meet(request, "default", Some(&actor)).await?;
    Ok(Some(actor))
}

fn bearer(request: &HttpRequest) -> Result<Option<&str>, Problem> {
    let Some(header) = request.headers().get(header::AUTHORIZATION) else { return Ok(None) };
    let text = header.to_str().map_err(|_| AuthError::Invalid)?;
    let token = text.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    token.map(|(_, token)| Some(token.trim())).ok_or_else(|| AuthError::Invalid.into())
}

async fn signed(request: HttpRequest) -> Result<Actor, Problem> {
    actor(&request).await?.ok_or_else(|| AuthError::Missing.into())
}

async fn with_role(request: HttpRequest, may: fn(Role) -> bool) -> Result<Actor, Problem> {
    let actor = signed(request).await?;
    if may(actor.role) { Ok(actor) } else { Err(Problem::forbidden()) }
}

/// Where a request waits until its sender has been let in.
#[derive(Debug, Clone)]
struct Threshold(Arc<Semaphore>);

impl Threshold {
    fn of(request: &HttpRequest) -> Self {
        let threshold = Self(Arc::new(Semaphore::new(0)));
        request.extensions_mut().insert(threshold.clone());
        threshold
    }

    fn open(&self) {
        self.0.close();
    }
}

/// Waits until whoever asks has been let in, so that what else is wrong is told to nobody who may not ask. Where they
/// are not let in, the request has ended before this has.
pub(crate) async fn let_in(request: &HttpRequest) {
    let threshold = request.extensions().get::<Threshold>().cloned();
    if let Some(Threshold(waiting)) = threshold {
        // A closed semaphore is an open door.
        let _ = waiting.acquire().await;
    }
}

/// What a request says of itself; what is wrong with it is told to those who have been let in.
pub(crate) fn told_inside<T: 'static>(
    request: &HttpRequest,
    said: Result<T, Problem>,
) -> Checking<T> {
    let request = request.clone();
    Box::pin(async move {
        if said.is_err() {
            let_in(&request).await;
        }
        said
    })
}

macro_rules! doors {
    ($($name:ident($inner:ty) $check:expr, [$($status:literal),*]);+ $(;)?) => { $(
        impl FromRequest for $name {
            type Error = Problem;
            type Future = Checking<Self>;

            fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
                let (request, threshold) = (request.clone(), Threshold::of(request));
                Box::pin(async move {
                    let actor = $check(request).await?;
                    threshold.open();
                    Ok(Self(actor))
                })
            }
        }

        impl Apiv2Schema for $name {
            fn name() -> Option<String> {
                Some("bearer".into())
            }

            fn security_scheme() -> Option<SecurityScheme> {
                Some(bearer_scheme())
            }
        }

        impl OperationModifier for $name {
            no_definitions!();

            fn update_parameter(operation: &mut DefaultOperationRaw) {
                for status in [$($status),*] {
                    openapi::document_problem(operation, status);
                }
            }
        }
    )+ };
}

doors! {
    Signed(Actor) signed, [401];
    Keeper(Actor) |request| with_role(request, Role::keeps_shop), [401, 403];
    Operator(Actor) |request| with_role(request, |role| role == Role::Operator), [401, 403];
}

impl FromRequest for Maybe {
    type Error = Problem;
    type Future = Checking<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let (request, threshold) = (request.clone(), Threshold::of(request));
        Box::pin(async move {
            let actor = actor(&request).await?;
            threshold.open();
            Ok(Self(actor))
        })
    }
}

impl Apiv2Schema for Maybe {}

impl OperationModifier for Maybe {
    no_definitions!();

    fn update_parameter(operation: &mut DefaultOperationRaw) {
        openapi::document_problem(operation, 401);
    }

    /// With a token or without.
    fn update_security(operation: &mut DefaultOperationRaw) {
        let bearer = BTreeMap::from([("bearer".to_owned(), Vec::new())]);
        operation.security = vec![BTreeMap::new(), bearer];
    }
}

fn bearer_scheme() -> SecurityScheme {
    SecurityScheme {
        type_: "apiKey".into(),
        name: Some("Authorization".into()),
        in_: Some("header".into()),
        flow: None,
        auth_url: None,
        token_url: None,
        scopes: BTreeMap::new(),
        description: Some("The access token that `POST /v1/auth/login` answers with.".into()),
    }
}
