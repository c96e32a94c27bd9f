//! The command `dictum`: checks, builds, tests, evaluates and formats authorization policies.
//!
//! One file per subcommand in [`commands`]; each reads its arguments and files, calls the libraries, and writes to a
//! [`console::Console`]. [`package`] finds and reads sources, [`report`] renders what is wrong with them.

mod activity;
mod codes;
mod commands;
mod console;
mod costs;
mod decision;
mod describe;
mod explanation;
mod files;
mod holdings;
mod inputs;
mod lines;
mod lints;
mod manifest;
mod markdown;
mod mending;
mod obligations;
mod outline;
mod package;
mod pages;
mod pattern;
mod policy;
mod reads;
mod report;
mod stop;
mod walk;

use std::process::ExitCode;

use clap::Parser;

use console::{Color, Console};

const AFTER_HELP: &str = "\
Examples:
  dictum check                                  check all policies below the current folder
  dictum test examples/todo                     run the tests that policies declare
  dictum build policy/ -o policy.dpa            compile
  dictum eval --policy policy.dpa --data store.json --request request.json

Exit codes:
  0  all is well, or allowed
  1  a policy, data or a request is bad, or a test failed
  2  the command line is wrong, or reading or writing failed
  3  denied (`eval` and `explain`)";

/// Typed authorization policies: check, build, test, evaluate, format.
#[derive(Parser)]
#[command(name = "dictum", version, about, after_help = AFTER_HELP, max_term_width = 100, propagate_version = true)]
struct Arguments {
    #[command(subcommand)]
    command: commands::Command,

    /// When to colour; by default on a terminal, unless NO_COLOR is set
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "WHEN",
        default_value_t,
        hide_possible_values = true
    )]
    color: Color,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let mut console = Console::new(arguments.color, arguments.command.wants_json());
    let ending = arguments
        .command
        .run(&mut console)
        .and_then(|exit| console.flush().map(|()| exit));
    let exit = ending.unwrap_or_else(|stop| console.finish(&stop));
    ExitCode::from(exit as u8)
}
