//! Claims and the stock they are made on: summed by resource, written under the resources' row locks in id order.

use std::collections::BTreeMap;

use commerce::{ClaimMove, ClaimState, CommitError, ResourceId, StockMove, claim::StockDelta};
use serde::Serialize;
use uuid::Uuid;

use super::calendar;
use crate::{
    Step, Steps,
    rows::{self, Column},
    sql::micros,
    step::Refusal,
};

const MOVE_COLUMNS: &[Column] = &[
    ("id", "uuid"),
    ("resource", "uuid"),
    ("units", "bigint"),
    ("reason", "text"),
    ("at", "bigint"),
];

#[derive(Serialize)]
struct MoveRow {
    id: Uuid,
    resource: Uuid,
    units: i64,
    reason: &'static str,
    at: i64,
}

const CLAIM_COLUMNS: &[Column] = &[
    ("id", "uuid"),
    ("resource", "uuid"),
    ("holder", "uuid"),
    ("units", "bigint"),
    ("state", "text"),
    ("moment", "bigint"),
];

#[derive(Serialize)]
struct ClaimRow {
    id: Uuid,
    resource: Uuid,
    holder: Uuid,
    units: i64,
    state: &'static str,
    moment: i64,
}

/// Claims on units here, then those on time: stock is locked before calendars.
pub fn steps(
    claims: &[ClaimMove],
    arrivals: &[StockMove],
    steps: &mut Steps,
) -> Result<(), CommitError> {
    let counted: Vec<_> = claims.iter().filter(|moved| moved.claim.span.is_none()).collect();
    // A statement that lets goods sell out ends by locking what shows them: no stock may be locked after it.
    let stock = sums(&counted, arrivals);
    steps.push_together(stock.into_iter().map(|(of, sum)| stock_step(of, sum)).collect());
    if !arrivals.is_empty() {
        let moves: Vec<_> = arrivals.iter().map(move_row).collect();
        steps.push(rows::insert(steps, "commerce_stock_moves", MOVE_COLUMNS, &moves, "")?);
    }
    for (from, claim_move) in counted.iter().filter_map(|m| m.from.map(|from| (from, m))) {
        steps.push(claim_step(from, claim_move));
    }
    let made = counted.iter().filter(|claim_move| claim_move.from.is_none());
    let made: Vec<_> = made.map(|claim_move| claim_row(claim_move)).collect();
    if !made.is_empty() {
        steps.push(rows::insert(steps, "commerce_claims", CLAIM_COLUMNS, &made, "")?);
    }
    calendar::steps(claims, steps)
}

#[derive(Default)]
struct Sum {
    delta: StockDelta,
    /// Goods came or went: a resource nobody knew yet may begin here.
    counted: bool,
}

fn sums(claims: &[&ClaimMove], arrivals: &[StockMove]) -> BTreeMap<ResourceId, Sum> {
    let mut sums: BTreeMap<ResourceId, Sum> = BTreeMap::new();
    for claim_move in claims {
        let sum = sums.entry(claim_move.claim.resource).or_default();
        sum.delta = sum.delta.plus(claim_move.delta());
    }
    for arrival in arrivals {
        let sum = sums.entry(arrival.resource).or_default();
        sum.delta = sum.delta.plus(StockDelta { on_hand: arrival.units, held: 0 });
        sum.counted = true;
    }
    sums
}

/// Moves the stock if what is held afterwards still fits into what is on hand.
fn stock_step(resource: ResourceId, sum: Sum) -> Step {
    let sql = if sum.counted {
        "insert into commerce_stock as s (resource, on_hand, held)
         select $1, case when $2 < 0 then 0 else $2 end, case when $3 between 0 and $2 then $3 else 0 end
         where {gate} and ($3 between 0 and $2 or exists (select 1 from commerce_stock where resource = $1))
         on conflict (resource) do update set on_hand = s.on_hand + $2, held = s.held + $3
         where s.held + $3 >= 0 and s.held + $3 <= s.on_hand + $2"
    } else {
        "update commerce_stock set on_hand = on_hand + $2, held = held + $3
         where resource = $1 and held + $3 >= 0 and held + $3 <= on_hand + $2 and {gate}"
    };
    let StockDelta { on_hand, held } = sum.delta;
    Step::new(sql, [resource.uuid().into(), on_hand.into(), held.into()])
        .or(Refusal::OutOfStock(resource))
}

fn claim_step(from: ClaimState, ClaimMove { claim, .. }: &ClaimMove) -> Step {
    Step::new(
        "update commerce_claims set state = $4, moment = $5
         where id = $1 and state = $2 and units = $3 and {gate}",
        [
            claim.id.uuid().into(),
            from.name().into(),
            claim.units.into(),
            claim.state.name().into(),
            moment(claim.state).into(),
        ],
    )
    .or(Refusal::Stale)
}

fn claim_row(ClaimMove { claim, .. }: &ClaimMove) -> ClaimRow {
    ClaimRow {
        id: claim.id.uuid(),
        resource: claim.resource.uuid(),
        holder: claim.holder,
        units: claim.units,
        state: claim.state.name(),
        moment: moment(claim.state),
    }
}

fn move_row(arrival: &StockMove) -> MoveRow {
    MoveRow {
        id: arrival.id,
        resource: arrival.resource.uuid(),
        units: arrival.units,
        reason: arrival.reason.as_str(),
        at: micros(arrival.at),
    }
}

/// Until when it is held, or since when it is kept or released.
pub fn moment(state: ClaimState) -> i64 {
    match state {
        ClaimState::Held { until } => micros(until),
        ClaimState::Kept { at } | ClaimState::Released { at } => micros(at),
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use commerce::{Claim, testing::TestEnv};

    use super::*;
    use crate::Engine;

    #[test]
    fn the_stock_of_a_commit_is_locked_by_one_statement_however_much_it_is() {
        let env = TestEnv::new().env();
        let until = env.now() + TimeDelta::minutes(30);
        let hold = |_| Claim::hold(&env, ResourceId::new(&env), 1, env.uuid(), until);
        let holds: Vec<_> = (0..100).map(hold).collect();
        let mut all = Steps::new(Engine::Postgres);

        steps(&holds, &[], &mut all).unwrap();

        let moves_stock = |step: &Step| step.sql.starts_with("update commerce_stock ");
        let statements = all.into_statements();
        let counts: Vec<_> = statements
            .iter()
            .map(|steps| steps.iter().filter(|step| moves_stock(step)).count())
            .filter(|count| *count > 0)
            .collect();
        assert_eq!(counts, [100]);
    }
}
