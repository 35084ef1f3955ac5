//! The amounts and card numbers that ask for a fault.

use super::Faults;

const AMOUNTS: [(i64, &str); 16] = [
    (66601, "decline"),
    (66602, "decline=insufficient_funds"),
    (66603, "needs-action"),
    (66604, "delay=5000"),
    (66605, "duplicate=3"),
    (66606, "reorder"),
    (66607, "lose"),
    (66608, "late=60000"),
    (66609, "http=500@create"),
    (66610, "timeout@create"),
    (66611, "charge-then-timeout"),
    (66612, "wrong-signature"),
    (66613, "wrong-amount"),
    (66614, "refund-fail"),
    (66615, "http=500@fetch"),
    (66616, "http=500@refund"),
];

const CARDS: [(&str, &str); 8] = [
    ("4000000000000002", "decline"),
    ("4000000000009995", "decline=insufficient_funds"),
    ("4000000000000069", "decline=expired_card"),
    ("4000000000000127", "decline=incorrect_cvc"),
    ("4000000000000119", "decline=processing_error"),
    ("4000002500003155", "needs-action"),
    ("4000000000005126", "refund-fail"),
    ("4000000000000341", "late=60000"),
];

/// The fault an amount asks for, in any currency.
pub fn of_amount(amount: i64) -> Faults {
    read(AMOUNTS.iter().find(|(known, _)| *known == amount).map(|(_, fault)| *fault))
}

/// The fault a card number asks for.
pub fn of_card(number: &str) -> Faults {
    read(CARDS.iter().find(|(known, _)| *known == number).map(|(_, fault)| *fault))
}

fn read(fault: Option<&str>) -> Faults {
    fault.and_then(|fault| fault.parse().ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rows of §4.2 of the documentation, which stand two on a line.
    fn documented_amounts() -> Vec<(i64, String)> {
        let document = include_str!("../../../../docs/sandbox-gateway.md");
        let (_, section) = document.split_once("### 4.2").unwrap();
        let (section, _) = section.split_once("### 4.3").unwrap();
        let lines = section.lines().filter(|line| line.starts_with("| 6"));
        let cells = |line: &str| -> Vec<String> {
            line.trim_matches('|').split('|').map(|cell| cell.trim().replace('`', "")).collect()
        };
        let mut rows: Vec<_> = lines
            .flat_map(|line| {
                let row = |row: &[String]| (row[0].parse().unwrap(), row[1].clone());
                cells(line).chunks_exact(2).map(row).collect::<Vec<_>>()
            })
            .collect();
        rows.sort_unstable();
        rows
    }

    #[test]
    fn every_amount_asks_for_the_fault_that_is_documented_and_its_neighbours_for_none() {
        let documented = documented_amounts();
        assert_eq!(documented.len(), AMOUNTS.len(), "{documented:?}");

        for (amount, fault) in documented {
            let expected: Faults = fault.parse().unwrap();
            assert_eq!(of_amount(amount), expected, "{amount} is {fault}");
        }
        for amount in [0, 66600, 66617, -66601, 666_01_00] {
            assert_eq!(of_amount(amount), Faults::default(), "{amount}");
        }
    }

    #[test]
    fn every_row_of_the_tables_is_a_fault_the_grammar_knows() {
        let faults = AMOUNTS.iter().map(|row| row.1).chain(CARDS.iter().map(|row| row.1));

        for fault in faults {
            assert_ne!(fault.parse::<Faults>().unwrap(), Faults::default(), "{fault}");
        }
    }
}
