//! Keep the rules of commission; what was sold before keeps the fee it was sold at.

use commerce::{Actor, CommitError, Effects, Id, Once, Role, Stored, Version, Write};

use super::{Amounts, Rule, RuleId, Scope};
use crate::{Market, MarketError};

#[derive(Debug, Clone, Default)]
pub struct NewRule {
    /// Last when absent.
    pub position: Option<u32>,
    pub scope: Scope,
    pub basis_points: u32,
    pub amounts: Vec<Amounts>,
    pub kept_on_refund: bool,
}

/// What changes on a rule; what is absent stays. What it is about stays always.
#[derive(Debug, Clone, Default)]
pub struct RuleEdit {
    pub position: Option<u32>,
    pub basis_points: Option<u32>,
    pub amounts: Option<Vec<Amounts>>,
    pub kept_on_refund: Option<bool>,
}

impl Market {
    pub async fn make_rule(
        &self,
        actor: &Actor,
        new: NewRule,
        once: Option<Once<Stored<Rule>>>,
    ) -> Result<Stored<Rule>, MarketError> {
        operates(actor)?;
        let rules = self.rules.rules().await?;
        if rules.len() >= self.settings.max_rules {
            return Err(MarketError::TooManyRules(self.settings.max_rules));
        }
        let last = rules.iter().map(|stored| stored.state.position).max();
        let next = last.map_or(1, |last| last.saturating_add(1));
        let now = self.env.now();
        let rule = Rule {
            id: Id::new(&self.env),
            position: new.position.unwrap_or(next),
            scope: new.scope,
            basis_points: new.basis_points,
            amounts: new.amounts,
            kept_on_refund: new.kept_on_refund,
            created_at: now,
            updated_at: now,
            retired: None,
        }
        .sound()?;
        let made = Stored { state: rule.clone(), version: Version(1) };
        let receipt = once.map(|once| once.receipt(rule.id.uuid(), &made));
        self.rules.commit(Write::new(rule).with(Effects::none().receipt(receipt))).await?;
        Ok(made)
    }

    pub async fn edit_rule(
        &self,
        actor: &Actor,
        id: RuleId,
        seen: Version,
        edit: RuleEdit,
    ) -> Result<Stored<Rule>, MarketError> {
        self.change_rule(actor, id, seen, |rule| Rule {
            position: edit.position.unwrap_or(rule.position),
            basis_points: edit.basis_points.unwrap_or(rule.basis_points),
            amounts: edit.amounts.unwrap_or(rule.amounts),
            kept_on_refund: edit.kept_on_refund.unwrap_or(rule.kept_on_refund),
            ..rule
        })
        .await
    }

    /// It no longer holds for what is sold from now on.
    pub async fn retire_rule(
        &self,
        actor: &Actor,
        id: RuleId,
        seen: Version,
    ) -> Result<Stored<Rule>, MarketError> {
        let now = self.env.now();
        self.change_rule(actor, id, seen, |rule| Rule { retired: Some(now), ..rule }).await
    }

    pub async fn rule(&self, actor: &Actor, id: RuleId) -> Result<Stored<Rule>, MarketError> {
        operates(actor)?;
        let stored = self.rules.find(id).await?;
        stored.filter(|stored| stored.state.retired.is_none()).ok_or(MarketError::NoRule)
    }

    /// The rules that hold, by position.
    pub async fn list_rules(&self, actor: &Actor) -> Result<Vec<Stored<Rule>>, MarketError> {
        operates(actor)?;
        Ok(self.rules.rules().await?)
    }

    async fn change_rule(
        &self,
        actor: &Actor,
        id: RuleId,
        seen: Version,
        change: impl FnOnce(Rule) -> Rule,
    ) -> Result<Stored<Rule>, MarketError> {
        let stored = self.rule(actor, id).await?;
        if stored.version != seen {
            return Err(MarketError::Outdated);
        }
        let changed = change(stored.state.clone()).sound()?;
        if changed == stored.state {
            return Ok(stored);
        }
        let state = Rule { updated_at: self.env.now(), ..changed };
        match self.rules.commit(stored.becomes(state.clone()).alone()).await {
            Ok(()) => Ok(Stored { state, version: seen.next() }),
            Err(CommitError::Stale) => Err(MarketError::Outdated),
            Err(error) => Err(error.into()),
        }
    }
}

pub(crate) fn operates(actor: &Actor) -> Result<(), MarketError> {
    if actor.role == Role::Operator { Ok(()) } else { Err(MarketError::NotAnOperator) }
}
