//! Finding by words: the newest finds first, so that a word on every product costs no more than a rare one.
//!
//! SQLite's FTS5 gives finds in the order of their numbers. A GIN index cannot; so on PostgreSQL every product
//! carries the tag of its bucket (its number's high part), and the buckets are asked one after the other, the
//! newest first, until there are enough. A word too rare for that is asked for at once.

use buy::{
    CANDIDATES, MAX_FORMS, ProductFilter, ProductQuery, Sort, Word, closest, shared_trigrams,
};
use commerce::StoreError;
use sea_orm::QueryResult;

use super::{
    query::{self, Query},
    rows::{self, BUCKET},
};
use crate::{Db, Engine, sql};

/// Buckets looked at before it is decided how to go on.
const FIRST_BUCKETS: i64 = 8;

/// With fewer finds than this in them, a word is rare.
const RARE: i64 = 64;

/// Terms that are compared with a misspelt word.
const SIMILAR: u32 = 2_000;

/// A word of the query and the terms of the dictionary it stands for.
pub struct Meaning {
    word: Word,
    terms: Vec<String>,
}

/// The rows of the page that was asked for, and one more if there is more.
pub async fn find(
    db: &Db,
    query: &ProductQuery,
    words: &str,
) -> Result<Vec<QueryResult>, StoreError> {
    let Some(meanings) = meanings(db, words).await? else { return Ok(Vec::new()) };
    let reach = reach(db, &query.filter, &meanings).await?;
    let mut sql = Query::default();
    let found = found(&mut sql, db.engine(), &query.filter, &meanings, reach);
    let rank = rank(&mut sql, &meanings);
    let after = sql.after(query.after.as_ref(), query.sort);
    let (columns, limit) = (query::columns(query.sort), Query::limit(query.limit));
    let statement = format!(
        "with found as ({found}), ranked as (select {columns}, {rank} as rank from found l) \
         select * from ranked l where {} order by {} {limit}",
        after.unwrap_or_else(|| "true".to_owned()),
        query::order(query.sort),
    );
    db.rows(&statement, sql.values).await
}

/// What facets are counted over; `None` when nothing can be found.
pub async fn facet_rows(
    db: &Db,
    filter: &ProductFilter,
    words: &str,
) -> Result<Vec<QueryResult>, StoreError> {
    let Some(meanings) = meanings(db, words).await? else { return Ok(Vec::new()) };
    let reach = reach(db, filter, &meanings).await?;
    let mut sql = Query::default();
    let found = found(&mut sql, db.engine(), filter, &meanings, reach);
    let order = query::order(Sort::Newest);
    let statement = format!(
        "with found as ({found}) \
         select category, price, in_stock, options from found l order by {order}"
    );
    db.rows(&statement, sql.values).await
}

/// What the words mean; `None` when one of them means nothing, for then nothing is found.
async fn meanings(db: &Db, words: &str) -> Result<Option<Vec<Meaning>>, StoreError> {
    let words = Word::all_of(words);
    if words.is_empty() {
        return Ok(None);
    }
    let known = known_terms(db, &words).await?;
    let mut meanings = Vec::with_capacity(words.len());
    for (word, terms) in words.into_iter().zip(known) {
        if !terms.is_empty() {
            meanings.push(Meaning { word, terms });
            continue;
        }
        let similar = match word.may_be_misspelt() {
            true => closest(&word.text, similar_terms(db, &word.text).await?),
            false => None,
        };
        let Some(text) = similar else { return Ok(None) };
        meanings
            .push(Meaning { word: Word { text: text.clone(), prefix: false }, terms: vec![text] });
    }
    Ok(Some(meanings))
}

