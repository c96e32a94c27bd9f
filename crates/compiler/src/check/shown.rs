//! Trees as text, for messages.

use dictum_artifact::value::quote;
use dictum_syntax::ast::{Expr, ExprKind};
use dictum_syntax::naming;

/// A short expression as it is written; `…` for a longer one.
pub(super) fn shown(expr: &Expr) -> String {
    let path = |of: &Expr| shown(of);
    match &expr.kind {
        ExprKind::Bool(value) => value.to_string(),
        ExprKind::Int(value) => value.to_string(),
        ExprKind::Decimal(value) => value.to_string(),
        ExprKind::String(value) => quote(value),
        ExprKind::Timestamp(value) => format!("time\"{value}\""),
        ExprKind::Duration(value) => value.to_string(),
        ExprKind::Ip(value) => format!("ip\"{value}\""),
        ExprKind::Entity(entity) => format!(
            "{}::{}",
            naming::written_path(&entity.ty.name),
            quote(&entity.id.value)
        ),
        ExprKind::Name(text) => naming::written_path(text),
        ExprKind::Principal => "principal".to_owned(),
        ExprKind::Resource => "resource".to_owned(),
        ExprKind::Action => "action".to_owned(),
        ExprKind::Context => "context".to_owned(),
        ExprKind::Field(of, field) => format!("{}.{}", path(of), name(&field.name)),
        ExprKind::Index(of, key) => format!("{}[{}]", path(of), shown(key)),
        ExprKind::Method(..)
        | ExprKind::Call(..)
        | ExprKind::Matches(..)
        | ExprKind::Quantified(..)
        | ExprKind::Set(_)
        | ExprKind::Record(_)
        | ExprKind::Not(_)
        | ExprKind::Negate(_)
        | ExprKind::Binary(..)
        | ExprKind::And(_)
        | ExprKind::Or(_)
        | ExprKind::AndThen(_)
        | ExprKind::OrElse(_)
        | ExprKind::If(..)
        | ExprKind::Has(..)
        | ExprKind::Is(..)
        | ExprKind::IsEmpty(_)
        | ExprKind::Like(..)
        | ExprKind::Otherwise(..) => "…".to_owned(),
    }
}

/// A name as it is written in an expression: between backticks, where it has to be.
pub(crate) fn name(text: &str) -> String {
    naming::written(text).into_owned()
}

/// `a`, `b` and `c`; long lists are cut.
pub(crate) fn list(names: impl IntoIterator<Item = impl AsRef<str>>) -> String {
    const MOST: usize = 8;
    let mut shown: Vec<String> = Vec::new();
    let mut more = 0usize;
    for text in names {
        if shown.len() < MOST {
            shown.push(format!("`{}`", text.as_ref()));
        } else {
            more += 1;
        }
    }
    if more > 0 {
        shown.push(format!("{more} more"));
    }
    match shown.split_last() {
        None => String::new(),
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists() {
        assert_eq!(list([""; 0]), "");
        assert_eq!(list(["a"]), "`a`");
        assert_eq!(list(["a", "b", "c"]), "`a`, `b` and `c`");
        assert_eq!(
            list(["x"; 10]),
            "`x`, `x`, `x`, `x`, `x`, `x`, `x`, `x` and 2 more"
        );
    }

    #[test]
    fn names() {
        assert_eq!(name("department"), "department");
        assert_eq!(name("x-request-id"), "`x-request-id`");
        assert_eq!(name("permit"), "`permit`");
        assert_eq!(name("1a"), "`1a`");
    }
}
