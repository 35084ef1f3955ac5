//! What every store promises, whatever it is made of.

use std::fmt::Debug;

use uuid::Uuid;

use crate::{
    Aggregate, Change, Claim, ClaimMove, CommitError, Effects, Env, Repository, ResourceId, Stored,
    Write, claim::StockMove, claim::StockReason,
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
