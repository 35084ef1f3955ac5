//! Lists by key: `?limit=&cursor=` in, `{data, page}` out.

use commerce::{Page, PageRequest};
use garde::Validate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which page is wanted; the query of every list that has no filters of its own.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct Paging {
    /// How many rows at most; 20 unless told.
    #[garde(range(min = 1, max = 100))]
    pub limit: Option<u32>,
    /// Where the last page ended: its `page.next_cursor`.
    #[garde(length(chars, max = 500))]
    pub cursor: Option<String>,
}

impl Paging {
    pub fn request(self) -> PageRequest {
        PageRequest { limit: self.limit.unwrap_or(20), cursor: self.cursor }
    }
}

/// How to go on.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "PageInfo")]
pub struct PageLinks {
    /// Send it as `cursor` to read the next page; null at the end.
    pub next_cursor: Option<String>,
    pub has_more: bool,
}

/// One page of a list.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "{T}Page")]
pub struct PageView<T> {
    pub data: Vec<T>,
    pub page: PageLinks,
}

impl<T> PageView<T> {
    pub fn of<U>(page: Page<U>, view: impl FnMut(U) -> T) -> Self {
        let has_more = page.next_cursor.is_some();
        let links = PageLinks { next_cursor: page.next_cursor, has_more };
        Self { data: page.data.into_iter().map(view).collect(), page: links }
    }
}
