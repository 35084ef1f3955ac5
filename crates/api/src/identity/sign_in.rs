//! Signing in, staying signed in and signing out.

use identity::{Email, Identity, IdentityError, LogIn, Password};
use paperclip::actix::{api_v2_operation, web::Data};

use super::{
    after_sign_in::{Afterwards, Guest},
    bodies::{Credentials, RefreshRequest},
    views::TokensView,
    visitor,
};
use crate::{
    Fail,
    answer::{Json, NoContent},
    extract::{Body, Client, Signed},
};

/// Sign in with a password.
///
/// Ten wrong passwords lock the account for the rest of fifteen minutes, even for the right one.
/// With `X-Cart-Token` the guest's cart goes into the user's, as by `POST /v1/cart/merge`. A token that opens no cart,
/// or a cart that cannot be merged now, keeps nobody from signing in.
#[api_v2_operation(tags(Identity), operation_id = "login")]
pub async fn log_in(
    identity: Data<Identity>,
    after: Data<Afterwards>,
    client: Client,
    guest: Guest,
    body: Body<Credentials>,
) -> Result<Json<TokensView>, Fail<401, 403, 429, 503>> {
    let email = Email::parse(&body.0.email).map_err(IdentityError::from)?;
    let password = Password::parse(body.0.password).map_err(IdentityError::from)?;
    let signed_in = identity.log_in(LogIn { email, password }, &visitor(&client)).await?;
    guest.follow(signed_in.user.id, &after).await;
    Ok(Json(TokensView::new(signed_in, identity.env.now())))
}

/// Continue a session.
///
/// A refresh token is used once; the answer holds the next. Repeated within ten seconds, because the answer was
/// lost, it gets the same one again. An older token ends the session: somebody else has it.
#[api_v2_operation(tags(Identity), operation_id = "refresh")]
pub async fn refresh(
    identity: Data<Identity>,
    client: Client,
    body: Body<RefreshRequest>,
) -> Result<Json<TokensView>, Fail<401, 429>> {
    let signed_in = identity.refresh(&body.0.refresh_token, &visitor(&client)).await?;
    Ok(Json(TokensView::new(signed_in, identity.env.now())))
}

/// End this session.
#[api_v2_operation(tags(Identity), operation_id = "logout")]
pub async fn log_out(
    identity: Data<Identity>,
    actor: Signed,
    client: Client,
) -> Result<NoContent, Fail> {
    identity.log_out(actor.0, &visitor(&client)).await?;
    Ok(NoContent)
}

/// End every session of this account.
#[api_v2_operation(tags(Identity), operation_id = "logoutAll")]
pub async fn log_out_everywhere(
    identity: Data<Identity>,
    actor: Signed,
    client: Client,
) -> Result<NoContent, Fail> {
    identity.log_out_everywhere(actor.0, &visitor(&client)).await?;
    Ok(NoContent)
}
