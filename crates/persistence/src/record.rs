//! How aggregates are laid out in tables, and the one repository for all of them.

use async_trait::async_trait;
use commerce::{
    Aggregate, Change, CommitError, Effects, Repository, StoreError, Stored, Version, Write,
};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, Iterable, QueryFilter, QueryTrait, Statement,
    sea_query::Expr,
};
use uuid::Uuid;

use crate::{Db, Step, Steps, commit, failure, step::Refusal};

/// An aggregate that is one row of one table.
pub trait Record: Aggregate {
    type Table: EntityTrait<ActiveModel = Self::Row>;
    type Row: ActiveModelTrait<Entity = Self::Table> + Send;

    const ID: <Self::Table as EntityTrait>::Column;
    const VERSION: <Self::Table as EntityTrait>::Column;

    fn key(id: Self::Id) -> Uuid {
        id.into()
    }

    fn to_row(&self, version: Version) -> Self::Row;
    fn from_row(row: <Self::Table as EntityTrait>::Model) -> Result<Stored<Self>, StoreError>;
}

/// How an aggregate is read and written, in as many tables as it takes; every [`Record`] has a layout.
#[async_trait]
pub trait Layout: Aggregate {
    async fn load(db: &Db, id: Self::Id) -> Result<Option<Stored<Self>>, StoreError>;

    /// Adds the steps that write it as `write.expected.next()`, if it is still at `write.expected`.
    ///
    /// The first of them makes the row (a primary key named `…_pkey` then answers [`CommitError::Exists`]) or moves
    /// it `where id = … and version = …`, [`or`](Step::or) is [`Refusal::Stale`].
    fn steps(write: &Write<Self>, steps: &mut Steps) -> Result<(), CommitError>;

    /// Orders and payments are effects as well, and are written in their place among them.
    fn fold(writes: Vec<Write<Self>>, effects: Effects) -> (Vec<Write<Self>>, Effects) {
        (writes, effects)
    }
}

#[async_trait]
impl<T: Layout> Repository<T> for Db {
    async fn find(&self, id: T::Id) -> Result<Option<Stored<T>>, StoreError> {
        T::load(self, id).await
    }

    async fn commit(&self, change: Change<T>) -> Result<(), CommitError> {
        commit::commit(self, change).await
    }
}

#[async_trait]
impl<T: Record> Layout for T {
    async fn load(db: &Db, id: T::Id) -> Result<Option<Stored<T>>, StoreError> {
        let query = T::Table::find().filter(T::ID.eq(T::key(id)));
        let row = query.one(db).await.map_err(failure::read)?;
        row.map(T::from_row).transpose()
    }

    fn steps(write: &Write<T>, steps: &mut Steps) -> Result<(), CommitError> {
        let step = row_step::<T>(write, steps);
        steps.push(step);
        Ok(())
    }
}

/// The insert or the conditional update that writes a record's row.
fn row_step<T: Record>(write: &Write<T>, steps: &Steps) -> Step {
    let row = write.state.to_row(write.expected.next());
    let backend = steps.engine().backend();
    if write.expected == Version(0) {
        return of_statement(T::Table::insert(row).build(backend), "");
    }
    let Version(expected) = write.expected;
    let mut update = T::Table::update_many();
    for column in <T::Table as EntityTrait>::Column::iter() {
        if let sea_orm::ActiveValue::Set(value) = row.get(column) {
            update = update.col_expr(column, column.save_as(Expr::val(value)));
        }
    }
    let update = update.filter(T::ID.eq(T::key(write.state.id()))).filter(T::VERSION.eq(expected));
    of_statement(update.build(backend), " and {gate}").or(Refusal::Stale)
}

fn of_statement(statement: Statement, gate: &str) -> Step {
    Step::new(statement.sql + gate, statement.values.map(|values| values.0).unwrap_or_default())
}
