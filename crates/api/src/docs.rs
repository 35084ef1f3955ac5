//! The OpenAPI document, and Swagger UI to read it with.

use std::sync::{Arc, OnceLock};

use actix_web::{
    App, HttpResponse,
    web::{self, Bytes},
};
use paperclip::{
    actix::OpenApiExt,
    v2::models::{DefaultApiRaw, Info, Tag},
};

use crate::{
    Problem,
    openapi::{Undocumentable, finish, writing},
    serve::Mount,
};

const TAGS: &[(&str, &str)] = &[
    ("Identity", "Accounts, sessions and who may do what."),
    ("Catalogue", "What is for sale."),
    ("Coupons", "Codes that take something off a cart."),
    ("Cart", "What someone means to buy; changes until checkout."),
    ("Rentals", "Vehicles to rent: shops, when they are free and what they cost."),
    ("Bookings", "From a free period to the deposit's way back."),
    ("Market", "Sellers: who sells here, on what terms, what they earned and how they are paid."),
    ("Media", "Pictures: taken in by us, kept where they are quick to see."),
    ("Orders", "What was sold; written once."),
    ("Payments", "Paying for an order, and giving money back."),
    ("Events", "What happened, in order."),
    ("Books", "For operators: the ledger, the audit log and what went wrong."),
];

/// The document of these mounts, as pretty JSON.
pub fn document(mounts: &[Mount]) -> Result<String, Undocumentable> {
    let mut spec = DefaultApiRaw {
        info: Info {
            title: "Souk".into(),
            version: "1".into(),
            description: Some("A commerce backend: buy, rent, and what goes with it.".into()),
            ..Info::default()
        },
        ..DefaultApiRaw::default()
    };
    spec.tags = TAGS
        .iter()
        .map(|(name, description)| Tag {
            name: (*name).into(),
            description: Some((*description).into()),
            external_docs: None,
        })
        .collect();
    let mut finished = None;
    writing(|| {
        let app = App::new().wrap_api_with_spec(spec);
        let app = app.configure(|config| mounts.iter().for_each(|mount| mount(config)));
        app.with_raw_json_spec(|app, collected| {
            finished = Some(finish(collected));
            app
        })
    });
    let document = finished.transpose()?.unwrap_or_default();
    Ok(serde_json::to_string_pretty(&document).unwrap_or_default())
}

/// The document of a running shell, written when it is first asked for: most processes never are.
pub(crate) struct Document {
    mounts: Vec<Mount>,
    written: OnceLock<Bytes>,
}

impl Document {
    pub(crate) fn of(mounts: &[Mount]) -> Arc<Self> {
        Arc::new(Self { mounts: mounts.to_vec(), written: OnceLock::new() })
    }

    fn read(&self) -> Result<Bytes, Problem> {
        if let Some(written) = self.written.get() {
            return Ok(written.clone());
        }
        let document = document(&self.mounts).map_err(|error| {
            tracing::error!(%error, "the OpenAPI document cannot be written");
            Problem::internal()
        })?;
        Ok(self.written.get_or_init(|| document.into()).clone())
    }
}

/// `/openapi.json` and `/docs`.
pub(crate) fn serve(config: &mut web::ServiceConfig, document: &Arc<Document>) {
    let document = document.clone();
    let json = move || {
        let document = document.read();
        async move {
            let document = document?;
            Ok::<_, Problem>(HttpResponse::Ok().content_type("application/json").body(document))
        }
    };
    let ui = utoipa_swagger_ui::SwaggerUi::new("/docs/{_:.*}");
    let ui = ui.config(
        utoipa_swagger_ui::Config::from("/openapi.json")
            .persist_authorization(true)
            .try_it_out_enabled(true),
    );
    config
        .route("/openapi.json", web::get().to(json))
        .route(
            "/docs",
            web::get().to(|| async {
                HttpResponse::Found().insert_header(("location", "/docs/")).finish()
            }),
        )
        .service(ui);
}
