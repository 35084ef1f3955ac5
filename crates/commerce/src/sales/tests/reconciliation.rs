//! The provider's record beside our books: what both say, what one of them lacks, and what heals.

use std::sync::Arc;

use chrono::{NaiveTime, TimeDelta};

use super::world::World;
use crate::{
    Currency, Money, PageRequest, Payment, Timestamp,
    event::Sweep,
    payment::{Gateways, IntentState, LineKind, PaymentGateway, StatementLine},
    reconciliation::{
        Class, LineFilter, Nightly, ReconcileError, Reconciled, Reconciliation,
        ReconciliationSettings, Reconciliations, Standing,
    },
    sales::LatePayment,
};

struct Desk {
    world: World,
    reconciliation: Reconciliation,
}

impl Desk {
    fn new() -> Self {
        let world = World::new(LatePayment::Honour);
        let gateway: Arc<dyn PaymentGateway> = Arc::new(world.model.clone());
        let reconciliation = Reconciliation {
            lines: Arc::new(world.memory().clone()),
            gateways: Gateways::new([gateway]),
            env: world.env(),
            settings: ReconciliationSettings {
                grace: TimeDelta::zero(),
                ..ReconciliationSettings::default()
            },
        };
        Self { world, reconciliation }
    }

    fn now(&self) -> Timestamp {
        self.world.env().now()
    }

    fn pass(&self, by: TimeDelta) {
        self.world.clock.clock.advance(by);
    }

    /// The customer has paid; we have not heard of it yet.
    async fn paid_there(&self) -> Payment {
        let order = self.world.raise(&[(0, 1, None)]).await.unwrap();
        let payment = self.world.start(order).await.unwrap();
        self.world.customer(&payment, IntentState::Captured);
        self.world.payment(payment.id)
    }

    async fn sold(&self) -> Payment {
        let payment = self.paid_there().await;
        self.hear().await;
        self.world.payment(payment.id)
    }

    async fn hear(&self) {
        self.world.notify_all().await;
        self.world.tell_all().await;
    }

    /// The provider writes a line about a payment into its record.
    fn written(&self, kind: LineKind, name: &str, payment: &Payment, minor: i64) -> StatementLine {
        let mut line = StatementLine::new(kind, name, Money::usd(minor), self.now());
        line.payment.clone_from(&payment.provider_ref);
        line
    }

    fn record(&self, line: StatementLine) {
        self.world.model.books().statement.push(line);
    }

    /// A minute later, for the window ends before now.
    async fn run(&self) {
        self.pass(TimeDelta::minutes(1));
        self.reconciliation.reconcile("model").await.unwrap();
    }

    async fn unexplained(&self) -> Vec<Reconciled> {
        let page = PageRequest { limit: 100, cursor: None };
        self.world.memory().list_lines(LineFilter::default(), page).await.unwrap().data
    }

    async fn standing(&self) -> Standing {
        self.world.memory().standings().await.unwrap().remove(0)
    }

    fn balance(&self, code: &str) -> i64 {
        self.world.memory().read().balance(code, Currency::USD)
    }

    fn posted(&self, kind: &str) -> usize {
        self.world.memory().read().postings.iter().filter(|it| it.kind == kind).count()
    }
}

#[tokio::test]
async fn what_both_sides_say_is_explained_and_its_fee_is_booked_once() {
    let desk = Desk::new();
    let payment = desk.sold().await;
    let amount = payment.amount.minor;
    let line = desk.written(LineKind::Capture, "txn_1", &payment, amount);
    desk.record(StatementLine { fee: Some(Money::usd(50)), ..line });

    for _ in 0..3 {
        desk.run().await;
    }

    assert_eq!(desk.unexplained().await, []);
    assert_eq!(desk.standing().await.totals[0].class, Class::Explained);
    assert_eq!(desk.standing().await.shares()[0].basis_points, 10_000);
    assert_eq!(desk.posted("provider_fee"), 1);
    assert_eq!(desk.balance("psp:model:clearing"), amount - 50);
    assert_eq!(desk.balance("exp:psp_fee:model"), 50);
}

