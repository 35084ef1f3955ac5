//! `souk`: serve, worker, migrate, seed, openapi, gateway, check.

use std::process::ExitCode;

fn main() -> ExitCode {
    server::cli::main()
}
