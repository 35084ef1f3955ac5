//! What should long be done, and somebody should look at; how long after its time is for the caller to say.

use super::Invariant;

pub const INVARIANTS: &[Invariant] = &[
    Invariant::new(
        "every delivery that is due is soon made",
        "select id as culprit from commerce_deliveries
         where state = 'waiting' and run_at < {due}",
    ),
    Invariant::new(
        "no delivery was given up",
        "select id as culprit from commerce_deliveries where state = 'dead'",
    ),
    Invariant::new(
        "every order that ran out is soon cancelled",
        "select id as culprit from commerce_orders
         where state = 'pending' and until < {due}",
    ),
    Invariant::new(
        "every payment is asked about when its time comes",
        "select id as culprit from commerce_payments where check_at < {due}",
    ),
    Invariant::new(
        "every request to rent that nobody answered soon expires",
        "select id as culprit from rent_bookings where answer_by < {due}",
    ),
    Invariant::new(
        "money that paid for nothing goes back",
        "select id as culprit from commerce_payments where not settles and refunded < captured",
    ),
    Invariant::new(
        "what a provider's record and the books do not both tell is explained within a day",
        "select id as culprit from commerce_statement_lines
         where class not in ('explained', 'late') and at < {now} - 86400000000",
    ),
    Invariant::new(
        "no message of a provider was set aside",
        "select event_id as culprit from commerce_quarantine",
    ),
];
