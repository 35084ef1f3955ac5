//! How often a principal may do something: the signed-in user, else the client's address.

use std::{borrow::Cow, collections::BTreeMap, sync::Arc};

use actix_web::{
    HttpRequest,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::StatusCode,
    middleware::Next,
    web::Data,
};
use commerce::{
    Actor,
    limit::{Limiter, Quota},
};

use super::context;
use crate::{extract::auth, problem::Problem};

/// The limiter and its policies, by name.
#[derive(Clone)]
pub struct Quotas {
    pub limiter: Arc<dyn Limiter>,
    pub policies: Arc<BTreeMap<String, Quota>>,
}

/// Whom an attempt is counted for.
pub(crate) fn principal(actor: Option<&Actor>) -> Cow<'static, str> {
    match actor {
        Some(actor) => format!("user:{}", actor.user.uuid().simple()).into(),
        None => context::current().map_or("client:".into(), |seen| seen.stranger.clone().into()),
    }
}

/// Counts a request under `default`: as its user's where its token is understood, else as its address's, so that
/// a token which opens nothing, or which no handler looks at, leads past no quota.
pub(crate) async fn admit(request: &HttpRequest) -> Result<(), Problem> {
    match sender(request).await? {
        // Counted when the token was understood.
        Some(_) => Ok(()),
        None => meet(request, "default", None).await,
    }
}

/// Whom a request is counted for: a user, if its token is understood. One whose own quota is spent is no stranger.
async fn sender(request: &HttpRequest) -> Result<Option<Actor>, Problem> {
    match auth::actor(request).await {
        Err(problem) if problem.status() == StatusCode::TOO_MANY_REQUESTS => Err(problem),
        actor => Ok(actor.ok().flatten()),
    }
}

async fn meet_as_sender(request: &HttpRequest, policy: &'static str) -> Result<(), Problem> {
    let actor = sender(request).await?;
    meet(request, policy, actor.as_ref()).await
}

/// Counts an attempt of this user's, or of a stranger's; refuses it when there were too many.
pub(crate) async fn meet(
    request: &HttpRequest,
    policy: &'static str,
    actor: Option<&Actor>,
) -> Result<(), Problem> {
    let Some(quotas) = request.app_data::<Data<Quotas>>() else { return Ok(()) };
    let Some(quota) = quotas.policies.get(policy) else { return Ok(()) };
    let verdict = quotas.limiter.hit(quota, &principal(actor)).await;
    let verdict = verdict.map_err(commerce::CommitError::from)?;
    context::met_quota(context::Met { policy, verdict, window_s: quota.period.as_secs() });
    if verdict.allowed { Ok(()) } else { Err(too_often(verdict.reset)) }
}

fn too_often(reset: std::time::Duration) -> Problem {
    let seconds = reset.as_millis().div_ceil(1000).max(1);
    let detail = format!("too many requests; try again in {seconds} s");
    Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", detail).retry_after(reset)
}

/// Wraps a resource in a policy of its own: `.wrap(limited("login"))`.
pub fn limited<B: MessageBody + 'static>(policy: &'static str) -> impl AsyncLimit<B> {
    limited_when(policy, |_| true)
}

/// The same for some of a resource's requests only.
pub fn limited_when<B: MessageBody + 'static>(
    policy: &'static str,
    is_meant: fn(&ServiceRequest) -> bool,
) -> impl AsyncLimit<B> {
    move |request: ServiceRequest, next: Next<B>| -> Limiting {
        Box::pin(async move {
            if !is_meant(&request) {
                return next.call(request).await.map(ServiceResponse::map_into_boxed_body);
            }
            let (http, mut payload) = request.into_parts();
            if let Err(problem) = meet_as_sender(&http, policy).await {
                return Ok(ServiceResponse::from_err(problem, http));
            }
            let request = ServiceRequest::from_parts(
                http,
                std::mem::replace(&mut payload, actix_web::dev::Payload::None),
            );
            next.call(request).await.map(ServiceResponse::map_into_boxed_body)
        })
    }
}

type Limiting =
    std::pin::Pin<Box<dyn Future<Output = Result<ServiceResponse<BoxBody>, actix_web::Error>>>>;

/// The shape of a limiting middleware.
pub trait AsyncLimit<B>: Fn(ServiceRequest, Next<B>) -> Limiting + Clone + 'static {}
impl<B, F: Fn(ServiceRequest, Next<B>) -> Limiting + Clone + 'static> AsyncLimit<B> for F {}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use actix_web::{
        App, HttpResponse,
        middleware::from_fn,
        test::{TestRequest, call_service, init_service},
        web,
    };
    use async_trait::async_trait;
    use commerce::{AuthError, Authenticator, Id, Role, StoreError, UserId, limit::Verdict};
    use uuid::Uuid;

    use super::*;

    struct Doorkeeper;

    #[async_trait]
    impl Authenticator for Doorkeeper {
        async fn authenticate(&self, _: &str) -> Result<Actor, AuthError> {
            let (user, session) = (UserId::from_uuid(Uuid::nil()), Id::from_uuid(Uuid::nil()));
            Ok(Actor { user, session, role: Role::Customer })
        }
    }

    /// Only `default` is spent.
    struct Spent;

    #[async_trait]
    impl Limiter for Spent {
        async fn hit(&self, quota: &Quota, _: &str) -> Result<Verdict, StoreError> {
            let (allowed, reset) = (quota.policy != "default", Duration::from_secs(9));
            Ok(Verdict { allowed, limit: 1, remaining: 0, reset })
        }
    }

    #[actix_web::test]
    async fn a_spent_default_is_spent_for_a_resource_with_a_policy_of_its_own() {
        let doorkeeper: Arc<dyn Authenticator> = Arc::new(Doorkeeper);
        let quota = |policy: &str| {
            let period = Duration::from_secs(60);
            (policy.to_owned(), Quota { policy: policy.to_owned(), limit: 1, period })
        };
        let policies = Arc::new(BTreeMap::from([quota("default"), quota("search")]));
        let quotas = Quotas { limiter: Arc::new(Spent), policies };
        let search = web::resource("/").wrap(from_fn(limited("search")));
        let app = App::new()
            .app_data(Data::<dyn Authenticator>::from(doorkeeper))
            .app_data(Data::new(quotas))
            .service(search.route(web::get().to(HttpResponse::Ok)));
        let app = init_service(app).await;

        let asked = TestRequest::get().insert_header(("authorization", "Bearer mine"));
        let answer = call_service(&app, asked.to_request()).await;

        assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS);
    }
}
