//! A commit as a list of steps, each one statement, the same for both engines.
//!
//! PostgreSQL runs all steps of a commit as **one** statement (every step a data-modifying CTE), so a commit
//! costs one round trip and a row stays locked for no longer than that. The steps of one statement all see the
//! data as it was before the first of them, so two of them must never touch the same row; after
//! [`Steps::barrier`] a new statement begins in the same transaction. SQLite runs them one after the other.
//!
//! The order of steps is the order of locks: a step waits for the one before it where its SQL says `{gate}`.

use std::borrow::Cow;

use commerce::{CommitError, ResourceId, StoreError};
use sea_orm::Value;
use serde::Serialize;
use uuid::Uuid;

use crate::Engine;

/// What it means when a step finds no row to touch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    AlreadyDone,
    Exists,
    Stale,
    OutOfStock(ResourceId),
    InsufficientFunds(String),
    PostingEnded(Uuid),
    /// Somebody else has what only one can have.
    Taken(&'static str),
}

/// One statement of a commit.
///
/// Parameters are `$1`, `$2`, … of its own values. In the SQL, `{gate}` is a condition that makes it wait for
/// the step before, and `{json}` the type to cast a JSON text to. It has no `returning` clause of its own.
#[derive(Debug, Clone)]
pub struct Step {
    pub(crate) name: Option<&'static str>,
    pub(crate) sql: Cow<'static, str>,
    pub(crate) values: Vec<Value>,
    pub(crate) refusal: Option<Refusal>,
    pub(crate) returning: &'static str,
}

impl Step {
    /// A step that may touch any number of rows.
    pub fn new(sql: impl Into<Cow<'static, str>>, values: impl IntoIterator<Item = Value>) -> Self {
        let values = values.into_iter().collect();
        Self { name: None, sql: sql.into(), values, refusal: None, returning: "1 as one" }
    }

    /// It must touch a row; that it does not is refused so.
    pub fn or(self, refusal: Refusal) -> Self {
        Self { refusal: Some(refusal), ..self }
    }

    /// Lets later steps of the same statement read `columns` under `name`; PostgreSQL only.
    pub(crate) fn returning(self, name: &'static str, columns: &'static str) -> Self {
        Self { name: Some(name), returning: columns, ..self }
    }
}

/// The steps of one commit, in the order of their locks.
#[derive(Debug)]
pub struct Steps {
    engine: Engine,
    statements: Vec<Vec<Step>>,
}

/// More steps than this are spread over several statements of one transaction.
const STEPS_A_STATEMENT: usize = 24;

impl Steps {
    pub fn new(engine: Engine) -> Self {
        Self { engine, statements: vec![Vec::new()] }
    }

    pub fn engine(&self) -> Engine {
        self.engine
    }

    pub fn push(&mut self, step: Step) {
        match self.statements.last_mut() {
            Some(last) if last.len() < STEPS_A_STATEMENT => last.push(step),
            _ => self.statements.push(vec![step]),
        }
    }

    /// Steps that must not be spread, however many they are.
    pub(crate) fn push_together(&mut self, together: Vec<Step>) {
        self.room_for(together.len());
        match self.statements.last_mut() {
            Some(last) => last.extend(together),
            None => self.statements.push(together),
        }
    }

    /// What follows must see what came before: it begins a new statement.
    pub fn barrier(&mut self) {
        if self.statements.last().is_some_and(|last| !last.is_empty()) {
            self.statements.push(Vec::new());
        }
    }

    /// Begins a new statement unless `steps` more fit into this one.
    pub(crate) fn room_for(&mut self, steps: usize) {
        let used = self.statements.last().map_or(0, Vec::len);
        if used.saturating_add(steps) > STEPS_A_STATEMENT {
            self.barrier();
        }
    }

    /// Rows as one parameter: a JSON array for PostgreSQL's `json_to_recordset` and SQLite's `json_each`.
    pub fn rows<T: Serialize>(rows: &[T]) -> Result<Value, CommitError> {
        json(rows)
    }

    pub(crate) fn into_statements(self) -> Vec<Vec<Step>> {
        self.statements.into_iter().filter(|steps| !steps.is_empty()).collect()
    }
}

/// A value as a JSON text parameter; the SQL casts it to `{json}`.
pub(crate) fn json<T: Serialize + ?Sized>(value: &T) -> Result<Value, CommitError> {
    Ok(serde_json::to_string(value).map_err(StoreError::new)?.into())
}
