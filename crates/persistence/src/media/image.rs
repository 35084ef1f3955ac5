//! Images in a table; what their store said of them is carried as JSON.

use commerce::{StoreError, Stored, Version};
use media::{Holder, Image, ImageState, Placed, View, Visibility};
use sea_orm::{Set, entity::prelude::*};
use serde::{Deserialize, Serialize};

use crate::{
    record::Record,
    sql::{micros, timestamp},
};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "media_images")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub owner_id: Uuid,
    pub alt: String,
    pub visibility: String,
    pub store: String,
    pub width: i64,
    pub height: i64,
    pub stem_id: Option<Uuid>,
    pub holder_kind: Option<String>,
    pub holder_id: Option<Uuid>,
    pub hung_at: i64,
    pub state: String,
    pub state_at: i64,
    pub content: Option<Json>,
    pub created_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

#[derive(Serialize, Deserialize)]
struct Content {
    placed: Placed,
    views: Vec<View>,
}

impl Record for Image {
    type Table = Entity;
    type Row = ActiveModel;

    const ID: Column = Column::Id;
    const VERSION: Column = Column::Version;

    fn to_row(&self, Version(version): Version) -> ActiveModel {
        let (holder_kind, holder_id) =
            self.holder.clone().map(|holder| (holder.kind, holder.id)).unzip();
        let (state_at, content) = match &self.state {
            ImageState::Uploading { until } => (until, None),
            ImageState::Stored { at, placed, views } => {
                let content = Content { placed: placed.clone(), views: views.clone() };
                (at, Some(serde_json::json!(content)))
            }
            ImageState::Removing { since } => (since, None),
            ImageState::Removed { at } => (at, None),
        };
        ActiveModel {
            id: Set(self.id.uuid()),
            version: Set(version),
            owner_id: Set(self.owner.uuid()),
            alt: Set(self.alt.clone()),
            visibility: Set(self.visibility.as_str().to_owned()),
            store: Set(self.store.clone()),
            width: Set(self.width.into()),
            height: Set(self.height.into()),
            stem_id: Set((self.stem != self.id).then(|| self.stem.uuid())),
            holder_kind: Set(holder_kind),
            holder_id: Set(holder_id),
            hung_at: Set(micros(self.hung_at)),
            state: Set(self.state.name().to_owned()),
            state_at: Set(micros(*state_at)),
            content: Set(content),
            created_at: Set(micros(self.created_at)),
        }
    }

    fn from_row(row: Model) -> Result<Stored<Self>, StoreError> {
        let strange = |what: &str| StoreError::new(format!("an image is `{what}`"));
        let visibility = Visibility::parse(&row.visibility);
        let holder = row.holder_kind.zip(row.holder_id).map(|(kind, id)| Holder { kind, id });
        let image = Self {
            id: row.id.into(),
            owner: row.owner_id.into(),
            alt: row.alt,
            visibility: visibility.ok_or_else(|| strange(&row.visibility))?,
            store: row.store,
            width: u32::try_from(row.width).map_err(StoreError::new)?,
            height: u32::try_from(row.height).map_err(StoreError::new)?,
            stem: row.stem_id.unwrap_or(row.id).into(),
            holder,
            hung_at: timestamp(row.hung_at)?,
            state: state(&row.state, row.state_at, row.content)?,
            created_at: timestamp(row.created_at)?,
        };
        Ok(Stored { state: image, version: Version(row.version) })
    }
}

fn state(name: &str, at: i64, content: Option<Json>) -> Result<ImageState, StoreError> {
    let at = timestamp(at)?;
    match (name, content) {
        ("uploading", _) => Ok(ImageState::Uploading { until: at }),
        ("stored", Some(content)) => {
            let Content { placed, views } =
                serde_json::from_value(content).map_err(StoreError::new)?;
            Ok(ImageState::Stored { at, placed, views })
        }
        ("removing", _) => Ok(ImageState::Removing { since: at }),
        ("removed", _) => Ok(ImageState::Removed { at }),
        (other, _) => Err(StoreError::new(format!("an image is `{other}`"))),
    }
}
