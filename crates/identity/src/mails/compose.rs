//! The words of the mails. Nothing a stranger typed appears in them.

use std::fmt;

use uuid::Uuid;

use crate::{Email, MailToken, Purpose, Settings, User};

/// A mail in plain text; its link may be a secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Mail {
    /// The event it is about; a mail sent twice carries the same id.
    pub id: Uuid,
    pub to: Email,
    pub subject: &'static str,
    pub text: String,
    /// The one thing to click on, which the text contains as well.
    pub link: Option<String>,
}

impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mail({}, {:?})", self.id.simple(), self.subject)
    }
}

/// The token travels in the fragment, which browsers keep to themselves: it reaches no log and no referrer.
pub(super) fn with_token(id: Uuid, user: &User, token: &MailToken, settings: &Settings) -> Mail {
    let code = token.reveal();
    let minutes = settings.reset_ttl.num_minutes();
    let (subject, page, before, after) = match token.purpose {
        Purpose::Verification => (
            "Confirm your e-mail address",
            "verify-email",
            "Please confirm that this address is yours:".to_owned(),
            "If you did not open an account, you need not do anything.",
        ),
        Purpose::Reset => (
            "Set a new password",
            "reset-password",
            format!(
                "Somebody, we hope you, asked to set a new password.\n\
                 This link works once, for {minutes} minutes:"
            ),
            "If it was not you, you need not do anything:\nyour password stays as it is.",
        ),
    };
    let link = format!("{}#token={code}", page_of(settings, page));
    let text = format!(
        "Hello,\n\n{before}\n\n{link}\n\n\
         An app may ask for the code alone:\n\n{code}\n\n{after}\n"
    );
    Mail { id, to: user.email.clone(), subject, text, link: Some(link) }
}

pub(super) fn registered_again(id: Uuid, user: &User, settings: &Settings) -> Mail {
    let link = page_of(settings, "forgot-password");
    let text = format!(
        "Hello,\n\n\
         Somebody tried to open an account with this address, which has one already.\n\
         If it was you, sign in, or set a new password:\n\n{link}\n\n\
         If it was not you, you need not do anything.\n"
    );
    let subject = "You have an account already";
    Mail { id, to: user.email.clone(), subject, text, link: Some(link) }
}

pub(super) fn password_changed(id: Uuid, user: &User) -> Mail {
    let text = "Hello,\n\n\
        The password of your account was changed, and your other sessions were ended.\n\
        If it was not you, set a new password at once:\n\
        ask for a link where you sign in.\n";
    notice(id, user, "Your password was changed", text)
}

pub(super) fn token_reused(id: Uuid, user: &User) -> Mail {
    let text = "Hello,\n\n\
        One of your sessions was continued from two places, so we ended it:\n\
        somebody may have copied it. Please sign in again and look at the list of\n\
        your sessions. If you see one that is not yours, change your password.\n";
    notice(id, user, "We ended one of your sessions", text)
}

fn notice(id: Uuid, user: &User, subject: &'static str, text: &str) -> Mail {
    Mail { id, to: user.email.clone(), subject, text: text.to_owned(), link: None }
}

fn page_of(settings: &Settings, page: &str) -> String {
    format!("{}/{page}", settings.link_base.trim_end_matches('/'))
}
