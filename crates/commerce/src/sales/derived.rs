//! Ids made of other ids: the same step of the same thing always gets the same one, so a store can refuse it twice.

use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid, Variant, Version};

/// Keeps the moment of the id it is made of, so that it sorts beside it.
pub(crate) fn derived(of: Uuid, step: &str) -> Uuid {
    let digest = Sha256::new().chain_update(of).chain_update(step).finalize();
    let mut bytes = of.into_bytes();
    bytes.iter_mut().skip(6).zip(digest).for_each(|(byte, hashed)| *byte = hashed);
    Builder::from_bytes(bytes)
        .with_version(Version::SortRand)
        .with_variant(Variant::RFC4122)
        .into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::TestEnv;

    #[test]
    fn a_step_has_one_id_of_its_own() {
        let of = TestEnv::new().env().uuid();

        assert_eq!(derived(of, "sale"), derived(of, "sale"));
        assert_ne!(derived(of, "sale"), derived(of, "refund"));
        assert_eq!(derived(of, "sale").get_version_num(), 7);
        assert_eq!(derived(of, "sale").as_bytes()[..6], of.as_bytes()[..6]);
    }
}
