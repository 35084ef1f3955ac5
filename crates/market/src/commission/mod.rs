//! What selling costs: rules in an order, the most specific first, worked out once when an order is raised.

mod fee;
mod keep_rules;
mod ports;
mod rule;
mod terms;
#[cfg(test)]
mod tests;

pub use fee::commission;
pub(crate) use keep_rules::operates;
pub use keep_rules::{NewRule, RuleEdit};
pub use ports::RuleList;
pub use rule::{Amounts, Rule, RuleId, Scope};
