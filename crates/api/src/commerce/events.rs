//! What happened, in order.

use commerce::{CommitError, Page, event::user_stream};
use paperclip::actix::{api_v2_operation, web::Data};

use super::{Commerce, bodies::EventQuery, views::EventView};
use crate::{
    Fail,
    answer::Json,
    extract::{PageView, Query, Signed},
};

/// What concerns you, oldest first.
///
/// Send the `seq` of the last event you have as `after`, and nothing is missed or told twice. `page.next_cursor` is
/// that number.
#[api_v2_operation(tags(Events), operation_id = "readEvents")]
pub async fn read(
    commerce: Data<Commerce>,
    signed: Signed,
    query: Query<EventQuery>,
) -> Result<Json<PageView<EventView>>, Fail> {
    let EventQuery { after, limit } = query.0;
    let (stream, limit) = (user_stream(signed.0.user), limit.unwrap_or(100));
    let data = commerce.feed.read_feed(&stream, after.unwrap_or(0), limit).await;
    let data = data.map_err(CommitError::from)?;
    let full = u32::try_from(data.len()).is_ok_and(|length| length >= limit);
    let next_cursor = data.last().filter(|_| full).map(|event| event.seq.to_string());
    Ok(Json(PageView::of(Page { data, next_cursor }, EventView::from)))
}
