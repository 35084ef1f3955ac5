//! What every store promises, whatever it is made of.

use std::fmt::Debug;

use chrono::TimeDelta;
use uuid::Uuid;

use crate::{
    Aggregate, Change, Claim, ClaimId, ClaimMove, CommitError, Effects, Env, Repository,
    ResourceId, Span, Stored, Write,
    claim::{Calendars, StockMove, StockReason},
};

/// A first write is made once, a late one is refused, and what was written is read back.
pub async fn assert_repository<T>(repository: &(impl Repository<T> + ?Sized), first: T, next: T)
where
    T: Aggregate + PartialEq + Debug,
{
    let id = first.id();
    let commit = async |write: Write<T>| repository.commit(write.with(Effects::none())).await;

    assert!(repository.find(id).await.unwrap().is_none(), "nothing is there at first");
    commit(Write::new(first.clone())).await.unwrap();
    let stored = repository.find(id).await.unwrap().unwrap();
    assert_eq!(stored.state, first, "what was written is read back");
    let again = commit(Write::new(first.clone())).await;
    assert!(matches!(again, Err(CommitError::Exists)), "nothing is made twice: {again:?}");

    commit(stored.becomes(next.clone())).await.unwrap();
    let late = commit(Write::over(stored.version, first)).await;
    assert!(matches!(late, Err(CommitError::Stale)), "a late write is refused: {late:?}");
    let stored: Stored<T> = repository.find(id).await.unwrap().unwrap();
    assert_eq!(stored.state, next, "and leaves the earlier one alone");
}

/// Units cannot be oversold, whoever asks; `carrier` makes an aggregate to carry the effects.
pub async fn assert_claims<T: Aggregate>(
    repository: &(impl Repository<T> + ?Sized),
    env: &Env,
    carrier: impl Fn() -> T,
) {
    let resource = ResourceId::new(env);
    let commit = async |effects: Effects| {
        let change: Change<T> = Write::new(carrier()).with(effects);
        repository.commit(change).await
    };
    let received = StockMove {
        id: env.uuid(),
        resource,
        units: 3,
        reason: StockReason::Received,
        at: env.now(),
    };
    commit(Effects::none().stock([received])).await.unwrap();
    let hold = |units| Claim::hold(env, resource, units, Uuid::nil(), env.now());
    let does = async |claim_move: ClaimMove| commit(Effects::none().claim([claim_move])).await;

    let two = hold(2);
    does(two.clone()).await.unwrap();
    let refused = does(hold(2)).await;
    assert!(
        matches!(&refused, Err(CommitError::OutOfStock(of)) if of == &[resource]),
        "held units are not there for others: {refused:?}"
    );
    let split = commit(Effects::none().claim([hold(1), hold(1)])).await;
    assert!(matches!(split, Err(CommitError::OutOfStock(_))), "lines are summed: {split:?}");

    let kept = two.claim.keep(env.now()).unwrap();
    does(kept.clone()).await.unwrap();
    let twice = does(kept.clone()).await;
    assert!(matches!(twice, Err(CommitError::Stale)), "nothing is taken twice: {twice:?}");
    let refused = does(hold(2)).await;
    assert!(
        matches!(refused, Err(CommitError::OutOfStock(_))),
        "taken units are gone: {refused:?}"
    );

    does(kept.claim.release(env.now()).unwrap()).await.unwrap();
    does(hold(3)).await.unwrap();
}

/// Nobody gets time that another has, whoever asks; `carrier` makes an aggregate to carry the effects.
pub async fn assert_time_claims<T, S>(store: &S, env: &Env, carrier: impl Fn() -> T)
where
    T: Aggregate,
    S: Repository<T> + Calendars + ?Sized,
{
    let (resource, other) = (ResourceId::new(env), ResourceId::new(env));
    let hour = |hour: i64| env.now() + TimeDelta::hours(hour);
    let span = |from, to| Span::try_new(hour(from), hour(to)).unwrap();
    let hold = |on, from, to| {
        Claim::hold_time(ClaimId::new(env), on, span(from, to), Uuid::nil(), hour(0))
    };
    let does = async |moves: Vec<ClaimMove>| {
        let change: Change<T> = Write::new(carrier()).with(Effects::none().claim(moves));
        store.commit(change).await
    };

    let first = hold(resource, 10, 20);
    does(vec![first.clone()]).await.unwrap();
    let refused = does(vec![hold(resource, 19, 21)]).await;
    assert!(
        matches!(&refused, Err(CommitError::OutOfStock(of)) if of == &[resource]),
        "held time is not there for others: {refused:?}"
    );
    does(vec![hold(resource, 20, 30), hold(other, 15, 25)]).await.unwrap();
    let twice = does(vec![hold(resource, 40, 50), hold(resource, 49, 51)]).await;
    assert!(matches!(twice, Err(CommitError::OutOfStock(_))), "nor twice in a commit: {twice:?}");

    let kept = first.claim.keep(env.now()).unwrap();
    does(vec![kept.clone()]).await.unwrap();
    let refused = does(vec![hold(resource, 9, 11)]).await;
    assert!(matches!(refused, Err(CommitError::OutOfStock(_))), "kept time is gone: {refused:?}");
    let busy = store.busy(&[resource], span(0, 21)).await.unwrap();
    assert_eq!(busy.iter().map(|b| b.span).collect::<Vec<_>>(), [span(10, 20), span(20, 30)]);

    // A commit is judged as it leaves things, so a claim may take the place of another.
    let released = kept.claim.release(env.now()).unwrap();
    does(vec![released.clone(), hold(resource, 9, 12)]).await.unwrap();
    let again = does(vec![released.claim.keep(env.now()).unwrap()]).await;
    assert!(matches!(again, Err(CommitError::OutOfStock(_))), "it came too late: {again:?}");
}