#[tokio::test]
async fn a_capture_we_never_heard_of_is_named_until_we_hear_of_it() {
    let desk = Desk::new();
    let payment = desk.paid_there().await;
    let line = desk.written(LineKind::Capture, "txn_1", &payment, payment.amount.minor);
    desk.record(StatementLine { fee: Some(Money::usd(50)), ..line });

    desk.run().await;
    let open = desk.unexplained().await;
    assert_eq!((open[0].class, open[0].payment), (Class::MissingHere, Some(payment.id)));
    assert_eq!(desk.posted("provider_fee"), 0, "what is not explained may be somebody else's");
    assert_eq!(desk.standing().await.shares()[0].basis_points, 0);

    desk.pass(TimeDelta::days(9));
    desk.hear().await;
    desk.run().await;

    assert_eq!(desk.unexplained().await, []);
    assert_eq!(desk.standing().await.totals[0].class, Class::Late, "it took nine days");
    assert_eq!(desk.posted("provider_fee"), 1);
}

#[tokio::test]
async fn what_the_record_lacks_is_missing_there_until_it_is_listed() {
    let desk = Desk::new();
    let payment = desk.sold().await;
    let at = desk.now();

    desk.run().await;
    let open = desk.unexplained().await;
    assert_eq!((open.len(), open[0].class), (1, Class::MissingThere));
    assert_eq!(open[0].line.amount, payment.amount);
    desk.run().await;
    assert_eq!(desk.unexplained().await.len(), 1, "it is told once");

    desk.pass(TimeDelta::days(5));
    let line = desk.written(LineKind::Capture, "txn_1", &payment, payment.amount.minor);
    desk.record(StatementLine { at, ..line });
    desk.run().await;

    assert_eq!(desk.unexplained().await, [], "however late it is listed");
    assert_eq!(desk.standing().await.totals.len(), 1);
}

#[tokio::test]
async fn a_record_that_is_behind_proves_nothing() {
    let desk = Desk::new();
    desk.world.model.books().refreshed = Some(desk.now() - TimeDelta::hours(3));
    desk.sold().await;

    desk.run().await;

    assert_eq!(desk.unexplained().await, []);
    assert!(desk.standing().await.run.until < desk.now() - TimeDelta::hours(2));
}

#[tokio::test]
async fn pages_that_repeat_themselves_count_once() {
    let desk = Desk::new();
    for n in 0..5 {
        let payment = desk.sold().await;
        let name = format!("txn_{n}");
        desk.record(desk.written(LineKind::Capture, &name, &payment, payment.amount.minor));
    }

    desk.run().await;

    assert_eq!(desk.standing().await.totals[0].count, 5);
    assert_eq!(desk.unexplained().await, []);
}

#[tokio::test]
async fn another_amount_differs_and_a_second_capture_is_missing_here() {
    let desk = Desk::new();
    let (wrong, twice) = (desk.sold().await, desk.sold().await);
    desk.record(desk.written(LineKind::Capture, "txn_1", &wrong, wrong.amount.minor - 1));
    desk.record(desk.written(LineKind::Capture, "txn_2", &twice, twice.amount.minor));
    desk.record(desk.written(LineKind::Capture, "txn_3", &twice, twice.amount.minor));

    desk.run().await;

    let open = desk.unexplained().await;
    let mut classes: Vec<_> = open.iter().map(|row| (row.class, row.payment)).collect();
    classes.sort_unstable();
    assert_eq!(
        classes,
        [(Class::MissingHere, Some(twice.id)), (Class::Differs, Some(wrong.id))],
        "each is named with its payment, and nothing is missing there besides"
    );
}

#[tokio::test]
async fn what_is_no_payment_of_ours_is_missing_here() {
    let desk = Desk::new();
    let amount = Money::usd(5_00);
    desk.record(StatementLine::new(LineKind::Capture, "txn_1", amount, desk.now()));
    desk.record(StatementLine::new(LineKind::Other, "txn_2", amount, desk.now()));

    desk.run().await;

    let open = desk.unexplained().await;
    assert!(open.iter().all(|row| row.class == Class::MissingHere && row.payment.is_none()));
    assert_eq!((open.len(), desk.balance("psp:model:clearing")), (2, 0));
}

