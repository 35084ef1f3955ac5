//! The query of the list of products.

use std::{
    collections::BTreeMap,
    future::{Ready, ready},
};

use actix_web::{
    FromRequest, HttpRequest,
    dev::{Payload, ServiceRequest},
    http::StatusCode,
    web,
};
use buy::{Buy, ProductFilter, Sort, option_key};
use commerce::{Currency, FieldError, PageRequest};
use garde::Validate;
use paperclip::{
    actix::OperationModifier,
    v2::{
        models::{DefaultOperationRaw, ParameterIn},
        schema::Apiv2Schema,
    },
};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::{
    Problem,
    extract::{no_definitions, parameter_faults},
    openapi,
};

const LONGEST: usize = 4_096;
const OPTION: &str = "option.";
const MOST_OPTIONS: usize = 20;

/// What a list may be narrowed and sorted by. Beside these, `option.<name>=<value>` asks for an option;
/// given again it asks for another value of the same option.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct Parameters {
    /// Words to search for; slips are forgiven, and the last word may be begun only.
    #[garde(length(chars, min = 1, max = 200))]
    pub q: Option<String>,
    /// The id or the slug of a category; what is under it counts too.
    #[garde(length(chars, min = 1, max = 100))]
    pub category: Option<String>,
    /// On the lowest price of a product, in minor units of the list's currency.
    #[garde(range(min = 0))]
    pub price_min: Option<i64>,
    #[garde(range(min = 0))]
    pub price_max: Option<i64>,
    /// ISO 4217; the shop's own unless told. A list shows what is sold in it.
    #[garde(length(chars, equal = 3))]
    pub currency: Option<String>,
    /// Only what can be bought now.
    #[serde(default)]
    #[garde(skip)]
    pub in_stock: bool,
    /// `relevance` when searching, else `-published_at`. Of what is searched, relevance ranks the newest 96 finds, and
    /// the other orders take the newest 10,000.
    #[garde(skip)]
    pub sort: Option<SortParameter>,
    /// How many products at most; 20 unless told.
    #[garde(range(min = 1, max = 100))]
    pub limit: Option<u32>,
    /// Where the last page ended: its `page.next_cursor`.
    #[garde(length(chars, max = 500))]
    pub cursor: Option<String>,
    /// Count the values of what is found.
    #[serde(default)]
    #[garde(skip)]
    pub facets: bool,
}

#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[schemars(rename = "ProductSort", inline)]
pub enum SortParameter {
    #[serde(rename = "-published_at")]
    Newest,
    #[serde(rename = "price")]
    PriceUp,
    #[serde(rename = "-price")]
    PriceDown,
    #[serde(rename = "title")]
    Title,
    #[serde(rename = "relevance")]
    Relevance,
}

impl From<SortParameter> for Sort {
    fn from(sort: SortParameter) -> Self {
        match sort {
            SortParameter::Newest => Self::Newest,
            SortParameter::PriceUp => Self::PriceUp,
            SortParameter::PriceDown => Self::PriceDown,
            SortParameter::Title => Self::Title,
            SortParameter::Relevance => Self::Relevance,
        }
    }
}

/// The whole query: the named parameters and the options.
#[derive(Debug)]
pub struct ListQuery {
    pub parameters: Parameters,
    options: BTreeMap<String, Vec<String>>,
}

impl ListQuery {
    fn read(query: &str) -> Result<Self, Problem> {
        let bad = |detail: String| Problem::new(StatusCode::BAD_REQUEST, "bad_parameter", detail);
        if query.len() > LONGEST {
            let detail = "the query is too long";
            return Err(Problem::new(StatusCode::BAD_REQUEST, "query_too_long", detail));
        }
        let (asked, named): (Vec<_>, Vec<_>) =
            query.split('&').partition(|pair| pair.starts_with(OPTION));
        let named = named.join("&");
        let read = web::Query::<Parameters>::from_query(&named);
        let told = |error: String| bad(error).with_errors(parameter_faults::<Parameters>(&named));
        let parameters = read.map_err(|error| told(error.to_string()))?.into_inner();
        check(&parameters)?;
        let pairs = web::Query::<Vec<(String, String)>>::from_query(&asked.join("&"));
        let pairs = pairs.map_err(|error| bad(error.to_string()))?.into_inner();
        if pairs.len() > MOST_OPTIONS {
            return Err(bad(format!("at most {MOST_OPTIONS} options")));
        }
        let mut options: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (name, value) in pairs {
            let name = option_key(name.strip_prefix(OPTION).unwrap_or(&name));
            options.entry(name).or_default().push(option_key(&value));
        }
        Ok(Self { parameters, options })
    }

    pub fn page(&self) -> PageRequest {
        let limit = self.parameters.limit.unwrap_or(20);
        PageRequest { limit, cursor: self.parameters.cursor.clone() }
    }

    pub async fn filter(self, buy: &Buy) -> Result<ProductFilter, Problem> {
        let Parameters { q, category, price_min, price_max, currency, in_stock, .. } =
            self.parameters;
        let currency = match currency {
            None => buy.rules.currency,
            Some(code) => Currency::parse(&code).map_err(|error| {
                let unknown = FieldError::new("currency", "unknown_currency", error.to_string());
                Problem::invalid(vec![unknown])
            })?,
        };
        let categories = match category {
            None => None,
            Some(category) => Some(buy.narrow(&category.parse()?).await?),
        };
        let options = self.options;
        Ok(ProductFilter {
            currency,
            words: q,
            categories,
            price_min,
            price_max,
            in_stock,
            options,
        })
    }
}

/// Whether a request searches; looking through the catalogue costs less and may be done more often.
pub fn has_words(request: &ServiceRequest) -> bool {
    let pairs = web::Query::<Vec<(String, String)>>::from_query(request.query_string());
    pairs.is_ok_and(|pairs| pairs.iter().any(|(name, _)| name == "q"))
}

fn check(parameters: &Parameters) -> Result<(), Problem> {
    let Err(report) = parameters.validate() else { return Ok(()) };
    let errors = report
        .iter()
        .map(|(path, error)| FieldError::new(path.to_string(), "bad_value", error.to_string()));
    Err(Problem::invalid(errors.collect()))
}

impl FromRequest for ListQuery {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::read(request.query_string()))
    }
}

impl Apiv2Schema for ListQuery {}

impl OperationModifier for ListQuery {
    no_definitions!();

    fn update_parameter(operation: &mut DefaultOperationRaw) {
        openapi::document_parameters::<Parameters>(operation, &ParameterIn::Query);
        for status in [400, 404, 422] {
            openapi::document_problem(operation, status);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_told_apart_from_parameters() {
        let query = ListQuery::read("q=shirt&option.Colour=Dark+Blue&option.colour=red&limit=5");

        let query = query.unwrap();
        assert_eq!(query.parameters.q.as_deref(), Some("shirt"));
        assert_eq!(query.options["colour"], ["dark-blue", "red"]);
    }

    #[test]
    fn an_unknown_parameter_is_refused() {
        for bad in ["colour=red", "limit=x", "sort=best", "in_stock=maybe"] {
            assert_eq!(ListQuery::read(bad).unwrap_err().status(), 400, "{bad}");
        }
        for bad in ["limit=0", "limit=101", "price_min=-1", "q=", "currency=EURO"] {
            assert_eq!(ListQuery::read(bad).unwrap_err().status(), 422, "{bad}");
        }
        assert!(ListQuery::read("").is_ok());
    }
}
