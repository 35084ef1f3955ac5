//! More time for what takes longer than other requests.

use std::{pin::Pin, time::Duration};

use actix_web::{
    Error,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::Method,
    middleware::Next,
};
use tokio::time::{Instant, timeout_at};

use super::{context, quota::AsyncLimit};

/// Grants the POSTs of a resource so much time in all, where that is more than others have.
pub fn patient<B: MessageBody + 'static>(in_all: Duration) -> impl AsyncLimit<B> {
    move |request: ServiceRequest, next: Next<B>| {
        let answer: Pin<Box<dyn Future<Output = Result<ServiceResponse<BoxBody>, Error>>>> =
            Box::pin(async move {
                if *request.method() == Method::POST {
                    context::grant(in_all);
                }
                next.call(request).await.map(ServiceResponse::map_into_boxed_body)
            });
        answer
    }
}

/// What comes of the work within `limit`, or within what it was granted on its way.
pub async fn within<T>(limit: Duration, work: impl Future<Output = T>) -> Option<T> {
    let begun = Instant::now();
    let mut work = std::pin::pin!(work);
    let mut limit = limit;
    loop {
        if let Ok(done) = timeout_at(begun + limit, &mut work).await {
            return Some(done);
        }
        match context::granted() {
            Some(granted) if granted > limit => limit = granted,
            _ => return None,
        }
    }
}
