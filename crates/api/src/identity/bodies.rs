//! What clients send. A body with a password or a token in it has no `Debug`, so it cannot be logged.

use garde::Validate;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use crate::extract::Ref;

#[derive(Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(example = json!({
    "email": "ada@example.org", "name": "Ada Lovelace", "password": "correct horse battery",
}))]
pub struct Registration {
    #[garde(email, length(chars, min = 3, max = 254))]
    pub email: String,
    #[garde(length(chars, min = 1, max = 80))]
    pub name: String,
    #[garde(length(chars, min = 8, max = 256))]
    pub password: String,
}

#[derive(Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(example = json!({ "email": "ada@example.org", "password": "correct horse battery" }))]
pub struct Credentials {
    #[garde(email, length(chars, min = 3, max = 254))]
    pub email: String,
    #[garde(length(chars, min = 8, max = 256))]
    pub password: String,
}

#[derive(Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(example = json!({ "refresh_token": "V2hhdCBpcyB3cml0dGVuIGhlcmUgaXMgbm8gdG9rZW4" }))]
pub struct RefreshRequest {
    /// The refresh token of the last answer.
    #[garde(length(chars, min = 1, max = 200))]
    pub refresh_token: String,
}

#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(example = json!({ "email": "ada@example.org" }))]
pub struct MailRequest {
    #[garde(email, length(chars, min = 3, max = 254))]
    pub email: String,
}

#[derive(Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(example = json!({ "token": "V2hhdCBpcyB3cml0dGVuIGhlcmUgaXMgbm8gdG9rZW4" }))]
pub struct EmailVerification {
    /// The code in the mail, which its link carries after `#token=`.
    #[garde(length(chars, min = 1, max = 200))]
    pub token: String,
}

#[derive(Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(example = json!({
    "token": "V2hhdCBpcyB3cml0dGVuIGhlcmUgaXMgbm8gdG9rZW4", "password": "correct horse battery",
}))]
pub struct PasswordReset {
    /// The code in the mail, which its link carries after `#token=`.
    #[garde(length(chars, min = 1, max = 200))]
    pub token: String,
    #[garde(length(chars, min = 8, max = 256))]
    pub password: String,
}

#[derive(Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(example = json!({
    "current_password": "open-sesame-1001", "new_password": "correct horse battery",
}))]
pub struct PasswordChange {
    #[garde(length(chars, min = 8, max = 256))]
    pub current_password: String,
    #[garde(length(chars, min = 8, max = 256))]
    pub new_password: String,
}

#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(example = json!({ "name": "Ada King" }))]
pub struct MeUpdate {
    #[garde(length(chars, min = 1, max = 80))]
    pub name: String,
}

/// What an account may do.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RoleName {
    Customer,
    Seller,
    Operator,
}

impl From<RoleName> for commerce::Role {
    fn from(name: RoleName) -> Self {
        match name {
            RoleName::Customer => Self::Customer,
            RoleName::Seller => Self::Seller,
            RoleName::Operator => Self::Operator,
        }
    }
}

#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(example = json!({ "role": "seller" }))]
pub struct RoleChange {
    #[garde(skip)]
    pub role: RoleName,
}

/// Which accounts are wanted, newest first.
#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct UserQuery {
    /// The beginning of the e-mail address, in any case.
    #[garde(length(chars, max = 254))]
    pub email: Option<String>,
    #[garde(skip)]
    pub role: Option<RoleName>,
    /// How many rows at most; 20 unless told.
    #[garde(range(min = 1, max = 100))]
    pub limit: Option<u32>,
    /// Where the last page ended: its `page.next_cursor`.
    #[garde(length(chars, max = 500))]
    pub cursor: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
pub struct UserPath {
    pub id: Ref<commerce::User>,
}

#[derive(Deserialize, JsonSchema)]
pub struct SessionPath {
    pub id: Ref<commerce::Session>,
}
