//! `souk`: serve, worker, migrate, enrol, seed, openapi, gateway, check, ledger.

use std::process::ExitCode;

/// A request makes hundreds of small things for a moment; this is where they are made quickest.
#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    server::cli::main()
}
