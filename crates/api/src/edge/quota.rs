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
use crate::{extract, problem::Problem};

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
            let actor = extract::auth::actor(&http).await;
            if let Err(problem) = meet(&http, policy, actor.ok().flatten().as_ref()).await {
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
