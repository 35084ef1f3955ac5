//! Rules of commission, for operators.

use commerce::Stored;
use market::{Market, Rule};
use paperclip::actix::{api_v2_operation, web::Data};

use super::rule_bodies::{NewRuleBody, RuleListView, RulePatch, RulePath, RuleView};
use crate::{
    Fail,
    answer::{CreatedAt, Json, Tagged},
    extract::{IfMatch, Operator, Path, Whole},
};

fn shown(rule: Stored<Rule>) -> Tagged<RuleView> {
    Tagged::new(rule.version, rule.state.into())
}

/// List the rules of commission that hold, by position.
///
/// For each thing sold the most specific rule that fits holds: by product before by category, the nearest category
/// before those above it, and by seller before for everybody.
#[api_v2_operation(tags(Market), operation_id = "listCommissionRules")]
pub async fn list(market: Data<Market>, operator: Operator) -> Result<Json<RuleListView>, Fail> {
    let rules = market.list_rules(&operator.0).await?;
    Ok(Json(RuleListView { data: rules.into_iter().map(|rule| rule.state.into()).collect() }))
}

/// Make a rule of commission; it holds for what is sold from now on.
#[api_v2_operation(tags(Market), operation_id = "createCommissionRule")]
pub async fn create(
    market: Data<Market>,
    operator: Operator,
    body: Whole<NewRuleBody>,
) -> Result<CreatedAt<RuleView>, Fail<409>> {
    let made = market.make_rule(&operator.0, body.understood()?, None).await?;
    let location = format!("/v1/market/commission-rules/{}", made.state.id);
    Ok(CreatedAt(location, made.version, made.state.into()))
}

/// Look at a rule of commission.
#[api_v2_operation(tags(Market), operation_id = "getCommissionRule")]
pub async fn show(
    market: Data<Market>,
    operator: Operator,
    path: Path<RulePath>,
) -> Result<Tagged<RuleView>, Fail> {
    Ok(shown(market.rule(&operator.0, path.0.id.0).await?))
}

/// Change what a rule of commission takes; what was sold before keeps its fee.
#[api_v2_operation(tags(Market), operation_id = "editCommissionRule")]
pub async fn edit(
    market: Data<Market>,
    operator: Operator,
    path: Path<RulePath>,
    seen: IfMatch,
    body: Whole<RulePatch>,
) -> Result<Tagged<RuleView>, Fail> {
    let edit = body.understood()?;
    Ok(shown(market.edit_rule(&operator.0, path.0.id.0, seen.0, edit).await?))
}

/// Let a rule of commission hold no longer.
#[api_v2_operation(tags(Market), operation_id = "retireCommissionRule")]
pub async fn retire(
    market: Data<Market>,
    operator: Operator,
    path: Path<RulePath>,
    seen: IfMatch,
) -> Result<Tagged<RuleView>, Fail> {
    Ok(shown(market.retire_rule(&operator.0, path.0.id.0, seen.0).await?))
}
