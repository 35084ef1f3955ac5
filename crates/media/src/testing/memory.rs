//! The port of images over the store in memory, and what every such port promises.

use async_trait::async_trait;
use chrono::TimeDelta;
use commerce::{
    Actor, Env, Page, PageRequest, StoreError, Stored, Timestamp, UserId, Version, Write,
    testing::Memory,
};

use crate::{Holder, Image, ImageId, ImageState, Images, Placed, Variant, View, Visibility};

#[async_trait]
impl Images for Memory {
    async fn stale_uploads(&self, now: Timestamp, limit: u32) -> Result<Vec<ImageId>, StoreError> {
        let stale =
            |image: &Image| matches!(image.state, ImageState::Uploading { until } if until <= now);
        Ok(first(self, limit, stale))
    }

    async fn unused(&self, before: Timestamp, limit: u32) -> Result<Vec<ImageId>, StoreError> {
        let unused =
            |image: &Image| image.is_stored() && image.holder.is_none() && image.hung_at < before;
        Ok(first(self, limit, unused))
    }

    async fn count_unused(&self, owner: UserId) -> Result<u64, StoreError> {
        let unused =
            |image: &Image| image.owner == owner && !image.is_leaving() && image.holder.is_none();
        Ok(u64::try_from(first(self, u32::MAX, unused).len()).unwrap())
    }

    async fn images_of(
        &self,
        owner: UserId,
        page: PageRequest,
    ) -> Result<Page<Stored<Image>>, StoreError> {
        let mut all = self.read().all::<Image>();
        all.retain(|stored| stored.state.owner == owner && stored.state.is_stored());
        all.reverse();
        Ok(Self::page(all, &page))
    }
}

fn first(memory: &Memory, limit: u32, fits: impl Fn(&Image) -> bool) -> Vec<ImageId> {
    let all = memory.read().all::<Image>();
    let fitting = all.into_iter().map(|stored| stored.state).filter(fits);
    fitting.take(usize::try_from(limit).unwrap()).map(|image| image.id).collect()
}

/// What every store of image rows promises to each question it is asked.
pub async fn contract(images: &(impl Images + Sync), env: &Env, actor: &Actor) {
    let write = async |image: Image| images.commit(Write::new(image).alone()).await.unwrap();
    let now = env.now();
    let holder = Holder { kind: "lot".into(), id: env.uuid() };
    let uploading = |until| sample(env, actor.user, ImageState::Uploading { until });
    let late = uploading(now - TimeDelta::seconds(1));
    let early = uploading(now + TimeDelta::seconds(1));
    let unused = sample(env, actor.user, stored(now));
    let used = Image { holder: Some(holder), ..sample(env, actor.user, stored(now)) };
    let gone = sample(env, actor.user, ImageState::Removing { since: now });
    for image in [&late, &early, &unused, &used, &gone] {
        write(image.clone()).await;
    }

    assert_eq!(images.stale_uploads(now, 10).await.unwrap(), [late.id]);
    let after = now + TimeDelta::seconds(1);
    assert_eq!(images.unused(after, 10).await.unwrap(), [unused.id]);
    assert_eq!(images.unused(now - TimeDelta::days(1), 10).await.unwrap(), []);
    assert_eq!(images.count_unused(actor.user).await.unwrap(), 3, "two on their way, one unused");
    let mut shown = [unused, used].map(|state| Stored { state, version: Version(1) });
    shown.sort_by_key(|stored| std::cmp::Reverse(stored.state.id));
    let page = PageRequest { limit: 1, cursor: None };
    let newest = images.images_of(actor.user, page).await.unwrap();
    let cursor = newest.next_cursor.clone();
    assert_eq!(newest.data, shown[..1]);
    let older = images.images_of(actor.user, PageRequest { limit: 1, cursor }).await.unwrap();
    assert_eq!(older.data, shown[1..]);
    assert_eq!(older.next_cursor, None, "what is on its way or gone is not shown");
    let nobody = images.images_of(UserId::new(env), PageRequest { limit: 9, cursor: None }).await;
    assert_eq!(nobody.unwrap().data, []);
}

fn stored(at: Timestamp) -> ImageState {
    let placed = Placed { reference: "asset-1".into(), version: Some(7), extension: "jpg".into() };
    let view = View { variant: Variant::Card, url: "https://img.example/1/card.jpg".into() };
    ImageState::Stored { at, placed, views: vec![view] }
}

fn sample(env: &Env, owner: UserId, state: ImageState) -> Image {
    let id = ImageId::new(env);
    Image {
        id,
        owner,
        alt: "A red car".into(),
        visibility: Visibility::Public,
        store: "shelf".into(),
        width: 640,
        height: 480,
        stem: id,
        holder: None,
        hung_at: env.now(),
        state,
        created_at: env.now(),
    }
}

#[cfg(test)]
mod tests {
    use commerce::testing::{TestEnv, assert_repository, moment};

    use super::*;

    #[tokio::test]
    async fn images_are_kept() {
        let env = TestEnv::new().env();
        let until = moment(60);
        let first = sample(&env, UserId::new(&env), ImageState::Uploading { until });
        let next = Image { state: stored(moment(5)), ..first.clone() };

        assert_repository(&Memory::default(), first, next).await;
    }
}
