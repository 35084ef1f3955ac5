//! Who is at the door: where a request came from, as the edge saw it.

use std::net::IpAddr;

use commerce::{Actor, Env, UserId, audit::AuditRow};
use serde_json::Value;

const AGENT_CHARS: usize = 200;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Client {
    pub address: Option<IpAddr>,
    pub agent: Option<String>,
    pub request_id: Option<String>,
}

impl Client {
    pub fn new(address: Option<IpAddr>, agent: Option<&str>, request_id: Option<String>) -> Self {
        let clean = |text: &str| {
            text.chars().filter(|c| !c.is_control()).take(AGENT_CHARS).collect::<String>()
        };
        Self { address, agent: agent.map(clean).filter(|text| !text.is_empty()), request_id }
    }

    pub fn shown_address(&self) -> Option<String> {
        self.address.map(|address| address.to_string())
    }

    /// What counts as one address: an IPv6 network of 64 bits belongs to one customer.
    pub(crate) fn network(&self) -> String {
        match self.address.map(|address| address.to_canonical()) {
            None => "unknown".into(),
            Some(IpAddr::V4(address)) => address.to_string(),
            Some(IpAddr::V6(address)) => {
                let [a, b, c, d, ..] = address.segments();
                format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
            }
        }
    }

    /// A row of the audit log about an account; `facts` carry no secret.
    pub(crate) fn audit(
        &self,
        env: &Env,
        action: &'static str,
        subject: impl Into<Option<UserId>>,
        facts: Value,
    ) -> AuditRow {
        AuditRow {
            id: env.uuid(),
            at: env.now(),
            actor: None,
            action,
            subject: subject.into().map(UserId::uuid),
            address: self.shown_address(),
            request_id: self.request_id.clone(),
            facts,
        }
    }

    /// The same, of something a person did who is signed in.
    pub(crate) fn audit_by(
        &self,
        env: &Env,
        actor: Actor,
        action: &'static str,
        subject: UserId,
        facts: Value,
    ) -> AuditRow {
        AuditRow { actor: Some(actor), ..self.audit(env, action, subject, facts) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(address: &str) -> String {
        Client::new(Some(address.parse().unwrap()), None, None).network()
    }

    #[test]
    fn an_ipv6_customer_is_one_address() {
        assert_eq!(network("2001:db8:1:2:3::4"), network("2001:db8:1:2:ffff::1"));
        assert_ne!(network("2001:db8:1:2::1"), network("2001:db8:1:3::1"));
        assert_eq!(network("::ffff:192.0.2.7"), network("192.0.2.7"));
    }

    #[test]
    fn an_agent_is_kept_short_and_on_one_line() {
        let client = Client::new(None, Some(&format!("curl\r\n{}", "x".repeat(500))), None);

        let agent = client.agent.unwrap();
        assert!(agent.starts_with("curlxxx") && agent.chars().count() == 200, "{agent}");
    }
}
