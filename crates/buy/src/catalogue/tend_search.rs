//! Keeps finding by words as quick as it was, however much was put on sale meanwhile.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use commerce::{
    StoreError,
    event::{Sweep, Trouble},
};

use super::Catalogue;

pub struct TendSearch {
    pub catalogue: Arc<dyn Catalogue>,
    pub every: Duration,
}

#[async_trait]
impl Sweep for TendSearch {
    fn name(&self) -> &'static str {
        "buy.tend_search"
    }

    fn every(&self) -> Duration {
        self.every
    }

    async fn run(&self) -> Result<usize, Trouble> {
        let passing = |error: StoreError| Trouble::Passing(error.to_string());
        Ok(usize::from(self.catalogue.tend_search().await.map_err(passing)?))
    }
}
