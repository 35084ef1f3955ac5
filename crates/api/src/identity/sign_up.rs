//! Making an account and proving its address.

use identity::{Email, Identity, IdentityError, Register};
use paperclip::actix::{api_v2_operation, web::Data};

use super::{
    bodies::{EmailVerification, MailRequest, Registration},
    views::HeardView,
    visitor,
};
use crate::{
    Fail,
    answer::{Accepted, NoContent},
    extract::{Body, Client},
};

/// Make an account.
///
/// The answer is the same whether or not the address has an account already; its owner gets a mail either way.
/// The new account can sign in at once.
#[api_v2_operation(tags(Identity), operation_id = "register")]
pub async fn register(
    identity: Data<Identity>,
    client: Client,
    body: Body<Registration>,
) -> Result<Accepted<HeardView>, Fail<429, 503>> {
    let Registration { email, name, password } = body.0;
    let register = Register::parse(&email, &name, password)?;
    identity.register(register, &visitor(&client)).await?;
    Ok(Accepted(HeardView { detail: "we have written to this address" }))
}

/// Prove that the address is yours, with the code from the mail.
#[api_v2_operation(tags(Identity), operation_id = "verifyEmail")]
pub async fn verify_email(
    identity: Data<Identity>,
    client: Client,
    body: Body<EmailVerification>,
) -> Result<NoContent, Fail<410, 429>> {
    identity.verify_email(&body.0.token, &visitor(&client)).await?;
    Ok(NoContent)
}

/// Send the verification mail again.
///
/// The answer is the same whether or not the address has an account.
#[api_v2_operation(tags(Identity), operation_id = "resendVerification")]
pub async fn resend_verification(
    identity: Data<Identity>,
    client: Client,
    body: Body<MailRequest>,
) -> Result<Accepted<HeardView>, Fail<429>> {
    let email = Email::parse(&body.0.email).map_err(IdentityError::from)?;
    identity.resend_verification(&email, &visitor(&client)).await?;
    let detail = "if the address has an account that is not verified, we are writing to it";
    Ok(Accepted(HeardView { detail }))
}
