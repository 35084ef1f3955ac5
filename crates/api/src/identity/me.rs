//! One's own account and sessions.

use identity::{DisplayName, Identity, IdentityError};
use paperclip::actix::{api_v2_operation, web::Data};

use super::{
    bodies::{MeUpdate, SessionPath},
    views::{MeView, SessionView},
    visitor,
};
use crate::{
    Fail,
    answer::{Json, NoContent},
    extract::{Body, Client, PageView, Paging, Path, Query, Signed},
};

/// Your account.
#[api_v2_operation(tags(Identity), operation_id = "getMe")]
pub async fn show(identity: Data<Identity>, actor: Signed) -> Result<Json<MeView>, Fail> {
    Ok(Json(identity.me(actor.0).await?.into()))
}

/// Change what your account says of you.
#[api_v2_operation(tags(Identity), operation_id = "updateMe")]
pub async fn update(
    identity: Data<Identity>,
    actor: Signed,
    body: Body<MeUpdate>,
) -> Result<Json<MeView>, Fail> {
    let name = DisplayName::parse(&body.0.name).map_err(IdentityError::from)?;
    Ok(Json(identity.update_me(actor.0, name).await?.into()))
}

/// Where you are signed in, newest first.
#[api_v2_operation(tags(Identity), operation_id = "listSessions")]
pub async fn sessions(
    identity: Data<Identity>,
    actor: Signed,
    paging: Query<Paging>,
) -> Result<Json<PageView<SessionView>>, Fail> {
    let page = identity.list_sessions(actor.0, paging.0.request()).await?;
    Ok(Json(PageView::of(page, |session| SessionView::of(session, actor.0))))
}

/// End one of your sessions.
#[api_v2_operation(tags(Identity), operation_id = "endSession")]
pub async fn end_session(
    identity: Data<Identity>,
    actor: Signed,
    client: Client,
    path: Path<SessionPath>,
) -> Result<NoContent, Fail> {
    identity.end_session(actor.0, path.0.id.0, &visitor(&client)).await?;
    Ok(NoContent)
}
