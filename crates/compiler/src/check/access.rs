//! What is read of a value: attributes, fields, keys, properties; and whether it is there.

use dictum_artifact::expr::{Expr, ExprId, Property};
use dictum_artifact::ops::WEEKDAY;
use dictum_artifact::schema::{EntityTypeId, Fields, Type, TypeId};
use dictum_syntax::ast::{self, ExprKind, Ident};
use dictum_syntax::diagnostic::Diagnostic;
use dictum_syntax::source::Span;

use super::shown::{list, name, shown};
use super::{Checker, Typed};
use crate::codes;
use crate::declare::{TypeName, UNKNOWN};

/// The properties of each type's values but [`Property::Weekday`], and what they are.
const PROPERTIES: [(&str, Of, Property, Type); 15] = [
    ("length", Of::Type(Type::String), Property::Length, Type::Int),
    ("size", Of::Set, Property::Size, Type::Int),
    ("is_v4", Of::Type(Type::Ip), Property::IsV4, Type::Bool),
    ("is_v6", Of::Type(Type::Ip), Property::IsV6, Type::Bool),
    (
        "is_loopback",
        Of::Type(Type::Ip),
        Property::IsLoopback,
        Type::Bool,
    ),
    (
        "is_multicast",
        Of::Type(Type::Ip),
        Property::IsMulticast,
        Type::Bool,
    ),
    ("is_private", Of::Type(Type::Ip), Property::IsPrivate, Type::Bool),
    (
        "time_of_day",
        Of::Type(Type::Timestamp),
        Property::TimeOfDay,
        Type::Duration,
    ),
    ("date", Of::Type(Type::Timestamp), Property::Date, Type::Timestamp),
    ("weekday", Of::Type(Type::Timestamp), Property::Weekday, Type::Int),
    (
        "in_milliseconds",
        Of::Type(Type::Duration),
        Property::InMilliseconds,
        Type::Int,
    ),
    (
        "in_seconds",
        Of::Type(Type::Duration),
        Property::InSeconds,
        Type::Int,
    ),
    (
        "in_minutes",
        Of::Type(Type::Duration),
        Property::InMinutes,
        Type::Int,
    ),
    ("in_hours", Of::Type(Type::Duration), Property::InHours, Type::Int),
    ("in_days", Of::Type(Type::Duration), Property::InDays, Type::Int),
];

/// The functions of texts.
const FUNCTIONS: [&str; 2] = ["starts_with", "ends_with"];

/// The types that have a property.
#[derive(Clone, Copy)]
enum Of {
    Type(Type),
    Set,
}

/// The name and the type of what every value of a type has.
fn properties(ty: Type) -> impl Iterator<Item = (&'static str, Property, Type)> {
    PROPERTIES
        .into_iter()
        .filter_map(move |(name, of, property, result)| {
            let fits = match of {
                Of::Type(of) => of == ty,
                Of::Set => matches!(ty, Type::Set(_)),
            };
            fits.then_some((name, property, result))
        })
}

/// A value that is read, with the test for its presence where it may be absent.
pub(super) struct Read {
    pub(super) typed: Typed,
    presence: Option<Expr>,
}

impl Read {
    pub(super) fn is_optional(&self) -> bool {
        self.presence.is_some()
    }
}

impl Checker<'_, '_> {
    pub(super) fn field(&mut self, of: &ast::Expr, field: &Ident, whole: &ast::Expr) -> Option<Typed> {
        let read = self.read_field(of, field)?;
        self.present(read, whole)
    }

    pub(super) fn index(&mut self, map: &ast::Expr, key: &ast::Expr, whole: &ast::Expr) -> Option<Typed> {
        let read = self.read_key(map, key, whole.span)?;
        self.present(read, whole)
    }

    /// What an expression reads, present or absent.
    pub(super) fn read(&mut self, expr: &ast::Expr) -> Option<Read> {
        match &expr.kind {
            ExprKind::Field(of, field) => self.read_field(of, field),
            ExprKind::Index(map, key) => self.read_key(map, key, expr.span),
            _ => self.infer(expr, None).map(|typed| Read {
                typed,
                presence: None,
            }),
        }
    }

