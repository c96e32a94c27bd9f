//! What is read of a value: attributes, fields, keys, properties; and whether it is there.

use dictum_artifact::expr::{Expr, ExprId, Property};
use dictum_artifact::ops::WEEKDAY;
use dictum_artifact::schema::{EntityTypeId, Fields, Type, TypeId};
use dictum_artifact::suggest;
use dictum_artifact::value::quote;
use dictum_syntax::ast::{self, ExprKind, Ident};
use dictum_syntax::diagnostic::Diagnostic;
use dictum_syntax::naming;
use dictum_syntax::source::Span;

use super::shown::{list, name, shown};
use super::{Checker, Place, Typed};
use crate::codes;
use crate::declare::{TypeName, UNKNOWN, Value, written as full_name};
use crate::mend::{self, Mend, mended};
use crate::modules::{Meaning, Space};

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

/// What can be asked of something that may be absent: `of has asked`.
struct Question<'q> {
    of: Option<&'q ast::Expr>,
    /// For people.
    asked: String,
    /// The same as it is written.
    asks: String,
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

impl<'e> Checker<'_, '_, 'e> {
    pub(super) fn field(&mut self, of: &'e ast::Expr, field: &Ident, whole: &'e ast::Expr) -> Option<Typed> {
        let read = self.read_field(of, field)?;
        self.present(read, whole)
    }

    pub(super) fn index(
        &mut self,
        map: &'e ast::Expr,
        key: &'e ast::Expr,
        whole: &'e ast::Expr,
    ) -> Option<Typed> {
        if let ExprKind::Field(of, field) = &map.kind {
            let read = self.read_field(of, field)?;
            let of_map = matches!(self.ty(read.typed.ty), Some(Type::Map(_)));
            let typed = if of_map {
                // One question is enough for a map that may be absent and a key in it.
                let asked = format!("{}[{}]", name(&field.name), shown(key));
                let asks = format!("{}[{}]", name(&field.name), self.text(key.span));
                self.present_as(
                    read,
                    map,
                    &Question {
                        of: Some(of),
                        asked,
                        asks,
                    },
                )?
            } else {
                self.present(read, map)?
            };
            let read = self.key_of(typed, map, None, key, whole.span)?;
            return self.present(read, whole);
        }
        let read = self.read_key(map, key, whole.span)?;
        self.present(read, whole)
    }

