//! What finding by words means, so that every engine finds the same things in the same order.
//!
//! A query's words must all be there. A word stands for itself and its singular; the last word, which
//! may still be being typed, for everything that begins with it. A word nobody uses stands for the most
//! similar one that somebody does. The newest [`CANDIDATES`] finds are ranked by how well their title fits; the other
//! orders and the facets look at the newest [`FACET_ROWS`].

use crate::{Sort, text};

/// How many finds are ranked, four pages of 24; a word on every product costs no more than a rare one.
pub const CANDIDATES: u32 = 96;

/// How many products facets are counted over, and finds are sorted by price or title.
pub const FACET_ROWS: u32 = 10_000;

/// How many of the newest finds take part in an order.
pub fn finds_in_order(sort: Sort) -> u32 {
    match sort {
        Sort::Relevance => CANDIDATES,
        Sort::Newest | Sort::PriceUp | Sort::PriceDown | Sort::Title => FACET_ROWS,
    }
}

/// How many words of the dictionary one word of a query may stand for.
pub const MAX_FORMS: usize = 24;

const MAX_WORDS: usize = 8;
const MIN_FUZZY_CHARS: usize = 4;

/// One word of a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    pub text: String,
    /// Whether everything that begins with it is meant too.
    pub prefix: bool,
}

impl Word {
    pub fn all_of(query: &str) -> Vec<Self> {
        let mut words: Vec<_> = text::words(query)
            .into_iter()
            .take(MAX_WORDS)
            .map(|text| Self { text, prefix: false })
            .collect();
        if let Some(last) = words.last_mut() {
            last.prefix = true;
        }
        words
    }

    /// The word as it was typed and, for a plural, its singular.
    pub fn forms(&self) -> Vec<String> {
        let mut forms = vec![self.text.clone()];
        if let Some(singular) = self.text.strip_suffix('s')
            && singular.chars().count() > 2
        {
            forms.push(singular.to_owned());
        }
        forms
    }

    /// Whether a term of the dictionary is meant.
    pub fn means(&self, term: &str) -> bool {
        self.forms().iter().any(|form| form == term)
            || (self.prefix && term.starts_with(self.text.as_str()))
    }

    /// Whether it makes sense to look for a similar word; a number or a code is what it is.
    pub fn may_be_misspelt(&self) -> bool {
        self.text.chars().count() >= MIN_FUZZY_CHARS && is_plain(&self.text)
    }
}

/// Only terms without digits are offered for misspelt words.
fn is_plain(term: &str) -> bool {
    !term.bytes().any(|byte| byte.is_ascii_digit())
}

/// The term most like a misspelt word: at most one slip, two in a long word; ties by length, then by letter.
pub fn closest(word: &str, terms: impl IntoIterator<Item = String>) -> Option<String> {
    let allowed = if word.chars().count() >= 8 { 2 } else { 1 };
    let near = |term: String| Some((slips(word, &term)?, term));
    let plain = terms.into_iter().filter(|term| is_plain(term));
    let near = plain.filter_map(near).filter(|(slips, _)| *slips <= allowed);
    near.min_by(|(a, x), (b, y)| a.cmp(b).then(x.len().cmp(&y.len())).then(x.cmp(y)))
        .map(|(_, term)| term)
}

/// A term as its trigrams are taken, so that its beginning and its end count too.
pub fn padded(term: &str) -> String {
    format!("^^{term}^")
}

/// The trigrams a similar word must share at least one of.
pub fn shared_trigrams(word: &str) -> Vec<String> {
    let chars: Vec<char> = padded(word).chars().collect();
    chars.windows(3).map(|three| three.iter().collect()).collect()
}

/// How well a title fits the words of a query: 3 is the title itself, 2 its beginning,
/// 1 has every word, 0 has some of them elsewhere.
pub fn rank(title_key: &str, words: &[Word]) -> i64 {
    let query = words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ");
    let begins_a_word =
        |word: &Word| title_key.split(' ').any(|own| own.starts_with(word.text.as_str()));
    if title_key == query {
        3
    } else if title_key.starts_with(&query) {
        2
    } else {
        i64::from(words.iter().all(begins_a_word))
    }
}

/// Optimal string alignment distance: insertions, deletions, replacements and swaps of neighbours.
/// `None` when the lengths alone put them too far apart.
fn slips(a: &str, b: &str) -> Option<usize> {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a.len().abs_diff(b.len()) > 2 {
        return None;
    }
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i.saturating_add(1)];
        for (j, y) in b.iter().enumerate() {
            let at = |row: &[usize], j: usize| row.get(j).copied().unwrap_or(usize::MAX);
            let replaced = at(&above, j).saturating_add(usize::from(x != y));
            let removed = at(&above, j.saturating_add(1)).saturating_add(1);
            let inserted = at(&row, j).saturating_add(1);
            let mut best = replaced.min(removed).min(inserted);
            let before_x = i.checked_sub(1).and_then(|i| a.get(i));
            let before_y = j.checked_sub(1).and_then(|j| b.get(j));
            if before_x == Some(y) && before_y == Some(x) {
                best = best.min(at(&before, j.saturating_sub(1)).saturating_add(1));
            }
            row.push(best);
        }
        before = std::mem::replace(&mut above, row);
    }
    above.last().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_slip_is_forgiven_and_two_in_a_long_word() {
        let terms = || ["shirt", "short", "backpack", "mug"].map(str::to_owned);

        assert_eq!(closest("shrit", terms()), Some("shirt".into()));
        assert_eq!(closest("shirr", terms()), Some("shirt".into()));
        assert_eq!(closest("bakcpakc", terms()), Some("backpack".into()));
        assert_eq!(closest("shampoo", terms()), None);
    }

    #[test]
    fn the_last_word_means_all_that_begin_with_it() {
        let words = Word::all_of("Red sho");

        assert!(words[1].means("shoes") && !words[0].means("redwood"));
        assert!(Word::all_of("shirts long")[0].means("shirt"));
    }

    #[test]
    fn a_title_that_is_the_query_ranks_first() {
        let ranks = ["linen shirt", "linen shirt blue", "blue shirt of linen", "blue shirt"]
            .map(|title| rank(title, &Word::all_of("linen shirt")));

        assert_eq!(ranks, [3, 2, 1, 0]);
    }

    #[test]
    fn a_similar_word_shares_a_trigram() {
        let own = padded("shirt");

        assert!(shared_trigrams("shrit").iter().any(|three| own.contains(three.as_str())));
    }
}
