//! The journal: a line for each change, written behind the answers by a thread of its own.

use std::{
    fs::{File, OpenOptions},
    io::{self, BufWriter, Read, Write},
    path::Path,
    sync::mpsc::{self, Receiver, Sender},
    thread::{self, JoinHandle},
};

use crate::{Error, books::State};

/// The open journal.
pub struct Journal {
    lines: Sender<String>,
    writer: JoinHandle<()>,
}

impl Journal {
    /// Reads the books back and goes on where the journal ends.
    pub fn open(path: &Path, state: &mut State) -> Result<Self, Error> {
        let broken = |source| Error::Journal { path: path.to_owned(), source };
        let (file, text) = read(path).map_err(broken)?;
        for (at, line) in text.lines().enumerate() {
            let unclear =
                |source| Error::JournalLine { path: path.to_owned(), line: at + 1, source };
            state.restore(line).map_err(unclear)?;
        }
        let (lines, inbox) = mpsc::channel();
        let name = path.to_owned();
        let writer = thread::Builder::new()
            .name("sandbox-journal".to_owned())
            .spawn(move || write(file, &inbox, &name))
            .map_err(broken)?;
        Ok(Self { lines, writer })
    }

    pub fn append(&self, lines: Vec<String>) {
        for line in lines {
            // It fails only when the writer has given up, which has been logged.
            let _ = self.lines.send(line);
        }
    }

    /// Writes what is left.
    pub fn close(self) {
        drop(self.lines);
        let _ = self.writer.join();
    }
}

/// The whole lines of the journal; half a line at the end, left by a crash, is cut off.
fn read(path: &Path) -> io::Result<(File, String)> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut file = OpenOptions::new().create(true).read(true).append(true).open(path)?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    bytes.truncate(whole);
    file.set_len(u64::try_from(whole).map_err(io::Error::other)?)?;
    let text = String::from_utf8(bytes).map_err(io::Error::other)?;
    Ok((file, text))
}

fn write(file: File, inbox: &Receiver<String>, path: &Path) {
    let mut out = BufWriter::new(file);
    while let Ok(line) = inbox.recv() {
        let written = std::iter::once(line)
            .chain(inbox.try_iter().take(1_000))
            .try_for_each(|line| writeln!(out, "{line}"))
            .and_then(|()| out.flush());
        if let Err(error) = written {
            tracing::error!(%error, path = %path.display(), "the journal cannot be written");
            return;
        }
    }
}
