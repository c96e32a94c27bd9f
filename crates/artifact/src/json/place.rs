//! From offsets to what a person reads: lines, columns and paths.

use super::DataError;
use super::text::{Fault, Kind, Node};
use crate::naming::shown;
use crate::path::member;

/// The path of the innermost part of a tree at an offset, such as `entities[3].properties.owner`.
pub(crate) fn path_to(root: &Node<'_>, at: usize) -> String {
    let mut path = String::new();
    let mut node = root;
    loop {
        match &node.kind {
            Kind::Array(items) => {
                let index = items.partition_point(|item| item.end <= at);
                match items.get(index) {
                    Some(item) if item.start <= at => {
                        path.push_str(&format!("[{index}]"));
                        node = item;
                    }
                    Some(_) | None => break,
                }
            }
            Kind::Object(members) => match members.get(members.partition_point(|m| m.value.end <= at)) {
                Some(found) if found.at <= at => {
                    path.push_str(&member(&found.key));
                    node = &found.value;
                }
                Some(_) | None => break,
            },
            Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::String(_) => break,
        }
    }
    match path.strip_prefix('.') {
        Some(rest) => rest.to_owned(),
        None => path,
    }
}

/// The lines and columns of offsets of one text, which are sorted; one pass over the text for all of them.
pub(crate) struct Places(Vec<(usize, (u32, u32))>);

impl Places {
    pub(crate) fn new(text: &str, mut offsets: Vec<usize>) -> Self {
        offsets.sort_unstable();
        offsets.dedup();
        let text = text
            .strip_prefix('\u{feff}')
            .map_or((text, 0), |rest| (rest, text.len() - rest.len()));
        let (text, skipped) = text;
        let (mut line, mut column, mut from) = (1_u32, 1_u32, 0);
        let mut places = Vec::with_capacity(offsets.len());
        for offset in offsets {
            let to = offset.saturating_sub(skipped).min(text.len());
            for byte in text.as_bytes().get(from..to).unwrap_or_default() {
                match byte {
                    b'\n' => (line, column) = (line.saturating_add(1), 1),
                    // The later bytes of a code point do not count.
                    0x80..=0xbf => {}
                    _ => column = column.saturating_add(1),
                }
            }
            from = to;
            places.push((offset, (line, column)));
        }
        Self(places)
    }

    /// The line and column of one of the offsets.
    pub(crate) fn get(&self, offset: usize) -> (u32, u32) {
        let at = self.0.binary_search_by_key(&offset, |(known, _)| *known);
        at.ok()
            .and_then(|at| self.0.get(at))
            .map_or((0, 0), |(_, place)| *place)
    }
}

/// The error that a fault of a text is.
pub(crate) fn locate(name: &str, text: &str, root: Option<&Node<'_>>, fault: Fault) -> DataError {
    let (line, column) = Places::new(text, vec![fault.at]).get(fault.at);
    DataError {
        source: name.to_owned(),
        line,
        column,
        path: root.map(|root| path_to(root, fault.at)).unwrap_or_default(),
        message: shown(&fault.message).into_owned(),
        help: fault.help.map(|help| shown(&help).into_owned()),
    }
}
