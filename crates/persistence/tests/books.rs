//! Reading the books and the audit log, and what both refuse, on both engines.
mod support;

use commerce::{
    Account, Actor, CommitError, Currency, Effects, Money, OrderId, PageRequest, Role, SessionId,
    UserId,
    audit::{AuditFilter, AuditLog, AuditRow},
    ledger::{Journal, TrialBalance},
};
use persistence::testing::TestDb;
use serde_json::json;
use support::{carry, env_of, transfer};

fn page(limit: u32, cursor: Option<String>) -> PageRequest {
    PageRequest { limit, cursor }
}

#[tokio::test]
async fn balances_entries_and_the_trial_balance_agree() {
    for test in TestDb::each_engine().await {
        let env = env_of(&test.db);
        let purse = Account::escrow(OrderId::new(&env));
        let code = purse.code().to_owned();
        let mut postings = vec![transfer(&env, Account::bank(), purse.clone(), 100)];
        postings.extend((0..4).map(|_| transfer(&env, purse.clone(), Account::sales(), 10)));
        for posting in &postings {
            carry(&test.db, &env, Effects::none().post(posting.clone())).await.unwrap();
        }

        let all = test.db.list_balances("", page(10, None)).await.unwrap();
        let told: Vec<_> = all.data.iter().map(|b| (b.code.as_str(), b.balance.minor)).collect();
        assert_eq!(told, [("cash:bank", 100), (code.as_str(), -60), ("rev:sales", -40)]);
        let first = test.db.list_balances("", page(1, None)).await.unwrap();
        let second = test.db.list_balances("", page(5, first.next_cursor)).await.unwrap();
        assert_eq!(second.data, all.data[1..]);
        let sales = test.db.list_balances("rev:", page(5, None)).await.unwrap();
        assert_eq!(sales.data, all.data[2..]);

        let mut entries = Vec::new();
        let mut cursor = None;
        loop {
            let page = test.db.list_entries(&code, page(2, cursor)).await.unwrap();
            entries.extend(page.data);
            cursor = page.next_cursor;
            if cursor.is_none() {
                break;
            }
        }
        let amounts: Vec<_> = entries.iter().map(|entry| entry.amount.minor).collect();
        assert_eq!(amounts, [10, 10, 10, 10, -100]);
        assert_eq!(entries[4].posting, postings[0].id);
        let trial = TrialBalance { currency: Currency::USD, debits: 140, credits: 140 };
        assert_eq!(test.db.trial_balance().await.unwrap(), [trial]);
        test.finish().await;
    }
}

#[tokio::test]
async fn a_purse_that_was_never_filled_cannot_be_spent() {
    for test in TestDb::each_engine().await {
        let env = env_of(&test.db);
        let purse = Account::escrow(OrderId::new(&env));
        let code = purse.code().to_owned();

        let spent = transfer(&env, purse, Account::sales(), 1);
        let refused = carry(&test.db, &env, Effects::none().post(spent)).await;

        assert!(matches!(refused, Err(CommitError::InsufficientFunds(of)) if of == code));
        assert_eq!(test.number("select count(*) from ledger_entries").await, 0);
        test.finish().await;
    }
}

#[tokio::test]
async fn money_that_only_passes_through_needs_no_balance() {
    for test in TestDb::each_engine().await {
        let env = env_of(&test.db);
        let purse = Account::escrow(OrderId::new(&env));
        let filled = transfer(&env, Account::bank(), purse.clone(), 70);
        let spent = transfer(&env, purse, Account::sales(), 70);

        carry(&test.db, &env, Effects::none().post(spent).post(filled)).await.unwrap();

        test.finish().await;
    }
}

#[tokio::test]
async fn entries_that_do_not_balance_are_refused_by_the_database_itself() {
    for test in TestDb::each_engine().await {
        let (id, engine) = ("00000000-0000-7000-8000-000000000001", test.db.engine());
        let id = engine.pick(format!("'{id}'"), format!("x'{}'", id.replace('-', "")));
        let entry = format!(
            "insert into ledger_entries (tx, line, account, currency, amount, at)
             values ({id}, 0, 'cash:bank', 'USD', 5, 0)"
        );
        let sealed = format!(
            "insert into ledger_transactions (id, kind, reference, at) values ({id}, 'test', {id}, 0)"
        );

        // PostgreSQL refuses the entries, SQLite the posting that would seal them.
        let first = test.db.execute(&entry, []).await;
        let second = test.db.execute(&sealed, []).await;

        let refused = engine.pick(&first, &second).as_ref().unwrap_err();
        assert!(format!("{refused:?}").contains("do not balance"), "{refused:?}");
        test.discard().await;
    }
}

#[tokio::test]
async fn what_was_written_for_ever_cannot_be_changed() {
    for test in TestDb::each_engine().await {
        let env = env_of(&test.db);
        support::stock(&test.db, &env, 1).await;
        let posting = transfer(&env, Account::bank(), Account::sales(), 5);
        let told = commerce::Event::new(&env, "order_paid", env.uuid(), json!({}));
        let audit = AuditRow {
            id: env.uuid(),
            at: env.now(),
            actor: None,
            action: "login_failed",
            subject: None,
            address: None,
            request_id: None,
            facts: json!({}),
        };
        let effects = Effects::none().post(posting).tell(told).record(audit);
        carry(&test.db, &env, effects).await.unwrap();

        let kept = [
            ("ledger_entries", "amount = 6"),
            ("ledger_transactions", "kind = 'other'"),
            ("commerce_stock_moves", "units = 7"),
            ("commerce_events", "name = 'other'"),
            ("commerce_audit_log", "action = 'other'"),
        ];
        for (table, change) in kept {
            let change = format!("update {table} set {change}");
            for sql in [change, format!("delete from {table}")] {
                let error = test.db.execute(&sql, []).await.unwrap_err();
                assert!(format!("{error:?}").contains("append-only"), "{sql}: {error:?}");
            }
        }
        test.finish().await;
    }
}

#[tokio::test]
async fn the_audit_log_is_read_newest_first() {
    for test in TestDb::each_engine().await {
        let env = env_of(&test.db);
        let (one, two) = (UserId::new(&env), UserId::new(&env));
        let actor = |user| Actor { user, session: SessionId::new(&env), role: Role::Customer };
        let row = |user, action| AuditRow {
            id: env.uuid(),
            at: env.now(),
            actor: Some(actor(user)),
            action,
            subject: Some(one.uuid()),
            address: Some("203.0.113.7".into()),
            request_id: Some("r-1".into()),
            facts: json!({ "money": Money::usd(1).to_string() }),
        };
        for (user, action) in [(one, "logged_in"), (two, "logged_in"), (one, "logged_out")] {
            carry(&test.db, &env, Effects::none().record(row(user, action))).await.unwrap();
        }

        let all = test.db.list_audits(AuditFilter::default(), page(10, None)).await.unwrap();
        let actions: Vec<_> = all.data.iter().map(|entry| entry.action.as_str()).collect();
        assert_eq!(actions, ["logged_out", "logged_in", "logged_in"]);
        assert_eq!(all.data[0].address.as_deref(), Some("203.0.113.7"));
        let ones = AuditFilter { actor: Some(one), ..AuditFilter::default() };
        let first = test.db.list_audits(ones.clone(), page(1, None)).await.unwrap();
        let rest = test.db.list_audits(ones, page(5, first.next_cursor)).await.unwrap();
        assert_eq!((rest.data.len(), &rest.data[0]), (1, &all.data[2]));
        test.finish().await;
    }
}
