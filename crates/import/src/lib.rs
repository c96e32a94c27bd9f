//! Brings the policies of other systems into Dictum: [`cedar`].
//!
//! Nothing here touches the file system.

pub mod cedar;
