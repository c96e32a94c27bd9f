//! The subcommands, one file each.

/// The examples that end `-h`, and the whole that ends `--help`; the last part is the exit codes.
macro_rules! help {
    ($examples:literal, $rest:literal, $exits:literal) => {
        const EXAMPLES: &str = $examples;
        const LONG: &str = concat!(
            $examples,
            "\n\n",
            $rest,
            "\n\n",
            "Where the command cannot begin or go on (a file is missing, say), the JSON is\n",
            "  {\"error\": {\"message\": \"…\", \"help\": \"…\" | null}}\n\n",
            $exits
        );
    };
}

mod build;
mod check;
mod eval;
mod explain;
mod explain_code;
mod fix;
mod fmt;
#[cfg(feature = "import")]
mod import;
mod inspect;
mod test;

use crate::console::{Console, Format};
use crate::stop::Ending;

/// A subcommand with its arguments.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    Check(check::Check),
    Build(build::Build),
    Inspect(inspect::Inspect),
    Eval(eval::Eval),
    Explain(explain::Explain),
    Test(test::Test),
    Fmt(fmt::Fmt),
    Fix(fix::Fix),
    ExplainCode(explain_code::ExplainCode),
    #[cfg(feature = "import")]
    Import(import::Import),
}

impl Command {
    /// Whether the standard output is for programs.
    pub(crate) fn wants_json(&self) -> bool {
        let format = match self {
            Self::Check(command) => command.format,
            Self::Build(command) => command.format,
            Self::Inspect(command) => command.format,
            Self::Eval(command) => return command.wants_json(),
            Self::Explain(command) => command.format,
            Self::Test(command) => command.format,
            Self::Fmt(command) => command.format,
            Self::Fix(command) => command.format,
            Self::ExplainCode(command) => command.format,
            #[cfg(feature = "import")]
            Self::Import(command) => command.format(),
        };
        format == Format::Json
    }

    /// Does what the subcommand is for.
    pub(crate) fn run(&self, console: &mut Console) -> Ending {
        match self {
            Self::Check(command) => command.run(console),
            Self::Build(command) => command.run(console),
            Self::Inspect(command) => command.run(console),
            Self::Eval(command) => command.run(console),
            Self::Explain(command) => command.run(console),
            Self::Test(command) => command.run(console),
            Self::Fmt(command) => command.run(console),
            Self::Fix(command) => command.run(console),
            Self::ExplainCode(command) => command.run(console),
            #[cfg(feature = "import")]
            Self::Import(command) => command.run(console),
        }
    }
}
