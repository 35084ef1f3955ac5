//! Finding by words: the newest finds first, so that a word on every product costs no more than a rare one.
//!
//! SQLite's FTS5 gives finds in the order of their rowids, and quickest upwards: they are the products' numbers below
//! zero. A GIN index cannot; so on PostgreSQL every word and tag of a product carries the number of its bucket (its own
//! number's high part), and the buckets are asked one after the other, the newest first, until there are enough: one that
//! has nothing costs some twenty microseconds.

use buy::{
    CANDIDATES, FACET_ROWS, MAX_FORMS, ProductFilter, ProductQuery, Sort, Word, closest,
    finds_in_order, shared_trigrams,
};
use commerce::StoreError;
use sea_orm::{ConnectionTrait, DatabaseTransaction, QueryResult, Value};

use super::{
    query::{self, Query},
    rows::{self, BUCKET},
};
use crate::{Db, Engine, failure, sql};

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
    let (statement, values) = match is_plain(query) {
        true => plain_sql(db.engine(), query, &meanings),
        false => find_sql(db.engine(), query, &meanings),
    };
    db.rows(&statement, values).await
}

/// Whether words and title alone decide what comes, and in which order.
fn is_plain(query: &ProductQuery) -> bool {
    let filter = &query.filter;
    let priced = filter.price_min.is_some() || filter.price_max.is_some();
    query.sort == Sort::Relevance && !priced && !filter.in_stock
}

/// Ranking needs the title alone, which is at hand: listings are read of those only that are shown.
fn plain_sql(engine: Engine, query: &ProductQuery, meanings: &[Meaning]) -> (String, Vec<Value>) {
    let mut sql = Query::default();
    let found = match engine {
        Engine::Postgres => newest(&mut sql, &query.filter, meanings),
        Engine::Sqlite => titles(&mut sql, &query.filter, meanings),
    };
    let rank = rank(&mut sql, meanings);
    let after = sql.after(query.after.as_ref(), query.sort).unwrap_or_else(|| "true".to_owned());
    let (columns, limit) = (query::columns(query.sort), Query::limit(query.limit));
    let (order, currency) = (query::order(query.sort), query.filter.currency.code());
    let is_best = format!("l.currency = '{currency}' and l.number = best.number");
    let shown = engine.pick(
        format!(
            "best cross join lateral (\
             select l.*, best.rank from buy_listings l where {is_best} offset 0) l"
        ),
        format!("(select l.*, best.rank from best cross join buy_listings l on {is_best}) l"),
    );
    let statement = format!(
        "with found as ({found} limit {CANDIDATES}), \
         ranked as (select l.number, {rank} as rank from found l), \
         best as (select * from ranked l where {after} order by {order} {limit}) \
         select {columns}, l.rank from {shown} order by {order}"
    );
    (statement, sql.values)
}

fn find_sql(engine: Engine, query: &ProductQuery, meanings: &[Meaning]) -> (String, Vec<Value>) {
    let mut sql = Query::default();
    let most = finds_in_order(query.sort);
    let found = found(&mut sql, engine, &query.filter, meanings, most);
    let rank = rank(&mut sql, meanings);
    let after = sql.after(query.after.as_ref(), query.sort).unwrap_or_else(|| "true".to_owned());
    let (columns, limit) = (query::columns(query.sort), Query::limit(query.limit));
    let order = query::order(query.sort);
    let statement = format!(
        "with found as ({found}), ranked as (select {columns}, {rank} as rank from found l) \
         select * from ranked l where {after} order by {order} {limit}"
    );
    (statement, sql.values)
}

