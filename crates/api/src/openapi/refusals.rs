//! What every operation may refuse with, and an example of each refusal.

use serde_json::{Map, Value, json};

/// Adds what the shell itself may answer, whatever the handler says.
pub fn add_common(method: &str, responses: &mut Map<String, Value>) {
    responses.entry("429").or_insert_with(|| problem("Too Many Requests"));
    responses.entry("503").or_insert_with(|| problem("Service Unavailable"));
    let tagged = responses.get("200").is_some_and(|ok| ok.pointer("/headers/ETag").is_some());
    if method == "get" && tagged {
        responses.entry("304").or_insert_with(|| json!({ "description": "Not Modified" }));
    }
}

/// Adds what the shell answers when the body of a request does not arrive in time.
pub fn add_slow_body(responses: &mut Map<String, Value>) {
    responses.entry("408").or_insert_with(|| problem("Request Timeout"));
}

fn problem(what: &str) -> Value {
    json!({ "description": what, "schema": { "$ref": "#/components/schemas/Problem" } })
}

/// Puts an example beside the schema of a refusal.
pub fn exemplify(response: &mut Value, status: &str, operation: &str, path: &str) {
    let Some(media) = response.pointer_mut("/content/application~1problem+json") else { return };
    let (Some(media), Some(refusal)) = (media.as_object_mut(), Refusal::of(status, operation))
    else {
        return;
    };
    media.insert("example".into(), refusal.body(status, path));
}

struct Refusal {
    title: &'static str,
    code: &'static str,
    detail: &'static str,
}

impl Refusal {
    fn of(status: &str, operation: &str) -> Option<Self> {
        let (title, code, detail) = match status {
            "400" => ("Bad Request", "unreadable", "expected `,` or `}` at line 1 column 24"),
            "401" => unauthorized(operation),
            "403" => ("Forbidden", "forbidden", "your role does not allow this"),
            "404" => ("Not Found", "not_found", "there is nothing here"),
            "408" => ("Request Timeout", "request_timeout", "the body did not arrive in time"),
            "409" => conflict(operation),
            "410" => {
                let detail = "the link was used, replaced or has expired; ask for a new one";
                ("Gone", "link_spent", detail)
            }
            "412" => {
                let detail = "it has another version by now; read it again";
                ("Precondition Failed", "stale_version", detail)
            }
            "413" => ("Payload Too Large", "too_large", "the body is too large"),
            "415" => ("Unsupported Media Type", "unsupported_media", "send application/json"),
            "422" => {
                let detail = "some values of the request are not acceptable";
                ("Unprocessable Entity", "invalid_request", detail)
            }
            "428" => {
                let detail = "send If-Match with the ETag of what you change";
                ("Precondition Required", "version_required", detail)
            }
            "429" => {
                let detail = "too many requests; try again in 12 s";
                ("Too Many Requests", "too_many_requests", detail)
            }
            "503" => {
                let detail = "a part of the shop is out of reach; try again";
                ("Service Unavailable", "unavailable", detail)
            }
            _ => return None,
        };
        Some(Self { title, code, detail })
    }

    fn body(&self, status: &str, path: &str) -> Value {
        let errors = match status {
            "422" => json!([{
                "pointer": "#", "code": "bad_value", "detail": "missing field, or one that is not acceptable",
            }]),
            _ => json!([]),
        };
        json!({
            "type": "about:blank",
            "title": self.title,
            "status": status.parse::<u16>().unwrap_or_default(),
            "detail": self.detail,
            "instance": path,
            "code": self.code,
            "request_id": "019aa3c5d1f27c3e8a4b5c6d7e8f9012",
            "errors": errors,
        })
    }
}

type Words = (&'static str, &'static str, &'static str);

fn unauthorized(operation: &str) -> Words {
    let (code, detail) = match operation {
        "login" => ("bad_credentials", "the e-mail address or the password is not right"),
        "refresh" => ("bad_refresh_token", "the refresh token is not valid"),
        "receiveWebhook" => ("bad_signature", "the signature is not the provider's"),
        _ => ("not_signed_in", "sign in to do this"),
    };
    ("Unauthorized", code, detail)
}

fn conflict(operation: &str) -> Words {
    let (code, detail) = match operation {
        "checkOut" => ("out_of_stock", "there is not enough left"),
        "startPayment" => ("payment_in_progress", "the order waits for another payment"),
        "createRefund" => ("payment_not_captured", "the payment was not captured"),
        "createCategory" | "editCategory" => ("slug_taken", "another category has this slug"),
        "createProduct" | "editProduct" => ("slug_taken", "another product has this slug"),
        "deleteCategory" => {
            ("category_in_use", "a category with products or categories in it stays")
        }
        "addVariant" | "editVariant" => ("sku_taken", "another variant has this SKU"),
        "addCartItem" | "editCartItem" => ("not_on_sale", "this variant is not on sale"),
        "acceptCartPrices" => ("price_changed", "the price is not the one you accepted"),
        "changeStock" => ("stock_held", "3 of the 5 on hand are held for orders"),
        "requestCancellation" => ("order_cancelled", "the order is cancelled"),
        "decideCancellation" => ("no_cancellation_request", "nobody asked to cancel this order"),
        "bookVehicle" => ("not_free", "the vehicle is taken in that period"),
        "quoteVehicle" => ("not_published", "the vehicle is not published"),
        "answerBooking" | "cancelBooking" | "handOverVehicle" | "takeBackVehicle"
        | "completeBooking" => ("wrong_state", "a booking that is completed does not allow this"),
        "chargeDeposit" => ("deposit_too_small", "only 12.00 USD of the deposit can be claimed"),
        "reviewBooking" => ("reviewed_already", "you have reviewed it already"),
        "removeImage" => {
            ("image_in_use", "the image is shown somewhere; take it off there first, or replace it")
        }
        "replaceImage" => ("image_in_use", "the image is evidence, and stays what it is"),
        "openRentShop" => ("too_many_shops", "nobody keeps more than 50 shops"),
        "changeRole" | "disableUser" | "enableUser" => {
            ("own_account", "ask another operator to change your own account")
        }
        _ => ("changed_meanwhile", "it was changed by someone else in the meantime"),
    };
    ("Conflict", code, detail)
}
