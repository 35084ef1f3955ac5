//! Mail by SMTP.

use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use commerce::Clock;
use identity::{Mail, MailError, Mailer};
use lettre::{
    AsyncSmtpTransport, AsyncTransport, Tokio1Executor, message::Mailbox, transport::smtp,
};
use secrecy::{ExposeSecret, SecretString};

use super::{
    MailSettingsError,
    message::{message, sender},
};

const TIMEOUT: Duration = Duration::from_secs(10);

pub struct SmtpMailer {
    from: Mailbox,
    transport: AsyncSmtpTransport<Tokio1Executor>,
    clock: Arc<dyn Clock>,
}

impl fmt::Debug for SmtpMailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SmtpMailer(from {})", self.from)
    }
}

impl SmtpMailer {
    /// `url` is `smtps://USER:PASSWORD@HOST:465`, or `smtp://HOST:PORT?tls=required` for STARTTLS.
    pub fn try_new(
        url: &SecretString,
        from: &str,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, MailSettingsError> {
        let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(url.expose_secret())
            .map_err(|error| MailSettingsError::Url(error.to_string()))?;
        Ok(Self { from: sender(from)?, transport: builder.timeout(Some(TIMEOUT)).build(), clock })
    }
}

#[async_trait]
impl Mailer for SmtpMailer {
    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        let message = message(&self.from, mail, self.clock.now())?;
        self.transport.send(message).await.map(drop).map_err(|error| said(&error))
    }
}

/// A server that says 5xx means it; anything else may go better later.
fn said(error: &smtp::Error) -> MailError {
    let told = error.to_string();
    if error.is_permanent() { MailError::Lasting(told) } else { MailError::Passing(told) }
}
