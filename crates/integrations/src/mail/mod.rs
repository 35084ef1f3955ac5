//! Mail: by SMTP, or into a folder for development.

mod folder;
mod message;
mod smtp;

pub use folder::FolderMailer;
pub use smtp::SmtpMailer;

use thiserror::Error;

#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum MailSettingsError {
    #[error("the sender `{0}` is not a mailbox, such as `Shop <no-reply@shop.example>`")]
    Sender(String),
    /// The address itself is not repeated: it may hold a password.
    #[error("the SMTP address is not one of `smtps://…` or `smtp://…`: {0}")]
    Url(String),
}

#[cfg(test)]
mod tests;
