//! Mail into a folder: one file a message, which a person or a script can read.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use async_trait::async_trait;
use commerce::Clock;
use identity::{Mail, MailError, Mailer};
use lettre::message::Mailbox;
use tracing::info;

use super::{
    MailSettingsError,
    message::{message, sender},
};

const NAME_CHARS: usize = 100;

/// Writes `<event>_<address>.eml`; the names sort by time, and a mail sent twice is one file.
pub struct FolderMailer {
    folder: PathBuf,
    from: Mailbox,
    clock: Arc<dyn Clock>,
}

impl FolderMailer {
    pub fn try_new(
        folder: impl Into<PathBuf>,
        from: &str,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, MailSettingsError> {
        Ok(Self { folder: folder.into(), from: sender(from)?, clock })
    }

    fn path(&self, mail: &Mail) -> PathBuf {
        let tame = |c: char| if c.is_ascii_alphanumeric() || "@.-+".contains(c) { c } else { '_' };
        let to: String = mail.to.as_str().chars().take(NAME_CHARS).map(tame).collect();
        self.folder.join(format!("{}_{to}.eml", mail.id.simple()))
    }
}

#[async_trait]
impl Mailer for FolderMailer {
    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        let message = message(&self.from, mail, self.clock.now())?;
        let path = self.path(mail);
        write(&self.folder, &path, &message.formatted())
            .await
            .map_err(|error| MailError::Passing(format!("{}: {error}", path.display())))?;
        info!(subject = mail.subject, file = %path.display(), "a mail was written");
        Ok(())
    }
}

/// Under another name first, so that nobody who watches the folder reads half a mail.
async fn write(folder: &Path, path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    tokio::fs::create_dir_all(folder).await?;
    let unfinished = path.with_extension("part");
    tokio::fs::write(&unfinished, bytes).await?;
    tokio::fs::rename(&unfinished, path).await
}
