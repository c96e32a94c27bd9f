//! What would have to be otherwise for a rule to fire, or not to.

use std::collections::BTreeSet;

use dictum_artifact::dag::Effect;
use dictum_artifact::expr::{Expr, Literal};
use dictum_runtime::{Part, Truth};
use serde::Serialize;

use super::Subject;
use crate::describe;

/// How many alternatives are told.
const MAX_ALTERNATIVES: usize = 3;

/// What has to be otherwise for a rule to fire (of a permit), or not to fire (of a forbid).
#[derive(Serialize)]
pub(super) struct Change {
    pub(super) rule: String,
    pub(super) effect: &'static str,
    /// What has to hold; `null` where nothing in a request can make it so.
    pub(super) text: Option<String>,
}

impl Change {
    /// The change of a rule that needs this.
    pub(super) fn of(rule: String, effect: Effect, need: Option<&Need>) -> Self {
        Self {
            rule,
            effect: crate::decision::effect_word(effect),
            text: need.map(Need::text),
        }
    }
}

/// What has to be otherwise.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Need {
    /// This has to hold.
    Holds(String),
    /// This grant has to be made.
    Grant(String),
    /// All of these; nothing, where there is none.
    All(Vec<Need>),
    /// One of these; there are two at least.
    Any(Vec<Need>),
}

impl Need {
    /// All of several needs, each once.
    pub(super) fn all(needs: Vec<Self>) -> Self {
        let mut all = Vec::new();
        for need in needs {
            if let Self::All(inner) = need {
                all.extend(inner);
            } else {
                all.push(need);
            }
        }
        let mut known = BTreeSet::new();
        all.retain(|need| known.insert(need.clone()));
        match <[Self; 1]>::try_from(all) {
            Ok([one]) => one,
            Err(all) => Self::All(all),
        }
    }

    /// The smallest of several needs, of which one is enough; `None` of none.
    pub(super) fn any(needs: Vec<Self>) -> Option<Self> {
        let least = needs.iter().map(Self::size).min()?;
        let mut any = Vec::new();
        for need in needs.into_iter().filter(|need| need.size() == least) {
            if let Self::Any(inner) = need {
                any.extend(inner);
            } else {
                any.push(need);
            }
        }
        let mut known = BTreeSet::new();
        any.retain(|need| known.insert(need.clone()));
        any.truncate(MAX_ALTERNATIVES);
        Some(match <[Self; 1]>::try_from(any) {
            Ok([one]) => one,
            Err(any) => Self::Any(any),
        })
    }

    /// How many things have to be otherwise.
    pub(super) fn size(&self) -> usize {
        match self {
            Self::Holds(_) | Self::Grant(_) => 1,
            Self::All(all) => all.iter().map(Self::size).sum(),
            Self::Any(any) => any.iter().map(Self::size).min().unwrap_or(0),
        }
    }

    /// Whether a grant is enough.
    pub(super) fn is_grant(&self) -> bool {
        match self {
            Self::Grant(_) => true,
            Self::Any(any) => any.iter().any(Self::is_grant),
            Self::Holds(_) | Self::All(_) => false,
        }
    }

    fn text(&self) -> String {
        let inner = |need: &Self| match need {
            Self::Holds(_) | Self::Grant(_) => need.text(),
            Self::All(_) | Self::Any(_) => format!("({})", need.text()),
        };
        match self {
            Self::Holds(text) | Self::Grant(text) => text.clone(),
            Self::All(all) => all.iter().map(inner).collect::<Vec<_>>().join(", and "),
            Self::Any(any) => any.iter().map(inner).collect::<Vec<_>>().join(", or "),
        }
    }
}

impl Subject<'_> {
    /// What has to be otherwise for a condition to be `wanted`; `None` where nothing in a request can make it so. Recursion is
    /// as deep as the condition.
    pub(super) fn need(self, part: &Part, wanted: bool) -> Option<Need> {
        if part.truth.known() == Some(wanted) {
            return Some(Need::All(Vec::new()));
        }
        let expr = self.artifact.exprs.get(part.expr)?;
        let joins_all = matches!(expr, Expr::And(_) | Expr::AndThen(_)) == wanted;
        let is_sequence = matches!(expr, Expr::AndThen(_) | Expr::OrElse(_));
        // What stands behind an undefined part of a sequence cannot settle it.
        let undefined = part.parts.iter().position(|inner| inner.truth.known().is_none());
        let reached = match undefined.filter(|_| is_sequence && !joins_all) {
            Some(at) => at + 1,
            None => part.parts.len(),
        };
        let open = || {
            let parts = part.parts.iter().take(reached);
            parts.filter(|inner| inner.truth.known() != Some(wanted))
        };
        if matches!(expr, Expr::Literal(Literal::Bool(_))) {
            return None;
        }
        // A trace that is not whole tells conditions without their parts.
        let joins = matches!(expr, Expr::And(_) | Expr::Or(_) | Expr::Not(_));
        let is_joined = (joins || is_sequence) && !part.parts.is_empty();
        if !is_joined {
            return Some(self.atom(expr, part, wanted));
        }
        if let (Expr::Not(_), [inner]) = (expr, part.parts.as_slice()) {
            return self.need(inner, !wanted);
        }
        if joins_all {
            let needs: Option<Vec<Need>> = open().map(|inner| self.need(inner, wanted)).collect();
            needs.map(Need::all)
        } else {
            Need::any(open().filter_map(|inner| self.need(inner, wanted)).collect())
        }
    }

    fn atom(self, expr: &Expr, part: &Part, wanted: bool) -> Need {
        let shape = self.shape();
        if let (Expr::GrantHeld(role), true) = (expr, wanted) {
            return Need::Grant(format!("there is a grant of {}", self.grants_wanted(*role)));
        }
        let text = if let (Expr::GrantHeld(role), false) = (expr, wanted) {
            format!("there is no grant of {}", self.grants_wanted(*role))
        } else if wanted {
            describe::expression(self.artifact, shape, part.expr)
        } else {
            describe::negated(self.artifact, shape, part.expr)
        };
        Need::Holds(match part.truth {
            Truth::Undefined => format!("{text} (which is not known)"),
            Truth::True | Truth::False | Truth::Settled => text,
        })
    }
}
