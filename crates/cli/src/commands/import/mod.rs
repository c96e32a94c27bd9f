//! `dictum import`: other systems' policies to packages.

mod cases;
mod cedar;

use crate::console::{Console, Format};
use crate::stop::Ending;

const EXAMPLES: &str = "\
Examples:
  dictum import cedar --policies photos.cedar --schema photos.cedarschema -o photos/
  dictum import cedar --help

Exit codes: 0 imported, 1 something is refused, 2 reading or writing failed.";

/// Bring in the policies of another system
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Import {
    #[command(subcommand)]
    system: System,
}

/// What policies are brought in from.
#[derive(clap::Subcommand)]
enum System {
    Cedar(cedar::Cedar),
}

impl Import {
    pub(super) fn format(&self) -> Format {
        let System::Cedar(cedar) = &self.system;
        cedar.format
    }

    pub(crate) fn run(&self, console: &mut Console) -> Ending {
        let System::Cedar(cedar) = &self.system;
        cedar.run(console)
    }
}
