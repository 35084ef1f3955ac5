//! Works on a few pictures at a time, beside the threads that serve: memory is bounded however many arrive.

use std::sync::Arc;

use tokio::{sync::Semaphore, task::spawn_blocking};

use crate::{Limits, MediaError, Pixels, Rendition, Unfit, Variant};

#[derive(Debug, Clone)]
pub struct Workshop(Arc<Semaphore>);

impl Workshop {
    pub fn new(at_once: usize) -> Self {
        Self(Arc::new(Semaphore::new(at_once.max(1))))
    }

    /// Reads a file nobody vouches for and renders it anew.
    pub(crate) async fn renew(
        &self,
        bytes: Vec<u8>,
        limits: Limits,
        variants: &'static [Variant],
    ) -> Result<Vec<Rendition>, MediaError> {
        let bench = self.0.clone().acquire_owned().await.ok();
        let work = spawn_blocking(move || {
            // The bench is free when the work is done, even when nobody waits for it any more.
            let _bench = bench;
            Pixels::read(&bytes, &limits)?.render(variants)
        });
        // A decoder that panics says of the file what an error would have said.
        Ok(work.await.unwrap_or(Err(Unfit::Broken))?)
    }
}
