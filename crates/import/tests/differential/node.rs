//! Expressions of Cedar's as texts with parts of known types, so that a failing condition can be made smaller.

use std::fmt;

use crate::schema::Ty;

#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) ty: Ty,
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug)]
enum Piece {
    Text(String),
    Node(Node),
}

impl Node {
    pub(crate) fn leaf(ty: Ty, text: impl Into<String>) -> Self {
        Self {
            ty,
            pieces: vec![Piece::Text(text.into())],
        }
    }

    /// A text with a `§` for each part.
    pub(crate) fn new(ty: Ty, form: &str, parts: impl IntoIterator<Item = Self>) -> Self {
        let mut pieces = Vec::new();
        let mut parts = parts.into_iter();
        for (number, text) in form.split('§').enumerate() {
            if number > 0 {
                pieces.extend(parts.next().map(Piece::Node));
            }
            pieces.push(Piece::Text(text.to_owned()));
        }
        Self { ty, pieces }
    }

    pub(crate) fn bool(form: &str, parts: impl IntoIterator<Item = Self>) -> Self {
        Self::new(Ty::Bool, form, parts)
    }

    /// What it could be instead: something smaller of the same type, or the same with a smaller part.
    pub(crate) fn smaller(&self) -> Vec<Self> {
        let mut found = Vec::new();
        let text = self.to_string();
        if self.ty == Ty::Bool && text != "true" && text != "false" {
            found.extend(["true", "false"].map(|text| Self::leaf(Ty::Bool, text)));
        }
        if self.ty == Ty::Long && text.len() > 1 {
            found.push(Self::leaf(Ty::Long, "1"));
        }
        self.inner(&self.ty, &mut found);
        for (at, piece) in self.pieces.iter().enumerate() {
            if let Piece::Node(part) = piece {
                for other in part.smaller() {
                    let mut whole = self.clone();
                    whole.pieces[at] = Piece::Node(other);
                    found.push(whole);
                }
            }
        }
        found
    }

    /// The outermost parts of a type.
    fn inner(&self, ty: &Ty, found: &mut Vec<Self>) {
        for piece in &self.pieces {
            if let Piece::Node(part) = piece {
                if part.ty == *ty {
                    found.push(part.clone());
                } else {
                    part.inner(ty, found);
                }
            }
        }
    }
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.pieces.iter().try_for_each(|piece| match piece {
            Piece::Text(text) => f.write_str(text),
            Piece::Node(node) => node.fmt(f),
        })
    }
}
