//! `make demo` tells the whole story, and does not pass over what is off.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::process::{Command, Output};

fn demo(souk: Option<&str>) -> Output {
    let mut demo = Command::new(env!("CARGO_BIN_EXE_demo"));
    if let Some(souk) = souk {
        demo.env("SOUK_BIN", souk);
    }
    demo.output().unwrap()
}

#[test]
fn the_demonstration_ends_with_a_paid_order_a_deposit_returned_and_balanced_books() {
    let output = demo(None);
    let told = String::from_utf8_lossy(&output.stdout);

    assert!(output.status.success(), "{told}{}", String::from_utf8_lossy(&output.stderr));
    assert!(told.starts_with("Souk: one purchase and one rental over HTTP"), "{told}");
    for said in ["the order is PAID", "the booking is CONFIRMED", "Everything holds."] {
        assert!(told.contains(said), "{told}");
    }
    assert!(told.contains("the deposit of 150.00 USD is back"), "{told}");
    assert!(told.lines().last().unwrap().starts_with("All is well"), "{told}");
}

#[test]
fn the_demonstration_fails_where_there_is_no_souk() {
    for not_a_souk in ["/bin/false", "/bin/echo", "/no/such/file"] {
        let output = demo(Some(not_a_souk));
        let told = String::from_utf8_lossy(&output.stdout);

        assert_eq!(output.status.code(), Some(1), "{not_a_souk}: {told}");
        assert_eq!(told.lines().last().unwrap(), "The demonstration failed.");
    }
}
