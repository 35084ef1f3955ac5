//! A mail in the form it travels in.

use commerce::Timestamp;
use identity::{Mail, MailError};
use lettre::{
    Message,
    message::{
        Body, Mailbox,
        header::{ContentTransferEncoding, ContentType},
    },
};

use super::MailSettingsError;

/// Without the line's end (RFC 5322 §2.1.1).
const MAX_LINE: usize = 998;

pub(super) fn sender(text: &str) -> Result<Mailbox, MailSettingsError> {
    text.parse().map_err(|_| MailSettingsError::Sender(text.to_owned()))
}

/// Plain text; the `Message-ID` is the mail's own, so a mail sent twice is one mail to its reader.
pub(super) fn message(from: &Mailbox, mail: &Mail, now: Timestamp) -> Result<Message, MailError> {
    let lasting = |error: &dyn std::error::Error| MailError::Lasting(error.to_string());
    let to =
        mail.to.as_str().parse().map_err(|error: lettre::address::AddressError| lasting(&error))?;
    let id = format!("<{}@{}>", mail.id.simple(), from.email.domain());
    Message::builder()
        .from(from.clone())
        .to(Mailbox::new(None, to))
        .subject(mail.subject)
        .date(now.into())
        .message_id(Some(id))
        .header(ContentType::TEXT_PLAIN)
        .body(body(&mail.text))
        .map_err(|error| lasting(&error))
}

/// As it is, if a mail may carry it so: a link that is folded into `=` and new lines cannot be read by eye.
fn body(text: &str) -> Body {
    let short = text.lines().all(|line| line.len() <= MAX_LINE);
    if short && text.is_ascii() {
        let lines: String = text.lines().flat_map(|line| [line, "\r\n"]).collect();
        Body::dangerous_pre_encoded(lines.into_bytes(), ContentTransferEncoding::SevenBit)
    } else {
        Body::new(text.to_owned())
    }
}
