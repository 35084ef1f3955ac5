//! Pictures that are put up, taken down and kept as evidence by the commits of those who hold them.

use commerce::picture::{HELD, PictureMove, Way};
use sea_orm::Value;

use crate::{Step, Steps, sql::micros, step::Refusal};

/// Takes it if everyone may see it and it hangs nowhere.
const TAKE: &str = "update media_images set version = version + 1, holder_kind = $2, \
    holder_id = $3, hung_at = $4 where id = $1 and state = 'stored' and visibility = 'public' \
    and holder_id is null and {gate}";

/// Takes it if it is private and nothing holds it.
const KEEP: &str = "update media_images set version = version + 1, holder_kind = $2, \
    holder_id = $3, hung_at = $4 where id = $1 and state = 'stored' and visibility = 'private' \
    and holder_id is null and {gate}";

/// Lets it go if it hangs there.
const LEAVE: &str = "update media_images set version = version + 1, holder_kind = null, \
    holder_id = null, hung_at = $4 where id = $1 and holder_kind = $2 and holder_id = $3 \
    and {gate}";

/// By id, as images are locked wherever they are written.
pub fn steps(moves: &[PictureMove], steps: &mut Steps) {
    let mut moves: Vec<_> = moves.iter().collect();
    moves.sort_by_key(|moved| moved.picture);
    for moved in moves {
        steps.push(step(moved));
    }
}

fn step(PictureMove { picture, holder, way, at }: &PictureMove) -> Step {
    let values: [Value; 4] =
        [picture.uuid().into(), holder.kind.clone().into(), holder.id.into(), micros(*at).into()];
    match way {
        Way::Take => Step::new(TAKE, values).or(Refusal::Taken(HELD)),
        Way::Keep => Step::new(KEEP, values).or(Refusal::Taken(HELD)),
        Way::Leave => Step::new(LEAVE, values),
    }
}
