//! The parser and the formatter from outside: what they make of short texts, of all examples, and of hostile ones.

#[cfg(test)]
mod corpus;
#[cfg(test)]
mod errors;
#[cfg(test)]
mod habits;
#[cfg(test)]
mod hidden;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod layout;
#[cfg(test)]
mod mends;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod slips;
#[cfg(test)]
mod trees;
