//! Claims on stock as they should be, beside a store that is asked for the same.

use std::{collections::BTreeMap, ops::AsyncFn};

use uuid::Uuid;

use crate::{
    Change, Claim, ClaimMove, ClaimState, CommitError, Effects, Env, Order, Repository, ResourceId,
    claim::{StockMove, StockReason},
};

/// One thing done to claims or to stock. The first number chooses among what is there.
#[derive(Debug, Clone, Copy)]
pub enum ClaimAct {
    /// So many units arrive; fewer than none are lost.
    Receive(usize, i64),
    Hold(usize, i64),
    Take(usize, i64),
    Keep(usize),
    Release(usize),
    /// A move of before once more, by somebody who does not know what happened since.
    Again(usize),
}

/// What was done so far, and what must have come of it. Pure but for [`ClaimModel::commit`].
#[derive(Debug, Clone)]
pub struct ClaimModel {
    env: Env,
    claims: BTreeMap<Uuid, Claim>,
    moves: Vec<ClaimMove>,
    /// What has arrived of each resource, less what was lost.
    received: BTreeMap<ResourceId, i64>,
}

impl ClaimModel {
    pub fn new(env: Env, resources: usize) -> Self {
        let received = (0..resources).map(|_| (ResourceId::new(&env), 0)).collect();
        Self { env, claims: BTreeMap::new(), moves: Vec::new(), received }
    }

    /// Does all of it in one commit, and compares the answer and what is there afterwards with what they must be.
    /// `counts` tells what of a resource the store has on hand and holds.
    pub async fn commit(
        &mut self,
        store: &(impl Repository<Order> + ?Sized),
        acts: &[ClaimAct],
        counts: impl AsyncFn(ResourceId) -> (i64, i64),
    ) {
        let (moves, stock) = self.asked(acts);
        let effects = Effects::none().claim(moves.clone()).stock(stock.clone());
        let answer = store.commit(Change { writes: Vec::new(), effects }).await;

        match self.after(&moves, &stock) {
            None => assert!(matches!(answer, Err(CommitError::Stale)), "{answer:?}"),
            Some(next) if !next.fits() => {
                assert!(matches!(answer, Err(CommitError::OutOfStock(_))), "{answer:?}");
            }
            Some(next) => {
                answer.unwrap();
                *self = next;
            }
        }
        for (resource, received) in &self.received {
            let (on_hand, held) = counts(*resource).await;
            assert!(0 <= held && held <= on_hand, "{held} of {on_hand} are held");
            assert_eq!(on_hand + self.kept(*resource), *received);
            assert_eq!(held, self.held(*resource));
        }
    }

    /// A claim is moved once in a commit.
    fn asked(&self, acts: &[ClaimAct]) -> (Vec<ClaimMove>, Vec<StockMove>) {
        let (mut moves, mut stock): (Vec<ClaimMove>, _) = (Vec::new(), Vec::new());
        for act in acts {
            let asked = match *act {
                ClaimAct::Receive(at, units) => {
                    stock.push(self.arrives(at, units));
                    None
                }
                ClaimAct::Hold(at, units) => Some(self.hold(at, units)),
                ClaimAct::Take(at, units) => {
                    let held = self.hold(at, units).claim;
                    let (id, at) = (held.id, self.env.now());
                    Some(Claim::take(id, held.resource, units, Uuid::nil(), at))
                }
                ClaimAct::Keep(at) => {
                    self.claim(at).and_then(|claim| claim.keep(self.env.now()).ok())
                }
                ClaimAct::Release(at) => {
                    self.claim(at).and_then(|claim| claim.release(self.env.now()).ok())
                }
                ClaimAct::Again(at) => self.moves.get(at % self.moves.len().max(1)).cloned(),
            };
            let twice = |asked: &ClaimMove| moves.iter().any(|m| m.claim.id == asked.claim.id);
            moves.extend(asked.filter(|asked| !twice(asked)));
        }
        (moves, stock)
    }

    fn resource(&self, at: usize) -> ResourceId {
        *self.received.keys().nth(at % self.received.len()).unwrap()
    }

    fn claim(&self, at: usize) -> Option<Claim> {
        self.claims.values().nth(at % self.claims.len().max(1)).cloned()
    }

    fn hold(&self, at: usize, units: i64) -> ClaimMove {
        Claim::hold(&self.env, self.resource(at), units, Uuid::nil(), self.env.now())
    }

    fn arrives(&self, at: usize, units: i64) -> StockMove {
        let reason = if units < 0 { StockReason::Lost } else { StockReason::Received };
        let (id, at, resource) = (self.env.uuid(), self.env.now(), self.resource(at));
        StockMove { id, resource, units, reason, at }
    }

    /// How things stand after it; nothing when a claim is not as the move says it was.
    fn after(&self, moves: &[ClaimMove], stock: &[StockMove]) -> Option<Self> {
        let mut next = self.clone();
        for moved in moves {
            let id = moved.claim.id.uuid();
            let stands = self.claims.get(&id).map(|claim| claim.state.name());
            if stands != moved.from.map(ClaimState::name) {
                return None;
            }
            next.claims.insert(id, moved.claim.clone());
            next.moves.push(moved.clone());
        }
        for moved in stock {
            *next.received.entry(moved.resource).or_default() += moved.units;
        }
        Some(next)
    }

    fn fits(&self) -> bool {
        self.received.iter().all(|(resource, received)| {
            let (held, kept) = (self.held(*resource), self.kept(*resource));
            held <= received - kept
        })
    }

    fn held(&self, resource: ResourceId) -> i64 {
        self.units(resource, |state| matches!(state, ClaimState::Held { .. }))
    }

    fn kept(&self, resource: ResourceId) -> i64 {
        self.units(resource, |state| matches!(state, ClaimState::Kept { .. }))
    }

    fn units(&self, resource: ResourceId, counts: fn(ClaimState) -> bool) -> i64 {
        let ours = self.claims.values().filter(|claim| claim.resource == resource);
        ours.filter(|claim| counts(claim.state)).map(|claim| claim.units).sum()
    }
}