    /// The value that is read, where it is known to be there.
    fn present(&mut self, read: Read, whole: &ast::Expr) -> Option<Typed> {
        let Some(test) = read.presence else {
            return Some(read.typed);
        };
        if self.facts.holds(self.declared.exprs.find(&test)) {
            return Some(read.typed);
        }
        let (path, question) = match &whole.kind {
            ExprKind::Field(of, field) => (shown(whole), format!("{} has {}", shown(of), name(&field.name))),
            ExprKind::Index(map, key) => (shown(whole), format!("{} has {}", shown(map), shown(key))),
            _ => (shown(whole), format!("… has {}", shown(whole))),
        };
        let mut help = format!("ask for it first, `{question} and …`");
        // A map has no literal, so there is no default to give.
        if !matches!(self.ty(read.typed.ty), Some(Type::Map(_))) {
            help += &format!(", or give a default, `{path} ?? …`");
        }
        self.error(
            Diagnostic::error(
                codes::MAY_BE_ABSENT,
                whole.span,
                format!("`{path}` may be absent here"),
            )
            .with_help(help),
        );
        None
    }

    fn read_field(&mut self, of: &ast::Expr, field: &Ident) -> Option<Read> {
        if let ExprKind::Name(enum_name) = &of.kind
            && let Some(ty) = self.declared.types.get(enum_name).map(|(kind, _)| *kind)
        {
            let wanted = match ty {
                TypeName::Enum(id) => Some(id),
                TypeName::Alias(alias) => match self.ty(alias) {
                    Some(Type::Enum(id)) => Some(id),
                    // Enough was said of what the alias stands for.
                    None => return None,
                    Some(_) => None,
                },
                TypeName::BuiltIn(_) | TypeName::Entity(_) => None,
            };
            if let Some(wanted) = wanted {
                let typed = self.variant_of(wanted, &field.name, field.span)?;
                return Some(Read {
                    typed,
                    presence: None,
                });
            }
        }
        let of_typed = self.infer(of, None)?;
        self.member(of_typed, field, Some(of))
    }

    /// The attribute, field or property of a value.
    fn member(&mut self, of: Typed, field: &Ident, written: Option<&ast::Expr>) -> Option<Read> {
        let ty = self.ty(of.ty)?;
        if let Some((index, declared)) = self.declared_fields(ty).and_then(|fields| {
            let index = fields.position(&field.name)?;
            Some((index, fields.get(index)?))
        }) {
            let (field_type, optional) = (declared.ty, declared.optional);
            if field_type == UNKNOWN {
                return None;
            }
            let (expr, presence) = match ty {
                Type::Entity(_) => (
                    Expr::Attribute { of: of.id, index },
                    Expr::HasAttribute { of: of.id, index },
                ),
                _ => (
                    Expr::Field { of: of.id, index },
                    Expr::HasField { of: of.id, index },
                ),
            };
            let typed = Typed {
                id: self.declared.exprs.add(expr),
                ty: field_type,
            };
            return Some(Read {
                typed,
                presence: optional.then_some(presence),
            });
        }
        let typed = match ty {
            Type::Entity(_) if field.name == "id" => self.typed(Expr::Id(of.id), Type::String),
            _ => match properties(ty).find(|(known, _, _)| *known == field.name) {
                Some((_, Property::Weekday, _)) => {
                    let weekday = self.declared.schema.find_enum(WEEKDAY.0)?;
                    self.typed(Expr::Property(Property::Weekday, of.id), Type::Enum(weekday))
                }
                Some((_, property, result)) => self.typed(Expr::Property(property, of.id), result),
                None => {
                    self.no_such_member(of.ty, field, written);
                    None
                }
            },
        };
        typed.map(|typed| Read {
            typed,
            presence: None,
        })
    }

    fn declared_fields(&self, ty: Type) -> Option<&Fields> {
        match ty {
            Type::Entity(entity) => self
                .declared
                .schema
                .entity_type(entity)
                .map(|def| &def.attributes),
            Type::Record(record) => self.declared.schema.record(record),
            Type::Bool
            | Type::Int
            | Type::Decimal
            | Type::String
            | Type::Timestamp
            | Type::Duration
            | Type::Ip
            | Type::Enum(_)
            | Type::Set(_)
            | Type::Map(_) => None,
        }
    }

