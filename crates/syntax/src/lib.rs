//! Text to tree: the parser, the syntax tree and the formatter of the policy language.
//!
//! Nothing here touches the file system, and parsing never fails: it returns what could be read and what could not.

pub mod ast;
pub mod diagnostic;
pub mod fix;
pub mod format;
mod hidden;
pub mod lexer;
pub mod naming;
mod parser;
pub mod source;

pub use parser::{CODES, parse};
