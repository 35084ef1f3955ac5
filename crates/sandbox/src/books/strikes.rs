//! Faults of answers, which strike so many times and then let through.

use super::State;
use crate::{
    Faults,
    fault::{Op, Strike},
};

impl State {
    /// The strike that keeps this call from being done.
    pub fn strike_before(&mut self, op: Op, target: &str, faults: &Faults) -> Option<Strike> {
        self.strike(op, target, faults, |strike| !matches!(strike, Strike::ChargeThenTimeout(_)))
    }

    /// The strike that swallows the answer to what was done.
    pub fn strike_after(&mut self, op: Op, target: &str, faults: &Faults) -> Option<Strike> {
        self.strike(op, target, faults, |strike| matches!(strike, Strike::ChargeThenTimeout(_)))
    }

    fn strike(
        &mut self,
        op: Op,
        target: &str,
        faults: &Faults,
        fits: impl Fn(&Strike) -> bool,
    ) -> Option<Strike> {
        let times = faults.times();
        let strikes = faults.strikes(op).into_iter().filter(fits);
        strikes.into_iter().find(|strike| {
            let name = match strike {
                Strike::Http(_) => "http",
                Strike::Timeout(_) => "timeout",
                Strike::ChargeThenTimeout(_) => "charge-then-timeout",
            };
            let struck = self.struck.entry((op, name, target.to_owned())).or_default();
            *struck += 1;
            times == 0 || *struck <= times
        })
    }
}