/// What facets are counted over, and one more if there is more; nothing when a word means nothing.
pub async fn facet_rows(
    db: &Db,
    filter: &ProductFilter,
    words: &str,
) -> Result<Vec<QueryResult>, StoreError> {
    let Some(meanings) = meanings(db, words).await? else { return Ok(Vec::new()) };
    let mut sql = Query::default();
    let most = FACET_ROWS.saturating_add(1);
    let found = found(&mut sql, db.engine(), filter, &meanings, most);
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

/// So many of the newest listings that have every word and fit the filter.
fn found(
    sql: &mut Query,
    engine: Engine,
    filter: &ProductFilter,
    meanings: &[Meaning],
    most: u32,
) -> String {
    let currency = filter.currency.code();
    let mut conditions =
        vec![format!("l.currency = '{currency}'"), "l.number = s.number".to_owned()];
    conditions.extend(sql.prices(filter));
    conditions.extend(query::in_stock(filter));
    let fits = Query::all_of(&conditions);
    if engine == Engine::Sqlite {
        let matched = sql.bind(fts5(filter, meanings));
        let fits = fits.replace("s.number", "-s.rowid");
        return format!(
            "select l.* from buy_search s cross join buy_listings l \
             where s.buy_search match {matched} and {fits} order by s.rowid limit {most}"
        );
    }
    // `offset 0`: each find is looked up when its turn comes, never the whole table joined.
    let newest = newest(sql, filter, meanings);
    format!(
        "select l.* from ({newest}) s \
         cross join lateral (select l.* from buy_listings l where {fits} offset 0) l \
         limit {most}"
    )
}

/// SQLite: all that have every word and are sold in the currency, the newest first.
fn titles(sql: &mut Query, filter: &ProductFilter, meanings: &[Meaning]) -> String {
    let matched = sql.bind(fts5(filter, meanings));
    let currency = filter.currency.code();
    format!(
        "select l.number, l.title_key from buy_search s cross join buy_titles l \
         where s.buy_search match {matched} and l.number = -s.rowid \
         and l.currencies like '% {currency} %' order by s.rowid"
    )
}

/// PostgreSQL: the same. The currency is written out:
/// with a bound one the planner would take each plan for worse than a new one, and plan anew each time.
fn newest(sql: &mut Query, filter: &ProductFilter, meanings: &[Meaning]) -> String {
    let tokens = sql.bind(tsquery(filter, meanings));
    let currency = filter.currency.code();
    format!(
        "select s.number, s.title_key from generate_series(\
         (select coalesce(max(number), 0) / {BUCKET} from buy_search), 0, -1) b \
         cross join lateral (select s.number, s.title_key from buy_search s \
         where s.tokens @@ replace({tokens}, '@', '@' || b)::tsquery \
         and s.currencies like '% {currency} %' order by s.number desc) s"
    )
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

/// `@` stands where the bucket's number goes.
fn tsquery(filter: &ProductFilter, meanings: &[Meaning]) -> String {
    let any = |lexemes: &[String], prefix: &str| {
        let quoted: Vec<_> = lexemes.iter().map(|lexeme| format!("'{prefix}{lexeme}@'")).collect();
        format!("({})", quoted.join(" | "))
    };
    let words = meanings.iter().map(|meaning| any(&meaning.terms, ""));
    let tags = tags(filter);
    words.chain(tags.iter().map(|tags| any(tags, "#"))).collect::<Vec<_>>().join(" & ")
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

/// Merges a part of what SQLite indexed lately; whether there was anything to merge. It keeps that in segments of its
/// own, and looks each word up in all of them. PostgreSQL's index is one, and has nothing to tend.
pub async fn tend(db: &Db) -> Result<bool, StoreError> {
    if db.engine() == Engine::Postgres {
        return Ok(false);
    }
    let tx = db.begin().await?;
    let before = changes(db, &tx).await?;
    tx.execute_raw(db.statement(MERGE, [])).await.map_err(failure::read)?;
    let after = changes(db, &tx).await?;
    tx.commit().await.map_err(failure::read)?;
    // One change is the command itself: <https://www.sqlite.org/fts5.html#the_merge_command>.
    Ok(after.saturating_sub(before) > 1)
}

/// Towards one segment, some two megabytes at a time.
const MERGE: &str = "insert into buy_search (buy_search, rank) values ('merge', -500)";

async fn changes(db: &Db, tx: &DatabaseTransaction) -> Result<i64, StoreError> {
    let asked = db.statement("select total_changes() as changes", []);
    let row = tx.query_one_raw(asked).await.map_err(failure::read)?;
    sql::get(&row.ok_or_else(failure::missing)?, "changes")
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