    fn no_such_member(&mut self, of: TypeId, field: &Ident, written: Option<&ast::Expr>) {
        if let Some(diagnostic) = self.no_member(of, field, written) {
            self.error(diagnostic);
        }
    }

    /// Says that a type has no such attribute; nothing, where a declaration in error may be why.
    fn no_member(&self, of: TypeId, field: &Ident, written: Option<&ast::Expr>) -> Option<Diagnostic> {
        let ty = self.ty(of)?;
        let (type_name, text) = (self.name_of(of), field.name.as_str());
        let of_path = written.map_or_else(|| "…".to_owned(), shown);
        let error = |message: String| Diagnostic::error(codes::UNKNOWN_ATTRIBUTE, field.span, message);
        let known = self
            .declared_fields(ty)
            .into_iter()
            .flat_map(Fields::iter)
            .map(|field| field.name.as_str());
        let near = || {
            self.declared
                .did_you_mean(text, known.clone().chain(properties(ty).map(|(name, _, _)| name)))
        };
        let mut diagnostic = match ty {
            Type::Entity(entity) => {
                // Not all attributes may be known, or another type may have been asked for, in a part that is in error.
                if self.declared.is_doubtful(&type_name) || self.facts.is_in_doubt() {
                    return None;
                }
                let mut diagnostic = error(format!("`{type_name}` has no attribute `{text}`"));
                diagnostic.help = near().or_else(|| self.owners(entity, text, &of_path));
                return Some(diagnostic);
            }
            Type::Record(_) if written.is_some_and(|written| matches!(written.kind, ExprKind::Context)) => {
                let elsewhere = self.actions_with(text);
                let (message, help) = match elsewhere.as_slice() {
                    [] => (format!("the context has no field `{text}`"), near()),
                    [one] => (
                        format!("not every request here has the context field `{text}`"),
                        Some(format!(
                            "only `{0}` has it: ask for that first, `action == {0} and …`",
                            name(one)
                        )),
                    ),
                    [one, ..] => (
                        format!("not every request here has the context field `{text}`"),
                        Some(format!(
                            "only {} have it: ask for one of them first, as in `action == {} and …`",
                            list(&elsewhere),
                            name(one)
                        )),
                    ),
                };
                let mut diagnostic = error(message);
                diagnostic.help = help;
                return Some(diagnostic);
            }
            Type::Record(_) => {
                let mut diagnostic = error(format!("the record has no field `{text}`"));
                let has_fields = known.clone().next().is_some();
                diagnostic.help =
                    near().or_else(|| has_fields.then(|| format!("its fields are {}", list(known.clone()))));
                return Some(diagnostic);
            }
            Type::Map(_) => error(format!("`{type_name}` has no field `{text}`"))
                .with_help(format!("a map is read by key: `{of_path}[\"{text}\"]`")),
            Type::Bool
            | Type::Int
            | Type::Decimal
            | Type::String
            | Type::Timestamp
            | Type::Duration
            | Type::Ip
            | Type::Enum(_)
            | Type::Set(_) => {
                let mut diagnostic = error(format!("a value of type `{type_name}` has no `{text}`"));
                diagnostic.help = near().or_else(|| {
                    let meant = match (ty, text) {
                        (Type::String, "size" | "len") => "length",
                        (Type::Set(_), "length" | "len" | "count") => "size",
                        (Type::Timestamp, "hour") => "time_of_day.in_hours",
                        _ => return None,
                    };
                    Some(format!("did you mean `{of_path}.{meant}`?"))
                });
                diagnostic
            }
        };
        if ty == Type::String && FUNCTIONS.contains(&text) {
            diagnostic.help = Some(format!("it is a function: `{of_path}.{text}(\"…\")`"));
        }
        Some(diagnostic)
    }

    /// The actions whose requests have a context field.
    fn actions_with(&self, field: &str) -> Vec<&str> {
        let actions = self.declared.own_context.get(field).into_iter().flatten();
        let defs = actions.filter_map(|action| self.declared.schema.action(*action));
        defs.map(|def| def.name.as_str()).collect()
    }

