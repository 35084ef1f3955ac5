//! Images as those who show them know them.

use async_trait::async_trait;
use commerce::{
    StoreError,
    picture::{Holder, Picture, PictureId, Pictures},
};

use crate::{Db, sql::Binds};

#[async_trait]
impl Pictures for Db {
    async fn pictures(
        &self,
        ids: &[PictureId],
        holder: Option<&Holder>,
    ) -> Result<Vec<Picture>, StoreError> {
        let mut binds = Binds::default();
        let mut ways = Vec::new();
        if !ids.is_empty() {
            let ids = binds.among(ids.iter().map(|id| id.uuid()));
            ways.push(format!("select * from media_images where id in ({ids})"));
        }
        if let Some(Holder { kind, id }) = holder {
            let (kind, id) = (binds.add(kind.clone()), binds.add(*id));
            ways.push(format!(
                "select * from media_images where holder_kind = {kind} and holder_id = {id}"
            ));
        }
        if ways.is_empty() {
            return Ok(Vec::new());
        }
        let found = self.images(&ways.join(" union all "), binds.0).await?;
        let mut pictures: Vec<_> = found.iter().map(|image| image.state.picture()).collect();
        pictures.sort_by_key(|picture| picture.id);
        pictures.dedup_by_key(|picture| picture.id);
        Ok(pictures)
    }
}
