//! Whatever is claimed in whatever order: nothing is promised twice, and stock explains itself.

use proptest::prelude::*;

use crate::testing::{ClaimAct, ClaimModel, Memory, TestEnv};

fn act() -> impl Strategy<Value = ClaimAct> {
    let (at, units) = (0_usize..16, 1_i64..5);
    prop_oneof![
        3 => (at.clone(), -3_i64..8).prop_map(|(at, units)| ClaimAct::Receive(at, units)),
        4 => (at.clone(), units.clone()).prop_map(|(at, units)| ClaimAct::Hold(at, units)),
        1 => (at.clone(), units).prop_map(|(at, units)| ClaimAct::Take(at, units)),
        3 => at.clone().prop_map(ClaimAct::Keep),
        3 => at.clone().prop_map(ClaimAct::Release),
        1 => at.prop_map(ClaimAct::Again),
    ]
}

proptest! {
    #[test]
    fn what_is_held_is_there_and_what_was_kept_is_gone(
        commits in prop::collection::vec(prop::collection::vec(act(), 1..4), 1..40),
    ) {
        let (store, env) = (Memory::default(), TestEnv::new().env());
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let mut model = ClaimModel::new(env, 3);
            for acts in &commits {
                let counts = async |of| (store.on_hand(of), store.held(of));
                model.commit(&store, acts, counts).await;
            }
        });
    }
}
