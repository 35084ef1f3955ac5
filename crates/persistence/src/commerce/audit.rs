//! The audit log; rows are only ever added.

use async_trait::async_trait;
use commerce::{
    CommitError, Page, PageRequest, StoreError,
    audit::{AuditEntry, AuditFilter, AuditLog, AuditRow},
};
use sea_orm::{QueryResult, Value};
use serde::Serialize;
use uuid::Uuid;

use crate::{
    Db, Steps, cursor,
    rows::{self, Column},
    sql::{self, get, micros},
};

const COLUMNS: &[Column] = &[
    ("id", "uuid"),
    ("at", "bigint"),
    ("actor", "uuid"),
    ("session", "uuid"),
    ("role", "text"),
    ("action", "text"),
    ("subject", "uuid"),
    ("address", "text"),
    ("request_id", "text"),
    ("facts", "json"),
];

#[derive(Serialize)]
struct Row<'a> {
    id: Uuid,
    at: i64,
    actor: Option<Uuid>,
    session: Option<Uuid>,
    role: Option<&'static str>,
    action: &'static str,
    subject: Option<Uuid>,
    address: Option<&'a str>,
    request_id: Option<&'a str>,
    facts: &'a serde_json::Value,
}

pub fn steps(audits: &[AuditRow], steps: &mut Steps) -> Result<(), CommitError> {
    if audits.is_empty() {
        return Ok(());
    }
    let rows: Vec<_> = audits.iter().map(row).collect();
    steps.push(rows::insert(steps, "commerce_audit_log", COLUMNS, &rows, "")?);
    Ok(())
}

fn row(audit: &AuditRow) -> Row<'_> {
    Row {
        id: audit.id,
        at: micros(audit.at),
        actor: audit.actor.map(|actor| actor.user.uuid()),
        session: audit.actor.map(|actor| actor.session.uuid()),
        role: audit.actor.map(|actor| actor.role.as_str()),
        action: audit.action,
        subject: audit.subject,
        address: audit.address.as_deref(),
        request_id: audit.request_id.as_deref(),
        facts: &audit.facts,
    }
}

#[async_trait]
impl AuditLog for Db {
    async fn list_audits(
        &self,
        filter: AuditFilter,
        page: PageRequest,
    ) -> Result<Page<AuditEntry>, StoreError> {
        let mut values: Vec<Value> = vec![cursor::rows(&page).into()];
        let mut query = "select id, at, actor, action, subject, address, request_id, facts
                         from commerce_audit_log where true"
            .to_owned();
        let wanted: [(&str, Option<Value>); 3] = [
            ("actor", filter.actor.map(|actor| actor.uuid().into())),
            ("action", filter.action.map(Into::into)),
            ("subject", filter.subject.map(Into::into)),
        ];
        for (column, value) in wanted.into_iter().filter_map(|(c, value)| Some((c, value?))) {
            values.push(value);
            query += &format!(" and {column} = ${}", values.len());
        }
        if let Some((at, id)) = cursor::after::<(i64, Uuid)>(&page)? {
            values.extend([at.into(), id.into()]);
            let last = values.len();
            query += &format!(" and (at, id) < (${}, ${last})", last.saturating_sub(1));
        }
        query += " order by at desc, id desc limit $1";
        let rows = self.rows(&query, values).await?;
        let entries = rows.iter().map(entry).collect::<Result<Vec<_>, _>>()?;
        cursor::page(&page, entries, |entry| (micros(entry.at), entry.id))
    }
}

fn entry(row: &QueryResult) -> Result<AuditEntry, StoreError> {
    Ok(AuditEntry {
        id: get(row, "id")?,
        at: sql::time(row, "at")?,
        actor: get::<Option<Uuid>>(row, "actor")?.map(Into::into),
        action: get(row, "action")?,
        subject: get(row, "subject")?,
        address: get(row, "address")?,
        request_id: get(row, "request_id")?,
        facts: get(row, "facts")?,
    })
}