    /// The types that have the attribute that this one lacks.
    fn owners(&self, but: EntityTypeId, attribute: &str, path: &str) -> Option<String> {
        let types = (0u32..).map(EntityTypeId).zip(&self.declared.schema.entity_types);
        let mut owners = types
            .filter(|(id, def)| *id != but && def.attributes.position(attribute).is_some())
            .map(|(_, def)| def.name.as_str());
        let owner = owners.next()?;
        Some(format!(
            "`{owner}` has it: ask for the type first, `{path} is {} and …`",
            name(owner)
        ))
    }

    fn read_key(&mut self, map: &ast::Expr, key: &ast::Expr, span: Span) -> Option<Read> {
        let of = self.infer(map, None)?;
        let Some(Type::Map(value)) = self.ty(of.ty) else {
            let message = format!(
                "only a map is read by key, and this is a value of type `{}`",
                self.name_of(of.ty)
            );
            let mut diagnostic = Diagnostic::error(codes::OPERATOR_TYPES, span, message);
            diagnostic.help = match (self.ty(of.ty)?, &key.kind) {
                (Type::Entity(_) | Type::Record(_), ExprKind::String(field)) => {
                    Some(format!("write `{}.{}`", shown(map), name(field)))
                }
                (Type::Set(_), _) => Some(format!(
                    "to ask what a set holds, write `{} contains …`",
                    shown(map)
                )),
                _ => None,
            };
            self.error(diagnostic);
            return None;
        };
        let key = self.key(key)?;
        let typed = Typed {
            id: self.declared.exprs.add(Expr::Lookup { map: of.id, key }),
            ty: value,
        };
        Some(Read {
            typed,
            presence: Some(Expr::HasKey { map: of.id, key }),
        })
    }

    /// The key of a map: text.
    fn key(&mut self, key: &ast::Expr) -> Option<ExprId> {
        if let ExprKind::Name(text) = &key.kind {
            let message = "the key of a map is text";
            self.error(
                Diagnostic::error(codes::TYPE_MISMATCH, key.span, message)
                    .with_help(format!("write it in quotes: `\"{text}\"`")),
            );
            return None;
        }
        let string = self.declared.intern(Type::String);
        self.check(key, string)
    }

    /// `x has f.g`, `m has key`
    pub(super) fn has(&mut self, of: &ast::Expr, what: &ast::Expr) -> Option<Typed> {
        let whole = self.infer(of, None)?;
        if let Some(Type::Map(_)) = self.ty(whole.ty) {
            let key = self.key(what)?;
            return self.typed(Expr::HasKey { map: whole.id, key }, Type::Bool);
        }
        let Some(path) = path(what) else {
            let mut diagnostic = Diagnostic::error(
                codes::OPERATOR_TYPES,
                what.span,
                format!(
                    "`has` asks a value of type `{}` for an attribute by its name",
                    self.name_of(whole.ty)
                ),
            );
            diagnostic.help = match &what.kind {
                ExprKind::String(text) => Some(format!("write `{} has {}`", shown(of), name(text))),
                _ => None,
            };
            self.error(diagnostic);
            return None;
        };
        let mut tests: Vec<ExprId> = Vec::new();
        let mut at = whole;
        let mut written = Some(of);
        let mut is_defined = !self.declared.exprs.can_be_undefined(whole.id);
        for (step, field) in path.iter().enumerate() {
            let Some(ty @ (Type::Entity(_) | Type::Record(_))) = self.ty(at.ty) else {
                let message = format!("a value of type `{}` has no attributes", self.name_of(at.ty));
                let mut diagnostic = Diagnostic::error(codes::UNKNOWN_ATTRIBUTE, field.span, message);
                if matches!(self.ty(at.ty), Some(Type::Map(_))) {
                    let before = path
                        .iter()
                        .take(step)
                        .map(|field| format!(".{}", name(&field.name)));
                    let map = shown(of) + &before.collect::<String>();
                    diagnostic =
                        diagnostic.with_help(format!("ask a map for a key: `{map} has \"{}\"`", field.name));
                }
                self.error(diagnostic);
                return None;
            };
            let has_id = matches!(ty, Type::Entity(_)) && field.name == "id";
            if !has_id
                && self
                    .declared_fields(ty)
                    .is_some_and(|fields| fields.position(&field.name).is_none())
            {
                return self.has_never(at, field, written, what.span, tests);
            }
            let read = self.member(at, field, written)?;
            match read.presence {
                Some(test) => tests.push(self.declared.exprs.add(test)),
                // What is required is there, of whatever is defined.
                None if step + 1 == path.len() && !is_defined => {
                    tests.push(self.declared.exprs.settled(&[at.id], true));
                }
                None if matches!(ty, Type::Entity(_)) => is_defined = false,
                None => {}
            }
            at = read.typed;
            written = None;
        }
        self.possible(what.span);
        let id = self.declared.exprs.and(tests);
        self.truth(id)
    }

