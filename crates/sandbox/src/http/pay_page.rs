//! The page behind `next_action.url`, where a person pays, declines or authenticates. It needs no script.

use actix_web::{HttpRequest, HttpResponse, http::header, web};
use serde::Deserialize;

use super::caller::query;
use crate::{
    Intent, IntentStatus,
    books::{NewCard, State},
    error::Refusal,
    gateway::Gateway,
};

#[derive(Deserialize)]
pub struct Visit {
    client_secret: String,
}

#[derive(Deserialize)]
pub struct Press {
    client_secret: String,
    button: Button,
    #[serde(default)]
    number: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Button {
    Pay,
    Decline,
    Authenticate,
    Refuse,
}

const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'";

pub async fn show(
    gateway: web::Data<Gateway>,
    request: HttpRequest,
    id: web::Path<String>,
) -> Result<HttpResponse, Refusal> {
    let Visit { client_secret } = query(&request)?;
    let intent = gateway.read(|state| {
        state.open(&id, &client_secret)?;
        state.intent(&id)
    })?;
    Ok(page(&intent, &client_secret, None))
}

pub async fn act(
    gateway: web::Data<Gateway>,
    id: web::Path<String>,
    press: web::Form<Press>,
) -> Result<HttpResponse, Refusal> {
    let press = press.into_inner();
    gateway.read(|state| state.open(&id, &press.client_secret))?;
    match gateway.with(|state| pressed(state, &id, &press)) {
        Ok(_) => {
            let back = format!("/pay/{id}?client_secret={}", press.client_secret);
            Ok(HttpResponse::SeeOther().insert_header((header::LOCATION, back)).finish())
        }
        Err(refusal) => {
            let intent = gateway.read(|state| state.intent(&id))?;
            Ok(page(&intent, &press.client_secret, Some(&refusal.message)))
        }
    }
}

fn pressed(state: &mut State, id: &str, press: &Press) -> Result<Intent, Refusal> {
    match press.button {
        Button::Pay => state.confirm(id, &card(&press.number)),
        Button::Decline => state.confirm(id, &card("4000000000000002")),
        Button::Authenticate => state.authenticate(id, true),
        Button::Refuse => state.authenticate(id, false),
    }
}

fn card(number: &str) -> NewCard {
    let cvc = if number.starts_with("34") || number.starts_with("37") { "1234" } else { "123" };
    NewCard { number: number.to_owned(), exp_month: 12, exp_year: 9999, cvc: cvc.to_owned() }
}

fn page(intent: &Intent, secret: &str, notice: Option<&str>) -> HttpResponse {
    let html = include_str!("pay_page.html")
        .replace("{refresh}", refresh(intent.status))
        .replace("{amount}", &escape(&amount(intent)))
        .replace("{what}", &escape(intent.description.as_deref().unwrap_or(&intent.reference)))
        .replace("{status}", &intent.status.name().replace('_', " "))
        .replace("{notice}", &escape(notice.or(error_of(intent)).unwrap_or_default()))
        .replace("{form}", &form(intent, secret));
    HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header((header::CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(html)
}

/// The page of a payment that is on its way looks again every second.
fn refresh(status: IntentStatus) -> &'static str {
    if status == IntentStatus::Processing {
        r#"<meta http-equiv="refresh" content="1">"#
    } else {
        ""
    }
}

fn error_of(intent: &Intent) -> Option<&str> {
    intent.last_error.as_ref().map(|problem| problem.message.as_str())
}

fn form(intent: &Intent, secret: &str) -> String {
    let fields = match intent.status {
        IntentStatus::RequiresConfirmation => {
            "<label>Card number <input name=\"number\" value=\"4242 4242 4242 4242\" autocomplete=\"off\" inputmode=\"numeric\"></label>\n\
             <button name=\"button\" value=\"pay\">Pay</button>\n\
             <button name=\"button\" value=\"decline\" class=\"quiet\">Decline</button>"
        }
        IntentStatus::RequiresAction => {
            "<p>The bank asks whether this is you.</p>\n\
             <button name=\"button\" value=\"authenticate\">Authenticate</button>\n\
             <button name=\"button\" value=\"refuse\" class=\"quiet\">Fail</button>"
        }
        IntentStatus::Processing
        | IntentStatus::RequiresCapture
        | IntentStatus::Captured
        | IntentStatus::Failed
        | IntentStatus::Cancelled => return String::new(),
    };
    let (id, secret) = (escape(&intent.id), escape(secret));
    format!(
        "<form method=\"post\" action=\"/pay/{id}\">\n<input type=\"hidden\" name=\"client_secret\" value=\"{secret}\">\n{fields}\n</form>"
    )
}

/// For people: `19.99 USD`. Two decimals, save the currencies that ISO 4217 gives none or three.
fn amount(intent: &Intent) -> String {
    let exponent = match intent.currency.as_str() {
        "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF" | "UGX"
        | "VND" | "VUV" | "XAF" | "XOF" | "XPF" => 0,
        "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
        _ => 2,
    };
    let digits = format!("{:0>width$}", intent.amount, width = exponent + 1);
    let (whole, part) = digits.split_at(digits.len() - exponent);
    let point = if part.is_empty() { "" } else { "." };
    format!("{whole}{point}{part} {}", intent.currency)
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
