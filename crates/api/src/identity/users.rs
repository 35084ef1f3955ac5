//! Operators look after accounts.

use commerce::PageRequest;
use identity::{Identity, UserFilter};
use paperclip::actix::{api_v2_operation, web::Data};

use super::{
    bodies::{RoleChange, UserPath, UserQuery},
    views::UserView,
    visitor,
};
use crate::{
    Fail,
    answer::Json,
    extract::{Body, Client, Operator, PageView, Path, Query},
};

/// Accounts, newest first.
#[api_v2_operation(tags(Identity), operation_id = "listUsers")]
pub async fn list(
    identity: Data<Identity>,
    operator: Operator,
    query: Query<UserQuery>,
) -> Result<Json<PageView<UserView>>, Fail> {
    let UserQuery { email, role, limit, cursor } = query.0;
    let filter = UserFilter { email, role: role.map(Into::into) };
    let page = PageRequest { limit: limit.unwrap_or(20), cursor };
    let page = identity.list_users(operator.0, filter, page).await?;
    Ok(Json(PageView::of(page, UserView::from)))
}

/// One account.
#[api_v2_operation(tags(Identity), operation_id = "getUser")]
pub async fn show(
    identity: Data<Identity>,
    operator: Operator,
    path: Path<UserPath>,
) -> Result<Json<UserView>, Fail> {
    Ok(Json(identity.show_user(operator.0, path.0.id.0).await?.into()))
}

/// Give an account another role; it counts from the next request on.
#[api_v2_operation(tags(Identity), operation_id = "changeRole")]
pub async fn change_role(
    identity: Data<Identity>,
    operator: Operator,
    client: Client,
    path: Path<UserPath>,
    body: Body<RoleChange>,
) -> Result<Json<UserView>, Fail<409>> {
    let change = (path.0.id.0, body.0.role.into());
    let user = identity.change_role(operator.0, change, &visitor(&client)).await?;
    Ok(Json(user.into()))
}

/// Close an account: its sessions end at once, and nobody signs in to it.
#[api_v2_operation(tags(Identity), operation_id = "disableUser")]
pub async fn disable(
    identity: Data<Identity>,
    operator: Operator,
    client: Client,
    path: Path<UserPath>,
) -> Result<Json<UserView>, Fail<409>> {
    let user = identity.disable_user(operator.0, path.0.id.0, &visitor(&client)).await?;
    Ok(Json(user.into()))
}

/// Open a closed account again.
#[api_v2_operation(tags(Identity), operation_id = "enableUser")]
pub async fn enable(
    identity: Data<Identity>,
    operator: Operator,
    client: Client,
    path: Path<UserPath>,
) -> Result<Json<UserView>, Fail<409>> {
    let user = identity.enable_user(operator.0, path.0.id.0, &visitor(&client)).await?;
    Ok(Json(user.into()))
}
