//! The routes of refunds.

use actix_web::{HttpRequest, HttpResponse, web};

use super::{
    answer::{Call, answer},
    caller::{Body, authorize, key, read, wish},
};
use crate::{books::NewRefund, error::Refusal, fault::Op, gateway::Gateway};

pub async fn create(
    gateway: web::Data<Gateway>,
    request: HttpRequest,
    body: Body,
) -> Result<HttpResponse, Refusal> {
    authorize(&gateway, &request)?;
    let new: NewRefund = read(body)?;
    new.check()?;
    let faults = gateway.read(|state| state.faults_of(&new.intent)).with(&wish(&request)?);
    let key = key(&request, &new)?;
    let call = Call::new(Op::Refund, &new.intent, faults.clone()).keyed(key).creates();
    answer(&gateway, call, |state| state.refund(new, faults)).await
}

pub async fn fetch(
    gateway: web::Data<Gateway>,
    request: HttpRequest,
    id: web::Path<String>,
) -> Result<HttpResponse, Refusal> {
    authorize(&gateway, &request)?;
    let faults = gateway.read(|state| state.faults_of_refund(&id));
    answer(&gateway, Call::new(Op::FetchRefund, &id, faults), |state| state.find_refund(&id)).await
}