/// The terms of the dictionary that each word stands for, all asked for at once.
async fn known_terms(db: &Db, words: &[Word]) -> Result<Vec<Vec<String>>, StoreError> {
    let mut sql = Query::default();
    let mut asked = Vec::with_capacity(words.len());
    for (at, word) in words.iter().enumerate() {
        let forms: Vec<_> = word.forms().into_iter().map(|form| sql.bind(form)).collect();
        let mut terms = format!("select term from buy_terms where term in ({})", forms.join(", "));
        if word.prefix {
            let from = sql.bind(word.text.as_str());
            let until = sql.bind(format!("{}{}", word.text, char::MAX));
            terms.push_str(&format!(
                " union select term from (select term from buy_terms \
                 where term >= {from} and term < {until} order by term limit {MAX_FORMS}) begins"
            ));
        }
        asked.push(format!("select {at} as word, term from ({terms}) w{at}"));
    }
    let statement = format!("{} order by word, term", asked.join(" union all "));
    let rows = db.rows(&statement, sql.values).await?;
    let mut known: Vec<Vec<String>> = vec![Vec::new(); words.len()];
    for row in &rows {
        let at: i32 = sql::get(row, "word")?;
        let terms = usize::try_from(at).ok().and_then(|at| known.get_mut(at));
        if let Some(terms) = terms.filter(|terms| terms.len() < MAX_FORMS) {
            terms.push(sql::get(row, "term")?);
        }
    }
    Ok(known)
}

/// Terms that share a trigram with a word and are about as long.
async fn similar_terms(db: &Db, word: &str) -> Result<Vec<String>, StoreError> {
    let mut sql = Query::default();
    let trigrams = shared_trigrams(word);
    let shares = match db.engine() {
        Engine::Postgres => {
            let likes: Vec<_> = trigrams
                .iter()
                .map(|three| format!("padded like {}", sql.bind(format!("%{three}%"))))
                .collect();
            format!("from buy_terms where ({})", likes.join(" or "))
        }
        Engine::Sqlite => {
            let quoted: Vec<_> = trigrams.iter().map(|three| format!("\"{three}\"")).collect();
            let any = sql.bind(quoted.join(" OR "));
            format!(
                "from buy_terms where rowid in \
                 (select rowid from buy_term_trigrams where buy_term_trigrams match {any})"
            )
        }
    };
    let length = i64::try_from(word.chars().count()).unwrap_or(i64::MAX);
    let (least, most) = (sql.bind(length.saturating_sub(2)), sql.bind(length.saturating_add(2)));
    let statement = format!(
        "select term {shares} and length(term) between {least} and {most} \
         order by term limit {SIMILAR}"
    );
    let rows = db.rows(&statement, sql.values).await?;
    rows.iter().map(|row| sql::get(row, "term")).collect()
}

/// How far PostgreSQL looks for candidates.
#[derive(Clone, Copy)]
enum Reach {
    /// From this bucket down until there are enough.
    Buckets { top: i64 },
    /// Everything at once.
    All,
}

/// Looks into the newest buckets to learn how common the words are.
async fn reach(db: &Db, filter: &ProductFilter, meanings: &[Meaning]) -> Result<Reach, StoreError> {
    if db.engine() == Engine::Sqlite {
        return Ok(Reach::All);
    }
    let mut sql = Query::default();
    let tokens = tsquery(&mut sql, filter, meanings);
    let statement = format!(
        "select top, (select count(*) from (select 1 from \
         generate_series(top, greatest(top - {FIRST_BUCKETS} + 1, 0), -1) b cross join lateral \
         (select 1 from buy_search s where s.tokens @@ ({tokens} && ('''#b' || b || '''')::tsquery)) s \
         limit {RARE}) few) as finds \
         from (select coalesce(max(number), 0) / {BUCKET} as top from buy_search) t"
    );
    let Some(row) = db.row(&statement, sql.values).await? else { return Ok(Reach::All) };
    let (top, finds): (i64, i64) = (sql::get(&row, "top")?, sql::get(&row, "finds")?);
    Ok(if finds < RARE { Reach::All } else { Reach::Buckets { top } })
}

