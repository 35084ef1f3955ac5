//! Forgotten, reset and changed passwords.

use identity::{ChangePassword, Email, Identity, IdentityError, Password, ResetPassword};
use paperclip::actix::{api_v2_operation, web::Data};

use super::{
    bodies::{MailRequest, PasswordChange, PasswordReset},
    views::HeardView,
    visitor,
};
use crate::{
    Fail,
    answer::{Accepted, NoContent},
    extract::{Body, Client, Signed},
};

/// Ask for a link that sets a new password.
///
/// The answer, and the time it takes, are the same whether or not the address has an account. A new link voids
/// the one before.
#[api_v2_operation(tags(Identity), operation_id = "forgotPassword")]
pub async fn forgot(
    identity: Data<Identity>,
    client: Client,
    body: Body<MailRequest>,
) -> Result<Accepted<HeardView>, Fail<429>> {
    let email = Email::parse(&body.0.email).map_err(IdentityError::from)?;
    identity.forgot_password(&email, &visitor(&client)).await?;
    let detail = "if the address has an account, we are writing to it";
    Ok(Accepted(HeardView { detail }))
}

/// Set a new password with the code from the mail; every session ends.
#[api_v2_operation(tags(Identity), operation_id = "resetPassword")]
pub async fn reset(
    identity: Data<Identity>,
    client: Client,
    body: Body<PasswordReset>,
) -> Result<NoContent, Fail<410, 429, 503>> {
    let PasswordReset { token, password } = body.0;
    let password = Password::parse(password).map_err(IdentityError::from)?;
    identity.reset_password(ResetPassword { token, password }, &visitor(&client)).await?;
    Ok(NoContent)
}

/// Change the password, knowing the current one; every other session ends.
#[api_v2_operation(tags(Identity), operation_id = "changePassword")]
pub async fn change(
    identity: Data<Identity>,
    actor: Signed,
    client: Client,
    body: Body<PasswordChange>,
) -> Result<NoContent, Fail<429, 503>> {
    let PasswordChange { current_password, new_password } = body.0;
    let current = Password::parse(current_password).map_err(|_| IdentityError::WrongPassword)?;
    let new = Password::parse(new_password).map_err(IdentityError::from)?;
    identity.change_password(actor.0, ChangePassword { current, new }, &visitor(&client)).await?;
    Ok(NoContent)
}
