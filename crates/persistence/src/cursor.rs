//! Keyset pages: a cursor is the key of the last row, in base64url, and opaque to everybody else.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use commerce::{BadCursor, Page, PageRequest, StoreError};
use serde::{Serialize, de::DeserializeOwned};

/// Pages are never longer than this, whatever is asked for.
const MOST: u32 = 500;

/// The key after which the page begins.
pub fn after<K: DeserializeOwned>(page: &PageRequest) -> Result<Option<K>, StoreError> {
    let Some(cursor) = &page.cursor else { return Ok(None) };
    let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| StoreError::new(BadCursor))?;
    serde_json::from_slice(&bytes).map(Some).map_err(|_| StoreError::new(BadCursor))
}

/// One row more than the page holds, which tells whether there are more.
pub fn rows(page: &PageRequest) -> i64 {
    i64::from(page.limit.clamp(1, MOST)).saturating_add(1)
}

/// Cuts the row too many off and turns it into the way to the next page.
pub fn page<T, K: Serialize>(
    request: &PageRequest,
    mut data: Vec<T>,
    key: impl Fn(&T) -> K,
) -> Result<Page<T>, StoreError> {
    let limit = usize::try_from(request.limit.clamp(1, MOST)).unwrap_or(usize::MAX);
    if data.len() <= limit {
        return Ok(Page { data, next_cursor: None });
    }
    data.truncate(limit);
    let next_cursor = data.last().map(|last| encode(&key(last))).transpose()?;
    Ok(Page { data, next_cursor })
}

fn encode<K: Serialize>(key: &K) -> Result<String, StoreError> {
    Ok(URL_SAFE_NO_PAD.encode(serde_json::to_vec(key).map_err(StoreError::new)?))
}