    /// `x has f`, where `x` is of a type without such an attribute. Another environment may have it.
    fn has_never(
        &mut self,
        of: Typed,
        field: &Ident,
        written: Option<&ast::Expr>,
        span: Span,
        mut tests: Vec<ExprId>,
    ) -> Option<Typed> {
        let mut diagnostic = self.no_member(of.ty, field, written)?;
        diagnostic.span = span;
        self.impossible(diagnostic);
        let never = self.declared.exprs.settled(&[of.id], false);
        if self.declared.exprs.known(never).is_some() {
            return self.truth(never);
        }
        tests.push(never);
        let id = self.declared.exprs.and(tests);
        self.truth(id)
    }

    /// `text.starts_with(prefix)` and the like.
    pub(super) fn method(
        &mut self,
        of: &ast::Expr,
        method: &Ident,
        arguments: &[ast::Expr],
    ) -> Option<Typed> {
        let of_typed = self.infer(of, None)?;
        let ty = self.ty(of_typed.ty)?;
        let make: fn(ExprId, ExprId) -> Expr = match (ty, method.name.as_str()) {
            (Type::String, "starts_with") => Expr::StartsWith,
            (Type::String, "ends_with") => Expr::EndsWith,
            _ => {
                self.no_such_function(of_typed.ty, method, of);
                return None;
            }
        };
        let [argument] = arguments else {
            let message = format!(
                "`{}` takes one text, and here are {} values",
                method.name,
                arguments.len()
            );
            self.error(
                Diagnostic::error(codes::ARGUMENTS, method.span, message).with_help(format!(
                    "write `{}.{}(\"…\")`",
                    shown(of),
                    method.name
                )),
            );
            return None;
        };
        let string = self.declared.intern(Type::String);
        let argument = self.check(argument, string)?;
        self.typed(make(of_typed.id, argument), Type::Bool)
    }

    fn no_such_function(&mut self, of: TypeId, method: &Ident, written: &ast::Expr) {
        let Some(ty) = self.ty(of) else { return };
        let is_attribute = self
            .declared_fields(ty)
            .is_some_and(|fields| fields.position(&method.name).is_some())
            || matches!(ty, Type::Entity(_)) && method.name == "id"
            || properties(ty).any(|(known, _, _)| known == method.name);
        let message = format!(
            "a value of type `{}` has no function `{}`",
            self.name_of(of),
            method.name
        );
        let mut diagnostic = Diagnostic::error(codes::UNKNOWN_ATTRIBUTE, method.span, message);
        diagnostic.help = if is_attribute {
            Some(format!(
                "it is no function: write `{}.{}` without parentheses",
                shown(written),
                name(&method.name)
            ))
        } else if ty == Type::String {
            self.declared
                .did_you_mean(&method.name, FUNCTIONS)
                .or_else(|| Some(format!("texts have {}", list(FUNCTIONS))))
        } else if method.name == "contains" {
            Some(format!("write `{} contains …`", shown(written)))
        } else {
            None
        };
        self.error(diagnostic);
    }
}

/// The names of `f.g`.
fn path(expr: &ast::Expr) -> Option<Vec<Ident>> {
    match &expr.kind {
        ExprKind::Name(name) => Some(vec![Ident {
            name: name.clone(),
            span: expr.span,
        }]),
        ExprKind::Field(of, field) => {
            let mut names = path(of)?;
            names.push(field.clone());
            Some(names)
        }
        _ => None,
    }
}