#[tokio::test]
async fn once_the_provider_has_paid_out_nothing_is_left_to_explain() {
    let desk = Desk::new();
    let payment = desk.sold().await;
    let amount = payment.amount.minor;
    let line = desk.written(LineKind::Capture, "txn_1", &payment, amount);
    desk.record(StatementLine { fee: Some(Money::usd(50)), ..line });
    let line = |kind, name, minor| StatementLine::new(kind, name, Money::usd(minor), desk.now());
    desk.record(line(LineKind::Fee, "txn_2", -10));
    desk.record(line(LineKind::Fee, "txn_3", 4));
    desk.record(line(LineKind::Payout, "txn_4", -(amount - 50)));
    desk.record(line(LineKind::Payout, "txn_5", 6));

    for _ in 0..2 {
        desk.run().await;
    }

    assert_eq!(desk.unexplained().await, []);
    assert_eq!(desk.balance("psp:model:clearing"), 0);
    assert_eq!(desk.balance("cash:bank"), amount - 56);
    assert_eq!(desk.balance("exp:psp_fee:model"), 56);
}

#[tokio::test]
async fn refunds_and_disputes_are_joined_by_the_providers_names() {
    let desk = Desk::new();
    let payment = desk.sold().await;
    desk.record(desk.written(LineKind::Capture, "txn_1", &payment, payment.amount.minor));
    let refunded = desk.world.refund(payment.id, Some(1_00)).await.unwrap();
    desk.hear().await;
    let disputed = desk.world.dispute(payment.id, Some(2_00)).await.unwrap();
    let refund = desk.world.payment(payment.id).refunds.remove(0);
    assert_eq!(refund.id, refunded.refund.id);
    let mut line = StatementLine::new(LineKind::Refund, "txn_2", Money::usd(-1_00), desk.now());
    line.about = Some("txn_1".into());
    line.object = refund.provider_ref;
    desk.record(line);
    desk.record(desk.written(LineKind::Dispute, "txn_3", &payment, -2_00));

    desk.run().await;
    assert_eq!(desk.unexplained().await, []);

    desk.world.bank_decides(&disputed, crate::sales::DisputeOutcome::Won).await.unwrap();
    desk.record(desk.written(LineKind::DisputeWon, "txn_4", &payment, 2_00));
    desk.run().await;
    assert_eq!(desk.unexplained().await, []);
    assert_eq!(desk.standing().await.totals[0].count, 4);
}

#[tokio::test]
async fn a_fee_that_changes_after_it_was_booked_is_told_and_not_booked_again() {
    let desk = Desk::new();
    let payment = desk.sold().await;
    let line = desk.written(LineKind::Capture, "txn_1", &payment, payment.amount.minor);
    desk.record(StatementLine { fee: Some(Money::usd(50)), ..line });
    desk.run().await;

    desk.world.model.books().statement[0].fee = Some(Money::usd(51));
    desk.run().await;

    assert_eq!(desk.unexplained().await[0].class, Class::Differs);
    assert_eq!(desk.balance("exp:psp_fee:model"), 50);
}

#[tokio::test]
async fn what_stays_unexplained_is_told_once() {
    let desk = Desk::new();
    desk.record(StatementLine::new(LineKind::Other, "txn_1", Money::usd(5_00), desk.now()));
    let told = || {
        let told = "reconciliation_unexplained";
        desk.world.memory().read().events.iter().filter(|event| event.name == told).count()
    };

    desk.run().await;
    assert_eq!(told(), 0, "it may be explained soon");
    desk.pass(TimeDelta::days(1));
    for _ in 0..2 {
        desk.run().await;
    }

    assert_eq!(told(), 1);
}

#[tokio::test]
async fn a_night_reconciles_once_and_a_provider_that_was_down_is_asked_again() {
    let desk = Desk::new();
    let nightly = Nightly(desk.reconciliation.clone());
    assert_eq!(desk.reconciliation.settings.at, NaiveTime::from_hms_opt(3, 30, 0));

    desk.world.model.books().fault = Some(crate::testing::ProviderFault::Down);
    nightly.run().await.unwrap();
    assert!(desk.world.memory().standings().await.unwrap().is_empty());
    nightly.run().await.unwrap();
    let first = desk.standing().await.run.ran_at;
    desk.pass(TimeDelta::hours(2));
    nightly.run().await.unwrap();
    assert_eq!(desk.standing().await.run.ran_at, first, "tonight it is done");
    desk.pass(TimeDelta::days(1));
    nightly.run().await.unwrap();
    assert!(desk.standing().await.run.ran_at > first);

    let nobody = desk.reconciliation.reconcile("nobody").await;
    assert!(matches!(nobody, Err(ReconcileError::NoProvider(_))));
}
