//! The floor of PostgreSQL: the very statements of a request, by `pgbench -M prepared`.

use std::{collections::HashSet, fmt::Write as _, path::Path, time::Duration};

use tokio::process::Command;

use crate::{
    Result,
    figures::Rate,
    statement::{Asked, Bound, Piece, Sql, pieces},
    trouble,
};

/// A script for each recorded round; a client draws one of them each time.
pub struct Scripts {
    folder: tempfile::TempDir,
    count: usize,
}

impl Scripts {
    /// Ids in `kept` stay as they are, all others are drawn anew each time.
    pub fn write(rounds: &[Vec<Asked>], kept: &HashSet<String>) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        for (number, round) in rounds.iter().enumerate() {
            std::fs::write(folder.path().join(format!("{number}.sql")), script(round, kept))?;
        }
        Ok(Self { folder, count: rounds.len() })
    }

    /// How often a second the scripts are carried out by so many clients.
    pub async fn run(&self, database: &str, clients: usize, lasts: Duration) -> Result<Rate> {
        let mut command = Command::new(program());
        command.args(["-n", "-M", "prepared", "-j", &clients.min(2).to_string()]);
        command.args(["-c", &clients.to_string(), "-T", &lasts.as_secs().max(1).to_string()]);
        for number in 0..self.count {
            command.arg("-f").arg(self.folder.path().join(format!("{number}.sql")));
        }
        let output = command.arg(database).output().await?;
        let said = String::from_utf8_lossy(&output.stdout);
        let complaints = String::from_utf8_lossy(&output.stderr);
        if !output.status.success() || complaints.contains("aborted") {
            return Err(trouble(&format!("pgbench: {complaints}")));
        }
        let line = said.lines().find_map(|line| line.strip_prefix("tps = "));
        let number = line.and_then(|line| line.split(' ').next());
        Rate::parse(number.unwrap_or_default()).ok_or_else(|| trouble("pgbench told no rate"))
    }
}

/// Debian keeps PostgreSQL's programs off the PATH.
fn program() -> String {
    let off_the_path = Path::new("/usr/lib/postgresql").read_dir().into_iter().flatten().flatten();
    let found = off_the_path.map(|version| version.path().join("bin/pgbench")).max();
    let found =
        found.filter(|program| program.is_file()).map(|program| program.display().to_string());
    found.unwrap_or_else(|| "pgbench".to_owned())
}

fn script(round: &[Asked], kept: &HashSet<String>) -> String {
    let mut text =
        "\\set a random(1000, 9999)\n\\set b random(100000000000, 999999999999)\n".to_owned();
    for asked in round {
        match asked {
            Asked::Reads(sql) | Asked::Writes(sql) => {
                let _ = writeln!(text, "{};", filled(sql, kept));
            }
            Asked::Begins => text.push_str("begin;\n"),
            Asked::Commits => text.push_str("commit;\n"),
        }
    }
    text
}

/// The statement with its parameters in their places.
fn filled(sql: &Sql, kept: &HashSet<String>) -> String {
    let mut parts = sql.text.split('$');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let digits = part.bytes().take_while(u8::is_ascii_digit).count();
        let (number, rest) = part.split_at(digits);
        let at = number.parse::<usize>().unwrap_or_default().wrapping_sub(1);
        match sql.values.get(at) {
            Some(value) => text.push_str(&literal(value, kept)),
            None => text.push_str(&format!("${number}")),
        }
        text.push_str(rest);
    }
    text.replace('\n', " ")
}

fn literal(value: &Bound, kept: &HashSet<String>) -> String {
    let words = |value: &Bound| quoted(&pieces(&value.text().unwrap_or_default(), kept));
    match value {
        Bound::Null => "null".to_owned(),
        Bound::Bool(it) => it.to_string(),
        Bound::Int(it) => format!("({it}::bigint)"),
        Bound::Text(_) => format!("({}::text)", words(value)),
        Bound::Uuid(_) => format!("({}::uuid)", words(value)),
        Bound::Bytes(_) => format!("decode({}, 'hex')", words(value)),
    }
}

/// As an expression; no colon is left in it that pgbench would take for one of its variables.
fn quoted(pieces: &[Piece]) -> String {
    let each = pieces.iter().map(|piece| match piece {
        Piece::Same(text) => {
            let text = text.replace('\\', "\\\\").replace('\'', "''").replace(':', "\\x3a");
            format!("E'{}'", text.replace('\n', "\\n"))
        }
        Piece::Four => ":a".to_owned(),
        Piece::Twelve => ":b".to_owned(),
    });
    let each: Vec<_> = each.collect();
    if each.is_empty() { "''".to_owned() } else { format!("({})", each.join(" || ")) }
}
