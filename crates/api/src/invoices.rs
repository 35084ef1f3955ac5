//! Invoices, credit notes and receipts, for whoever bought and for operators.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, Responder, body::BoxBody, http::header};
use commerce::{
    Order, Timestamp,
    invoice::{Invoices, Issued, Paper, Printed},
};
use market::Seller;
use paperclip::{
    actix::{
        OperationModifier, api_v2_operation,
        web::{self, Data},
    },
    v2::{
        models::{DefaultOperationRaw, DefaultResponseRaw, Either},
        schema::Apiv2Schema,
    },
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Fail, Mount,
    answer::Json,
    extract::{Path, Ref, Signed, no_definitions},
    views::MoneyView,
};

/// Every route of papers.
pub fn routes(invoices: Invoices) -> Mount {
    let invoices = Data::new(invoices);
    Arc::new(move |config| {
        let of = |rest: &str| format!("/v1/orders/{{id}}/{rest}");
        config
            .app_data(invoices.clone())
            .service(web::resource(&of("invoices")).route(web::get().to(list)))
            .service(web::resource(&of("invoices/{paper}")).route(web::get().to(print)))
            .service(web::resource(&of("receipt")).route(web::get().to(receipt)));
    })
}

#[derive(Debug, Deserialize, JsonSchema)]
pub struct OrderPath {
    pub id: Ref<Order>,
}

#[derive(Debug, Deserialize, JsonSchema)]
pub struct PaperPath {
    pub id: Ref<Order>,
    pub paper: Ref<Paper>,
}

/// A numbered paper; its PDF is at `/v1/orders/{order}/invoices/{id}`.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Invoice")]
pub struct PaperView {
    pub id: Ref<Paper>,
    /// `invoice` or `credit_note`.
    pub kind: String,
    /// Without gaps in the series of its issuer and kind: `INV-000012`.
    pub number: String,
    /// The seller who issued it; absent for the shop.
    pub seller: Option<Ref<Seller>>,
    pub issuer: String,
    pub issued_at: Timestamp,
    pub total: MoneyView,
    /// The tax within the total.
    pub tax: MoneyView,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "InvoiceList")]
pub struct PaperListView {
    pub data: Vec<PaperView>,
}

impl From<Issued> for PaperView {
    fn from(issued: Issued) -> Self {
        let number = issued.name();
        let Issued { id, at, paper, .. } = issued;
        Self {
            id: id.into(),
            kind: paper.kind.name().to_owned(),
            number,
            seller: paper.issuer.seller.map(|seller| Ref(seller.into())),
            issuer: paper.issuer.name,
            issued_at: at,
            total: paper.total.into(),
            tax: paper.tax.into(),
        }
    }
}

/// The invoices and credit notes of an order.
///
/// One invoice of each who sold in it, and a credit note for each refund that arrived. What has no number yet gets it now.
#[api_v2_operation(tags(Orders), operation_id = "listInvoices")]
pub async fn list(
    invoices: Data<Invoices>,
    signed: Signed,
    path: Path<OrderPath>,
) -> Result<Json<PaperListView>, Fail<409>> {
    let issued = invoices.of_order(&signed.0, path.0.id.0).await?;
    Ok(Json(PaperListView { data: issued.into_iter().map(Into::into).collect() }))
}

/// An invoice or a credit note as a PDF.
#[api_v2_operation(tags(Orders), operation_id = "getInvoiceFile")]
pub async fn print(
    invoices: Data<Invoices>,
    signed: Signed,
    path: Path<PaperPath>,
) -> Result<Pdf, Fail<409>> {
    let PaperPath { id, paper } = path.0;
    Ok(Pdf(invoices.print_paper(&signed.0, id.0, paper.0).await?))
}

/// What was paid for an order and what went back, as a PDF.
#[api_v2_operation(tags(Orders), operation_id = "getReceiptFile")]
pub async fn receipt(
    invoices: Data<Invoices>,
    signed: Signed,
    path: Path<OrderPath>,
) -> Result<Pdf, Fail<409>> {
    Ok(Pdf(invoices.print_receipt(&signed.0, path.0.id.0).await?))
}

/// A file for the one who asked, and nobody else.
#[derive(Debug)]
pub struct Pdf(Printed);

impl Responder for Pdf {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        let named = format!("inline; filename=\"{}\"", self.0.name);
        HttpResponse::Ok()
            .content_type("application/pdf")
            .insert_header((header::CACHE_CONTROL, "private, no-store"))
            .insert_header((header::CONTENT_DISPOSITION, named))
            .body(self.0.bytes)
    }
}

impl Apiv2Schema for Pdf {}

impl OperationModifier for Pdf {
    no_definitions!();

    fn update_parameter(_: &mut DefaultOperationRaw) {}

    fn update_response(operation: &mut DefaultOperationRaw) {
        let response = DefaultResponseRaw {
            description: Some("The file".into()),
            ..DefaultResponseRaw::default()
        };
        operation.responses.insert("200".into(), Either::Right(response));
    }
}
