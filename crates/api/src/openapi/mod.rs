//! The OpenAPI document: paperclip collects the operations, schemars describes the types, one pass finishes.

mod carry;
mod finish;
mod headers;
mod refusals;

pub use carry::{
    Binary, document_body, document_header, document_parameters, document_problem,
    document_response, document_response_header, writing,
};
pub use finish::{Undocumentable, finish};
