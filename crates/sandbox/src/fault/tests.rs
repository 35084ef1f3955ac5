use super::*;

fn faults(text: &str) -> Faults {
    text.parse().unwrap()
}

#[test]
fn an_expression_is_read_and_written_alike() {
    let text = "decline=expired_card; needs-action; delay=2000; late=9; duplicate=3; reorder; lose; wrong-signature; \
                wrong-payload; wrong-amount=-5; http=503@refund; timeout=10@fetch; charge-then-timeout=20; times=0; \
                refund-fail=refund_failed; refund-delay=7";

    assert_eq!(faults(text).to_string(), text);
}

#[test]
fn spaces_and_empty_words_do_not_matter() {
    assert_eq!(faults(" decline ;; delay = 5 ;"), faults("decline=card_declined;delay=5"));
    assert_eq!(faults(""), Faults::default());
}

#[test]
fn what_is_no_fault_is_refused() {
    let unknown = ["decilne", "http=500@nowhere"];
    let wrong = [
        "delay",
        "delay=-1",
        "lose=1",
        "duplicate=1",
        "http=404",
        "http",
        "lose@fetch",
        "decline=A B",
    ];

    for text in unknown {
        assert!(matches!(text.parse::<Faults>(), Err(FaultError::Unknown(_))), "{text}");
    }
    for text in wrong {
        assert_eq!(text.parse::<Faults>(), Err(FaultError::Value(text.to_owned())), "{text}");
    }
}

#[test]
fn a_later_source_wins_word_by_word() {
    let sum = faults("delay=1; lose").with(&faults("delay=2; duplicate=4"));

    assert_eq!(sum, faults("lose; delay=2; duplicate=4"));
}

#[test]
fn none_drops_what_was_said_before_it() {
    let sum = faults("decline; lose").with(&faults("none; delay=3"));

    assert_eq!((sum.decline(), sum.lose(), sum.delay_ms()), (None, false, 3));
}

#[test]
fn a_strike_hits_the_call_it_names_and_else_its_usual_one() {
    let usual = faults("http=500; timeout=5; charge-then-timeout=6");

    assert_eq!(usual.strikes(Op::Create), [Strike::Http(500), Strike::Timeout(5)]);
    assert_eq!(usual.strikes(Op::Capture), [Strike::ChargeThenTimeout(6)]);
    assert_eq!(faults("http=429@refund").strikes(Op::Refund), [Strike::Http(429)]);
    assert_eq!(faults("http=429@refund").strikes(Op::Create), []);
}

#[test]
fn a_draw_depends_on_seed_and_reference_alone() {
    let plan = |seed| FaultPlan {
        always: faults("delay=1"),
        chances: vec![Chance { per_mille: 250, fault: faults("lose") }],
        seed,
    };
    let lost = |seed| -> Vec<bool> {
        (0..1_000).map(|n| plan(seed).draw(&format!("pay_{n}")).lose()).collect()
    };

    assert_eq!(lost(1), lost(1));
    assert_ne!(lost(1), lost(2));
    let share = lost(1).iter().filter(|lost| **lost).count();
    assert!((200..300).contains(&share), "{share} of 1000");
    assert_eq!(plan(1).draw("x").delay_ms(), 1);
}