    /// What an expression reads, present or absent.
    pub(super) fn read(&mut self, expr: &'e ast::Expr) -> Option<Read> {
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
    fn present(&mut self, read: Read, whole: &'e ast::Expr) -> Option<Typed> {
        let question = match &whole.kind {
            ExprKind::Field(of, field) => {
                let asked = name(&field.name);
                Question {
                    of: Some(of),
                    asks: asked.clone(),
                    asked,
                }
            }
            ExprKind::Index(map, key) => Question {
                of: Some(map),
                asked: shown(key),
                asks: self.text(key.span).to_owned(),
            },
            _ => Question {
                of: None,
                asked: shown(whole),
                asks: String::new(),
            },
        };
        self.present_as(read, whole, &question)
    }

    /// The same, with the question to be asked where it is not.
    fn present_as(&mut self, read: Read, whole: &'e ast::Expr, question: &Question<'_>) -> Option<Typed> {
        let Some(test) = read.presence else {
            return Some(read.typed);
        };
        if self.facts.holds(self.declared.exprs.find(&test)) {
            return Some(read.typed);
        }
        let path = shown(whole);
        let Question { of, asked, asks } = question;
        let help = format!(
            "ask for it first, `{} has {asked} and …`, or give a default, `{path} ?? …`",
            of.map_or_else(|| "…".to_owned(), shown)
        );
        let mut guarded = self.guarded.iter();
        let place = guarded.find_map(|guarded| super::guard_place(guarded, whole.span));
        let mend = match (place, of) {
            (Some((place, and)), Some(of)) => {
                let guard = format!("{} has {asks}", self.text(of.span));
                let title = format!("ask first: `{guard}`");
                Mend::edits(help, title, vec![(place, format!("{guard} {and} "))])
            }
            (_, _) => Mend::told(help),
        };
        let message = format!("`{path}` may be absent here");
        let error = Diagnostic::error(codes::MAY_BE_ABSENT, whole.span, message);
        self.error(mended(error, Some(mend)));
        None
    }

    fn read_field(&mut self, of: &'e ast::Expr, field: &Ident) -> Option<Read> {
        if let ExprKind::Name(enum_name) = &of.kind
            && !self.stands_for_value(enum_name)
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
        if let ExprKind::Method(time, method, arguments) = &of.kind
            && method.name == "at"
        {
            let typed = self.time_in_zone(time, method, arguments, field)?;
            return Some(Read {
                typed,
                presence: None,
            });
        }
        if self.is_module(of, field) {
            return None;
        }
        let of_typed = self.infer(of, None)?;
        self.member(of_typed, field, Some(of))
    }

    /// Whether what stands before a name is the path of a module, which then does not declare the name, or nearly one: that
    /// is reported.
    fn is_module(&mut self, of: &ast::Expr, field: &Ident) -> bool {
        let Some(path) = path(of) else { return false };
        let is_value = |name: &Ident| {
            self.stands_for_value(&name.name)
                || !self.declared.variants_named(&naming::text(&name.name)).is_empty()
        };
        if path.first().is_none_or(is_value) {
            return false;
        }
        let written: Vec<&str> = path.iter().map(|name| name.name.as_str()).collect();
        let written = written.join(".");
        let modules = &self.declared.modules;
        let diagnostic = if modules.is_module(&written) {
            if modules.is_in_broken(&field.name) {
                return true;
            }
            modules.nothing_to_take(&written, &naming::part(&field.name), field.span, "")
        } else {
            let enums = self.declared.types.iter();
            let enums = enums.filter(|(_, (kind, _))| matches!(kind, TypeName::Enum(_)));
            let named = modules.paths().chain(enums.map(|(name, _)| name.as_str()));
            let Some(near) = suggest::nearest(&written, named) else {
                return false;
            };
            let near = full_name(near);
            let message = format!("there is no module or value `{written}`");
            let mend = Mend::meant(&near, of.span, near.as_str());
            mended(
                Diagnostic::error(codes::UNKNOWN_NAME, of.span, message),
                Some(mend),
            )
        };
        self.error(diagnostic);
        true
    }

    /// The attribute, field or property of a value.
    pub(super) fn member(
        &mut self,
        of: Typed,
        field: &Ident,
        written: Option<&'e ast::Expr>,
    ) -> Option<Read> {
        let ty = self.ty(of.ty)?;
        if let Some((index, declared)) = self.declared_fields(ty).and_then(|fields| {
            let index = fields.position(&field.name)?;
            Some((index, fields.get(index)?))
        }) {
            let (field_type, optional, most) = (declared.ty, declared.optional, declared.most);
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
            if let Some(most) = most {
                self.bounds.insert(typed.id, most);
            }
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

    fn no_such_member(&mut self, of: TypeId, field: &Ident, written: Option<&'e ast::Expr>) {
        if let Some(diagnostic) = self.no_member(of, field, written) {
            self.error(diagnostic);
        }
    }

    /// Says that a type has no such attribute; nothing, where a declaration in error may be why.
    fn no_member(&self, of: TypeId, field: &Ident, written: Option<&'e ast::Expr>) -> Option<Diagnostic> {
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
            let names = known.clone().chain(properties(ty).map(|(name, _, _)| name));
            let near = self.declared.nearest(text, names)?;
            Some(Mend::meant(near, field.span, name(near)))
        };
        let (diagnostic, mend) = match ty {
            Type::Entity(entity) => {
                // Not all attributes may be known, or another type may have been asked for, in a part that is in error.
                if self.declared.is_doubtful(&type_name) || self.facts.is_in_doubt() {
                    return None;
                }
                let diagnostic = error(format!("`{type_name}` has no attribute `{text}`"));
                let holder = || self.holder(written?, text);
                let owners = || self.owners(entity, text, written?).map(Mend::told);
                let role = || self.role_told(text, field.span);
                (diagnostic, near().or_else(holder).or_else(owners).or_else(role))
            }
            Type::Record(_) if written.is_some_and(|written| matches!(written.kind, ExprKind::Context)) => {
                let elsewhere = self.actions_with(text);
                let (message, help) = match elsewhere.as_slice() {
                    [] => {
                        let holder = || self.holder(written?, text);
                        (
                            format!("the context has no field `{text}`"),
                            near().or_else(holder),
                        )
                    }
                    [one] => (
                        format!("not every request here has the context field `{text}`"),
                        Some(Mend::told(format!(
                            "only `{0}` has it: ask for that first, `action == {0} and …`",
                            full_name(one)
                        ))),
                    ),
                    [one, ..] => (
                        format!("not every request here has the context field `{text}`"),
                        Some(Mend::told(format!(
                            "only {} have it: ask for one of them first, as in `action == {} and …`",
                            list(&elsewhere),
                            full_name(one)
                        ))),
                    ),
                };
                (error(message), help)
            }
            Type::Record(_) => {
                let diagnostic = error(format!("the record has no field `{text}`"));
                let has_fields = known.clone().next().is_some();
                let fields =
                    || has_fields.then(|| Mend::told(format!("its fields are {}", list(known.clone()))));
                (diagnostic, near().or_else(fields))
            }
            Type::Map(_) => {
                let key = format!("[{}]", quote(text));
                let help = format!("a map is read by key: `{of_path}{key}`");
                let mend = match written {
                    Some(of) => {
                        let point = self.rest(of.span, ".", field.span);
                        Mend::write(help, point.to(field.span), key)
                    }
                    None => Mend::told(help),
                };
                (error(format!("`{type_name}` has no field `{text}`")), Some(mend))
            }
            Type::Bool
            | Type::Int
            | Type::Decimal
            | Type::String
            | Type::Timestamp
            | Type::Duration
            | Type::Ip
            | Type::Enum(_)
            | Type::Set(_) => {
                let diagnostic = error(format!("a value of type `{type_name}` has no `{text}`"));
                let mend = near().or_else(|| {
                    let meant = match (ty, text) {
                        (Type::String, "size" | "len") => "length",
                        (Type::Set(_), "length" | "len" | "count") => "size",
                        (Type::Timestamp, "hour") => "time_of_day.in_hours",
                        _ => return None,
                    };
                    Some(Mend::meant(&format!("{of_path}.{meant}"), field.span, meant))
                });
                let function = match ty {
                    Type::String if FUNCTIONS.contains(&text) => {
                        Some(Mend::told(format!("it is a function: `{of_path}.{text}(\"…\")`")))
                    }
                    Type::Timestamp if text == "at" => Some(Mend::told(format!(
                        "it takes the name of a zone: `{of_path}.at(\"Europe/Berlin\")`"
                    ))),
                    _ => None,
                };
                (diagnostic, function.or(mend))
            }
        };
        Some(mended(diagnostic, mend))
    }

    /// The actions whose requests have a context field.
    fn actions_with(&self, field: &str) -> Vec<&str> {
        let actions = self.declared.own_context.get(field).into_iter().flatten();
        let defs = actions.filter_map(|action| self.declared.schema.action(*action));
        defs.map(|def| def.name.as_str()).collect()
    }

    /// What else in the request has the attribute that a part of it lacks.
    fn holder(&self, written: &ast::Expr, attribute: &str) -> Option<Mend> {
        let schema = &self.declared.schema;
        let Place::Request(environment) = self.place else {
            return None;
        };
        let attributes = |ty| schema.entity_type(ty).map(|def| &def.attributes);
        let is_part = matches!(
            written.kind,
            ExprKind::Principal | ExprKind::Resource | ExprKind::Context
        );
        let holders = [
            ("principal", attributes(environment.principal)),
            ("resource", attributes(environment.resource)),
            ("context", schema.record(environment.context)),
        ];
        let has = |fields: &Fields| fields.position(attribute).is_some();
        let mut holders = holders.into_iter().filter(|(_, fields)| fields.is_some_and(has));
        let (holder, _) = holders.next().filter(|_| is_part)?;
        Some(Mend::told(format!(
            "did you mean `{holder}.{}`?",
            name(attribute)
        )))
    }

    /// The other types that the principal or the resource may be of, and that have the attribute that this one lacks.
    fn owners(&self, but: EntityTypeId, attribute: &str, written: &ast::Expr) -> Option<String> {
        let schema = &self.declared.schema;
        let may_be = |ty: EntityTypeId| match written.kind {
            ExprKind::Principal => schema.shapes.iter().any(|shape| shape.principal == ty),
            ExprKind::Resource => schema.shapes.iter().any(|shape| shape.resource == ty),
            _ => false,
        };
        let types = (0u32..).map(EntityTypeId).zip(&schema.entity_types);
        let mut owners = types
            .filter(|(id, def)| *id != but && def.attributes.position(attribute).is_some())
            .filter(|(id, _)| may_be(*id))
            .map(|(_, def)| def.name.as_str());
        let owner = owners.next()?;
        Some(format!(
            "`{owner}` has it: ask for the type first, `{} is {} and …`",
            shown(written),
            full_name(owner)
        ))
    }

    fn read_key(&mut self, map: &'e ast::Expr, key: &'e ast::Expr, span: Span) -> Option<Read> {
        let of = self.infer(map, None)?;
        self.key_of(of, map, None, key, span)
    }

    /// What a map holds under a key. Where it stands after `has`, with what is asked.
    fn key_of(
        &mut self,
        of: Typed,
        map: &ast::Expr,
        asked: Option<&ast::Expr>,
        key: &'e ast::Expr,
        span: Span,
    ) -> Option<Read> {
        let Some(Type::Map(value)) = self.ty(of.ty) else {
            let message = format!(
                "only a map is read by key, and this is a value of type `{}`",
                self.name_of(of.ty)
            );
            let diagnostic = Diagnostic::error(codes::OPERATOR_TYPES, span, message);
            let mend = match (self.ty(of.ty)?, &key.kind) {
                (ty @ (Type::Entity(_) | Type::Record(_)), ExprKind::String(field)) => {
                    let has = asked.map_or_else(String::new, |of| format!("{} has ", shown(of)));
                    let help = format!("write `{has}{}.{}`", shown(map), name(field));
                    let fields = self.declared_fields(ty);
                    let required = fields.and_then(|fields| fields.get(fields.position(field)?));
                    Some(match required.is_some_and(|field| !field.optional) {
                        true => Mend::write(
                            help,
                            self.rest(mend::between(map.span, mend::after(key.span)), "]", span)
                                .to(mend::after(map.span)),
                            format!(".{}", name(field)),
                        ),
                        false => Mend::told(help),
                    })
                }
                (Type::Set(_), _) => {
                    let of = asked.map_or_else(String::new, |of| format!("{}.", shown(of)));
                    let set = shown(map);
                    let help = format!("to ask what a set holds, write `{of}{set} contains …`");
                    Some(Mend::told(help))
                }
                _ => None,
            };
            self.error(mended(diagnostic, mend));
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
    fn key(&mut self, key: &'e ast::Expr) -> Option<ExprId> {
        if let ExprKind::Name(text) = &key.kind
            && !self.stands_for_value(text)
        {
            let message = "the key of a map is text";
            let quoted = quote(&naming::text(text));
            let mend = Mend::write(format!("write it in quotes: `{quoted}`"), key.span, quoted);
            self.error(mended(
                Diagnostic::error(codes::TYPE_MISMATCH, key.span, message),
                Some(mend),
            ));
            return None;
        }
        let string = self.declared.intern(Type::String);
        self.check(key, string)
    }

    /// The key after `has`. A name there is not resolved before it is known that it is no attribute's.
    fn key_after_has(&mut self, key: &'e ast::Expr) -> Option<ExprId> {
        let Some(constant) = self.constant_after_has(key) else {
            return self.key(key);
        };
        let typed = self.present(constant?, key)?;
        let string = self.declared.intern(Type::String);
        if typed.ty == string {
            return Some(typed.id);
        }
        let mismatch = self.mismatch(key, string, typed.ty);
        self.error(mismatch);
        None
    }

    /// What `a.b.c` reads, where it starts with the name of a constant; `None` where it does not.
    fn constant_after_has(&mut self, key: &'e ast::Expr) -> Option<Option<Read>> {
        let steps = steps(key)?;
        let names = steps.iter().map_while(Step::name);
        let first = names.clone().next()?;
        if self.local(&naming::part(&first.name)).is_some() {
            return None;
        }
        let mut prefix = String::new();
        for (at, ident) in names.enumerate() {
            prefix.push_str(if at == 0 { "" } else { "." });
            prefix.push_str(&naming::part(&ident.name));
            let meaning = self
                .declared
                .modules
                .resolve(Space::Values, key.span.source, &prefix);
            let Meaning::Known(full) = meaning else { continue };
            let value = self.declared.values.get(&full).cloned()?;
            let span = first.span.to(ident.span);
            let mut read = self.constant_named(&full, &value, span).map(|typed| Read {
                typed,
                presence: None,
            });
            for step in steps.iter().skip(at + 1) {
                let of = read.and_then(|read| self.present(read, key));
                read = of.and_then(|of| match step {
                    Step::Name(field) => self.member(of, field, None),
                    Step::Key { map, key, span } => self.key_of(of, map, None, key, *span),
                });
            }
            return Some(read);
        }
        None
    }

    /// `x has f.g`, `x has f[key]`, `m has key`
    pub(super) fn has(&mut self, of: &'e ast::Expr, what: &'e ast::Expr) -> Option<Typed> {
        let whole = self.infer(of, None)?;
        if let Some(Type::Map(_)) = self.ty(whole.ty) {
            let key = self.key_after_has(what)?;
            return self.typed(Expr::HasKey { map: whole.id, key }, Type::Bool);
        }
        let Some(path) = steps(what) else {
            let diagnostic = Diagnostic::error(
                codes::OPERATOR_TYPES,
                what.span,
                format!(
                    "`has` asks a value of type `{}` for an attribute by its name",
                    self.name_of(whole.ty)
                ),
            );
            let ty = self.ty(whole.ty)?;
            let is_field = |text: &String| {
                self.declared_fields(ty)
                    .is_some_and(|fields| fields.position(text).is_some())
            };
            let mend = match (&what.kind, ty) {
                (_, Type::Set(_)) => {
                    let help = format!(
                        "to ask what a set holds, write `{} contains {}`",
                        shown(of),
                        shown(what)
                    );
                    Some(Mend::told(help))
                }
                (ExprKind::String(text), _) if is_field(text) => {
                    let help = format!("write `{} has {}`", shown(of), name(text));
                    Some(Mend::write(help, what.span, name(text)))
                }
                _ => None,
            };
            self.error(mended(diagnostic, mend));
            return None;
        };
        let mut tests: Vec<ExprId> = Vec::new();
        let mut at = whole;
        let mut written = Some(of);
        for (at_step, step) in path.iter().enumerate() {
            let field = match step {
                Step::Name(field) => field,
                Step::Key { map, key, span } => {
                    let read = self.key_of(at, map, Some(of), key, *span)?;
                    tests.extend(read.presence.map(|test| self.declared.exprs.add(test)));
                    (at, written) = (read.typed, None);
                    continue;
                }
            };
            let Some(ty @ (Type::Entity(_) | Type::Record(_))) = self.ty(at.ty) else {
                let message = format!("a value of type `{}` has no attributes", self.name_of(at.ty));
                let mut diagnostic = Diagnostic::error(codes::UNKNOWN_ATTRIBUTE, field.span, message);
                if let (Some(Type::Map(_)), Some(before)) = (self.ty(at.ty), at_step.checked_sub(1)) {
                    let key = format!("[{}]", quote(&field.name));
                    let before = path.get(before).map_or(what.span, Step::span);
                    let asked = shown_steps(path.iter().take(at_step));
                    let help = format!("a key stands in brackets: `{} has {asked}{key}`", shown(of));
                    let place = mend::between(before, mend::after(field.span));
                    diagnostic = mended(diagnostic, Some(Mend::write(help, place, key)));
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
            let exprs = &mut self.declared.exprs;
            let test = match (read.presence, exprs.get(read.typed.id)) {
                (Some(test), _) => Some(test),
                // A required attribute may not be known.
                (None, Expr::Attribute { of, index }) => Some(Expr::HasAttribute {
                    of: *of,
                    index: *index,
                }),
                (None, _) => None,
            };
            match test {
                Some(test) => tests.push(exprs.add(test)),
                // A record's required field is there, of whatever is defined.
                None if at_step + 1 == path.len() && tests.is_empty() && exprs.can_be_undefined(whole.id) => {
                    tests.push(exprs.settled(&[at.id], true));
                }
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
        written: Option<&'e ast::Expr>,
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
        of: &'e ast::Expr,
        method: &Ident,
        arguments: &'e [ast::Expr],
        span: Span,
    ) -> Option<Typed> {
        if method.name == "at" {
            return self.zone_alone(of, method, arguments);
        }
        if self.is_module(of, method) {
            return None;
        }
        let of_typed = self.infer(of, None)?;
        let ty = self.ty(of_typed.ty)?;
        let make: fn(ExprId, ExprId) -> Expr = match (ty, method.name.as_str()) {
            (Type::String, "starts_with") => Expr::StartsWith,
            (Type::String, "ends_with") => Expr::EndsWith,
            _ => {
                self.no_such_function(of_typed.ty, method, of, arguments, span);
                return None;
            }
        };
        let [argument] = arguments else {
            let message = format!(
                "`{}` takes 1 text, and {} given",
                method.name,
                count(arguments.len())
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

    fn no_such_function(
        &mut self,
        of: TypeId,
        method: &Ident,
        written: &'e ast::Expr,
        arguments: &[ast::Expr],
        span: Span,
    ) {
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
        let diagnostic = Diagnostic::error(codes::UNKNOWN_ATTRIBUTE, method.span, message);
        let is_declared = matches!(
            self.declared.values.get(&method.name),
            Some(Value::Function { .. })
        );
        let mend = if is_attribute {
            let help = format!(
                "it is no function: write `{}.{}` without parentheses",
                shown(written),
                name(&method.name)
            );
            Some(if arguments.is_empty() {
                let parentheses = self.rest(method.span, ")", span);
                Mend::edits(
                    help,
                    "leave the parentheses out",
                    vec![(parentheses, String::new())],
                )
            } else {
                Mend::told(help)
            })
        } else if is_declared {
            Some(Mend::told(format!(
                "the value stands in the parentheses: `{}({}{})`",
                name(&method.name),
                shown(written),
                if arguments.is_empty() { "" } else { ", …" }
            )))
        } else if ty == Type::String {
            Some(match self.declared.nearest(&method.name, FUNCTIONS) {
                Some(near) => Mend::meant(near, method.span, near),
                None => Mend::told(format!("texts have {}", list(FUNCTIONS))),
            })
        } else if method.name == "contains" {
            Some(Mend::told(format!("write `{} contains …`", shown(written))))
        } else {
            None
        };
        self.error(mended(diagnostic, mend));
    }
}

/// "none is", "1 is", "2 are"
pub(super) fn count(given: usize) -> String {
    match given {
        0 => "none is".to_owned(),
        1 => "1 is".to_owned(),
        n => format!("{n} are"),
    }
}

/// The names of `f.g`, as parts of a full name; the first may be a full name itself.
pub(super) fn path(expr: &ast::Expr) -> Option<Vec<Ident>> {
    match &expr.kind {
        ExprKind::Name(name) => Some(vec![Ident {
            name: name.clone(),
            span: expr.span,
        }]),
        ExprKind::Field(of, field) => {
            let mut names = path(of)?;
            names.push(Ident {
                name: naming::part(&field.name).into_owned(),
                span: field.span,
            });
            Some(names)
        }
        _ => None,
    }
}

/// A step of what follows `has`.
pub(super) enum Step<'e> {
    /// `f`, `.f`
    Name(Ident),
    /// `[key]`
    Key {
        /// The steps before it, as they are written.
        map: &'e ast::Expr,
        /// The key.
        key: &'e ast::Expr,
        /// All of it, with the steps before it.
        span: Span,
    },
}

impl Step<'_> {
    fn name(&self) -> Option<&Ident> {
        match self {
            Self::Name(name) => Some(name),
            Self::Key { .. } => None,
        }
    }

    /// The place that it ends with.
    fn span(&self) -> Span {
        match self {
            Self::Name(name) => name.span,
            Self::Key { span, .. } => *span,
        }
    }
}

/// The steps of `f.g`, `f["key"]`.
pub(super) fn steps(expr: &ast::Expr) -> Option<Vec<Step<'_>>> {
    match &expr.kind {
        ExprKind::Name(name) => Some(vec![Step::Name(Ident {
            name: naming::text(name).into_owned(),
            span: expr.span,
        })]),
        ExprKind::Field(of, field) => {
            let mut found = steps(of)?;
            found.push(Step::Name(field.clone()));
            Some(found)
        }
        ExprKind::Index(map, key) => {
            let mut found = steps(map)?;
            let span = expr.span;
            found.push(Step::Key { map, key, span });
            Some(found)
        }
        _ => None,
    }
}

/// Steps as they are written.
fn shown_steps<'s>(steps: impl Iterator<Item = &'s Step<'s>>) -> String {
    let mut text = String::new();
    for step in steps {
        match step {
            Step::Name(field) if text.is_empty() => text.push_str(&name(&field.name)),
            Step::Name(field) => text.push_str(&format!(".{}", name(&field.name))),
            Step::Key { key, .. } => text.push_str(&format!("[{}]", shown(key))),
        }
    }
    text
}