/// The newest listings that have every word and fit the filter.
fn found(
    sql: &mut Query,
    engine: Engine,
    filter: &ProductFilter,
    meanings: &[Meaning],
    reach: Reach,
) -> String {
    let currency = sql.bind(filter.currency.code());
    let mut conditions = vec![format!("l.currency = {currency}"), "l.number = s.number".to_owned()];
    conditions.extend(sql.prices(filter));
    conditions.extend(query::in_stock(filter));
    if engine == Engine::Sqlite {
        let matched = sql.bind(fts5(filter, meanings));
        let fits = Query::all_of(&conditions).replace("s.number", "s.rowid");
        return format!(
            "select l.* from buy_search s cross join buy_listings l \
             where s.buy_search match {matched} and {fits} order by s.rowid desc limit {CANDIDATES}"
        );
    }
    let tokens = tsquery(sql, filter, meanings);
    let fits = Query::all_of(&conditions);
    match reach {
        Reach::All => format!(
            "select l.* from buy_search s join buy_listings l on {fits} \
             where s.tokens @@ {tokens} order by s.number desc limit {CANDIDATES}"
        ),
        Reach::Buckets { top } => {
            let top = sql.bind(top);
            format!(
                "select l.* from generate_series({top}, 0, -1) b cross join lateral (\
                 select l.* from buy_search s join buy_listings l on {fits} \
                 where s.tokens @@ ({tokens} && ('''#b' || b || '''')::tsquery) \
                 order by s.number desc) l limit {CANDIDATES}"
            )
        }
    }
}

/// Tags that a find must carry: one of the categories, one of the values of each option.
fn tags(filter: &ProductFilter) -> Vec<Vec<String>> {
    let categories = filter.categories.as_ref().map(|categories| {
        categories.iter().map(|category| rows::category_tag(category.uuid())).collect()
    });
    let option = |(name, values): (&String, &Vec<String>)| {
        values.iter().map(|value| rows::option_tag(name, value)).collect()
    };
    categories.into_iter().chain(filter.options.iter().map(option)).collect()
}

fn tsquery(sql: &mut Query, filter: &ProductFilter, meanings: &[Meaning]) -> String {
    let any = |lexemes: &[String], prefix: &str| {
        let quoted: Vec<_> = lexemes.iter().map(|lexeme| format!("'{prefix}{lexeme}'")).collect();
        format!("({})", quoted.join(" | "))
    };
    let words = meanings.iter().map(|meaning| any(&meaning.terms, ""));
    let tags = tags(filter);
    let all: Vec<_> = words.chain(tags.iter().map(|tags| any(tags, "#"))).collect();
    let place = sql.bind(all.join(" & "));
    format!("({place}::text)::tsquery")
}

fn fts5(filter: &ProductFilter, meanings: &[Meaning]) -> String {
    let any = |column: &str, tokens: &[String]| {
        let quoted: Vec<_> = tokens.iter().map(|token| format!("\"{token}\"")).collect();
        format!("{column} : ({})", quoted.join(" OR "))
    };
    let words = meanings.iter().map(|meaning| any("words", &meaning.terms));
    let tags = tags(filter);
    words.chain(tags.iter().map(|tags| any("tags", tags))).collect::<Vec<_>>().join(" AND ")
}

/// [`buy::rank`] in SQL.
fn rank(sql: &mut Query, meanings: &[Meaning]) -> String {
    let words: Vec<_> = meanings.iter().map(|meaning| meaning.word.text.as_str()).collect();
    let query = words.join(" ");
    let begins = sql.bind(format!("{query}%"));
    let every: Vec<_> = words
        .iter()
        .map(|word| format!("' ' || l.title_key like {}", sql.bind(format!("% {word}%"))))
        .collect();
    let is = sql.bind(query);
    format!(
        "cast(case when l.title_key = {is} then 3 when l.title_key like {begins} then 2 \
         when {} then 1 else 0 end as bigint)",
        every.join(" and ")
    )
}
