//! `souk enrol`: an account on the house's own authority, such as the first operator's.

use std::{
    io::{BufRead, IsTerminal},
    process::ExitCode,
};

use clap::{Args, ValueEnum};
use commerce::Role;
use identity::{DisplayName, Email, Enrol, Identity, IdentityError, Password};

use crate::{
    cli::{house, say},
    config::Config,
    wiring::chain,
};

/// Whom to enrol, and as what.
#[derive(Debug, Args)]
pub struct Newcomer {
    /// What the account may do.
    #[arg(long)]
    role: Office,
    /// The address to sign in with.
    email: String,
    /// What the person is called; needed for a new account.
    #[arg(long, required_unless_present = "promote")]
    name: Option<String>,
    /// Where the address has an account, give that one the role; its name and password stay.
    #[arg(long)]
    promote: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Office {
    Operator,
    Seller,
}

impl Office {
    fn role(self) -> Role {
        match self {
            Self::Operator => Role::Operator,
            Self::Seller => Role::Seller,
        }
    }
}

/// Makes the account, or gives the one that is there its role; says which.
pub async fn enrol(config: &Config, newcomer: Newcomer) -> Result<ExitCode, String> {
    let identity = house(config).await?.identity;
    let email = Email::parse(&newcomer.email).map_err(|error| error.to_string())?;
    let known = identity.users.by_email(&email).await.map_err(|error| chain(&error))?;
    let done = match known.map(|stored| stored.state) {
        None => make(&identity, email, newcomer).await?,
        Some(_) if newcomer.promote => promote(&identity, &email, newcomer.role.role()).await?,
        Some(user) => {
            let (email, role) = (user.email.as_str(), user.role.as_str());
            return Err(format!(
                "{email} is registered already, as {role}; `--promote` gives it another role"
            ));
        }
    };
    say(done);
    Ok(ExitCode::SUCCESS)
}

async fn make(identity: &Identity, email: Email, newcomer: Newcomer) -> Result<String, String> {
    let role = newcomer.role.role();
    let Some(name) = newcomer.name else {
        return Err(format!(
            "nobody is registered as {}; `--name` makes an account",
            email.as_str()
        ));
    };
    let name = DisplayName::parse(&name).map_err(|error| error.to_string())?;
    let password = Password::parse(typed()?).map_err(|error| error.to_string())?;
    let done = format!("{} was enrolled as {}.", email.as_str(), role.as_str());
    let enrolled = identity.enrol(Enrol { email, name, password, role }).await;
    enrolled.map_err(|error| chain(&error))?;
    Ok(done)
}

async fn promote(identity: &Identity, email: &Email, role: Role) -> Result<String, String> {
    let address = email.as_str();
    match identity.promote(email, role).await {
        Ok(was) if was == role => Ok(format!("{address} is {} already.", role.as_str())),
        Ok(was) => Ok(format!("{address} is {} now; it was {}.", role.as_str(), was.as_str())),
        Err(IdentityError::Disabled) => Err(format!("the account of {address} is disabled")),
        Err(IdentityError::Unverified) => {
            Err(format!("{address} is not verified: its owner opens the link in the mail first"))
        }
        Err(error) => Err(chain(&error)),
    }
}

/// A line of standard input, without its end.
fn typed() -> Result<String, String> {
    let stdin = std::io::stdin();
    if stdin.is_terminal() {
        say("Password, seen as it is typed:");
    }
    let mut line = String::new();
    stdin.lock().read_line(&mut line).map_err(|error| format!("the password: {error}"))?;
    let typed = line.strip_suffix('\n').unwrap_or(&line);
    Ok(typed.strip_suffix('\r').unwrap_or(typed).to_owned())
}
