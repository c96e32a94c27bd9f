//! Values as they are written: entities, names of enums, sets and records, and the constants of fixtures and tests.

use std::borrow::Cow;
use std::collections::BTreeMap;

use dictum_artifact::dag::Obliged;
use dictum_artifact::expr::{Expr, ExprId, Literal};
use dictum_artifact::schema::{EntityTypeId, EnumId, Field, Fields, RecordId, Type, TypeId};
use dictum_artifact::value::{Value, quote};
use dictum_syntax::ast::{self, EntityRef, ExprKind, Ident, With};
use dictum_syntax::diagnostic::Diagnostic;
use dictum_syntax::naming;
use dictum_syntax::source::Span;
use rustc_hash::FxHashSet;

use super::shown::{list, name};
use super::{Checker, Findings, Place, Typed};
use crate::codes;
use crate::declare::{Declared, TypeName, UNKNOWN, written};
use crate::mend::{Mend, mended};
use crate::modules::{Meaning, Space};
use crate::reference;

/// What was written for a declared field.
#[derive(Clone)]
pub(crate) enum Given<V> {
    /// Nothing.
    Missing,
    /// Something wrong, which was reported.
    Wrong,
    /// A value.
    Value(V),
}

impl<V> Given<V> {
    /// The value, where there is one.
    pub(crate) fn into_value(self) -> Option<V> {
        match self {
            Self::Missing | Self::Wrong => None,
            Self::Value(value) => Some(value),
        }
    }
}

/// The constants written for the attributes of an entity or the fields of a context, by the fields' positions. Unknown
/// fields (but for those that `skip` names) and fields given twice are reported; missing ones are not.
pub(crate) fn constants(
    declared: &mut Declared<'_>,
    findings: &mut Findings,
    fields: &[(Ident, ast::Expr)],
    types: &Fields,
    what: &str,
    skip: impl Fn(&str) -> bool,
) -> Vec<Given<ExprId>> {
    Checker::new(declared, findings, Place::Constant)
        .given_fields(fields, types, what, skip)
        .0
}

/// Checks a value of a fixture or test against its type.
pub(crate) fn constant(
    declared: &mut Declared<'_>,
    findings: &mut Findings,
    expr: &ast::Expr,
    ty: TypeId,
) -> Option<ExprId> {
    Checker::new(declared, findings, Place::Constant).check(expr, ty)
}

/// The type of an entity literal whose id exists.
pub(crate) fn entity_literal(
    declared: &Declared<'_>,
    entity: &EntityRef,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<EntityTypeId> {
    let ty = declared.entity_type(&entity.ty, diagnostics)?;
    let def = declared.schema.entity_type(ty)?;
    if let Some(ids) = &def.closed
        && ids.binary_search(&entity.id.value).is_err()
    {
        let message = format!("`{}` has no entity \"{}\"", def.name, entity.id.value);
        let diagnostic = Diagnostic::error(codes::ID_NOT_LISTED, entity.id.span, message);
        let near = declared.nearest(&entity.id.value, ids.iter().map(String::as_str));
        let mend = match near {
            Some(near) => Some(Mend::meant(near, entity.id.span, quote(near))),
            None => (!ids.is_empty()).then(|| Mend::told(format!("its ids are {}", list(ids)))),
        };
        diagnostics.push(mended(diagnostic, mend));
        return None;
    }
    Some(ty)
}

impl<'e> Checker<'_, '_, 'e> {
    /// Whether an expression's type depends on what is expected.
    pub(super) fn needs_hint(&self, expr: &ast::Expr) -> bool {
        match &expr.kind {
            ExprKind::Name(name) => !self.stands_for_value(name),
            ExprKind::Record(_) => true,
            ExprKind::Set(items) => items.iter().all(|item| self.needs_hint(item)),
            ExprKind::If(_, yes, no) => self.needs_hint(yes) && self.needs_hint(no),
            _ => false,
        }
    }

    /// An entity literal.
    pub(super) fn entity(&mut self, entity: &EntityRef) -> Option<Typed> {
        let mut found = Vec::new();
        let ty = entity_literal(self.declared, entity, &mut found);
        found.into_iter().for_each(|diagnostic| self.error(diagnostic));
        let ty = ty?;
        self.literal(
            Literal::Entity(ty, entity.id.value.as_str().into()),
            Type::Entity(ty),
        )
    }

    /// A bare name: a parameter or a variable, a constant, a variant of the enum that is expected, or of the only enum that
    /// has it.
    pub(super) fn name(&mut self, name: &str, span: Span, expected: Option<TypeId>) -> Option<Typed> {
        if let Some(typed) = self.local(name) {
            return Some(typed);
        }
        if let Some(value) = self.declared.values.get(name) {
            return self.constant_named(name, &value.clone(), span);
        }
        let own = naming::text(name);
        if let Some(Type::Enum(wanted)) = expected.and_then(|ty| self.ty(ty)) {
            return self.variant_of(wanted, &own, span);
        }
        match self.declared.variants_named(&own) {
            &[(id, variant)] => self.literal(Literal::Enum(id, variant), Type::Enum(id)),
            [] => {
                self.unknown_name(name, span, expected);
                None
            }
            owners => {
                const MOST: usize = 8;
                let defs = owners
                    .iter()
                    .filter_map(|(id, _)| self.declared.schema.enum_def(*id));
                let variant = super::name(&own);
                let some = defs
                    .take(MOST)
                    .map(|def| format!("{}.{variant}", written(&def.name)));
                let help = format!("say which: {}", list(some));
                let message = format!("several enums have the name `{own}`");
                self.error(Diagnostic::error(codes::AMBIGUOUS_NAME, span, message).with_help(help));
                None
            }
        }
    }

    /// The variant of an enum.
    pub(super) fn variant_of(&mut self, wanted: EnumId, name: &str, span: Span) -> Option<Typed> {
        let def = self.declared.schema.enum_def(wanted)?;
        if let Some(variant) = def.variant(name) {
            return self.literal(Literal::Enum(wanted, variant), Type::Enum(wanted));
        }
        // Of an enum without names, enough was said where it is declared.
        if def.variants.is_empty() {
            return None;
        }
        let message = format!("`{name}` is not a name of the enum `{}`", def.name);
        let diagnostic = Diagnostic::error(codes::UNKNOWN_NAME, span, message);
        let near = self
            .declared
            .nearest(name, def.variants.iter().map(String::as_str));
        let mend = match near {
            Some(near) => Mend::meant(near, span, super::name(near)),
            None => Mend::told(format!("its names are {}", list(&def.variants))),
        };
        self.error(mended(diagnostic, Some(mend)));
        None
    }

    fn unknown_name(&mut self, full: &str, span: Span, expected: Option<TypeId>) {
        let ident = Ident {
            name: full.to_owned(),
            span,
        };
        let own = naming::text(full);
        let text = &*own;
        if self.declared.modules.is_in_doubt(&ident) {
            return;
        }
        let diagnostic = Diagnostic::error(codes::UNKNOWN_NAME, span, format!("there is no value `{text}`"));
        let schema = &self.declared.schema;
        let environment = match self.place {
            Place::Request(environment) => Some(environment),
            Place::Constant | Place::Const | Place::Function => None,
        };
        let holders = environment.map(|environment| {
            let holders = [
                (
                    "principal",
                    schema
                        .entity_type(environment.principal)
                        .map(|def| &def.attributes),
                ),
                (
                    "resource",
                    schema
                        .entity_type(environment.resource)
                        .map(|def| &def.attributes),
                ),
                ("context", schema.record(environment.context)),
            ];
            let has = |fields: &Fields| fields.position(text).is_some();
            let holders = holders.into_iter();
            let holders = holders.filter(|(_, fields)| fields.is_some_and(has));
            holders.map(|(holder, _)| holder).collect::<Vec<_>>()
        });
        let holders = holders.unwrap_or_default();
        let holder = holders.first().copied();
        let elsewhere: Vec<&str> = self
            .declared
            .modules
            .values_elsewhere(full)
            .filter(|(space, full)| {
                let ty = self.declared.types.get(*full);
                *space == Space::Values || matches!(ty, Some((TypeName::Enum(_), _)))
            })
            .map(|(_, full)| full)
            .collect();
        if let (None, [one]) = (holder, elsewhere.as_slice()) {
            let full = written(one);
            let help = format!("it is declared in another module: write `{full}`, or take it with `use`");
            self.error(mended(diagnostic, Some(Mend::write(help, span, full))));
            return;
        }
        let is_text = expected.and_then(|ty| self.ty(ty)) == Some(Type::String);
        if let (None, false, Some(role)) = (holder, is_text, self.role_told(full, span)) {
            self.error(mended(diagnostic, Some(role)));
            return;
        }
        let full = match self.declared.modules.resolve(Space::Types, span.source, full) {
            Meaning::Known(full) => full,
            Meaning::Ambiguous(_) | Meaning::Unknown => full.to_owned(),
        };
        let mend = match (holder, self.declared.types.get(full.as_str())) {
            (Some(holder), _) => {
                let path = format!("{holder}.{}", name(text));
                // With several holders, the first is a guess.
                match holders.as_slice() {
                    [_] => Mend::meant(&path, span, path.as_str()),
                    _ => Mend::told(format!("did you mean `{path}`?")),
                }
            }
            (None, Some((TypeName::Entity(_), _))) => Mend::told(format!(
                "an entity is written with its id: `{0}::\"…\"`; a type is asked for with `is {0}`",
                written(&ident.name)
            )),
            (None, Some((TypeName::Enum(_), _))) => {
                Mend::told(format!("name one of its values: `{}.…`", written(&ident.name)))
            }
            (None, Some((TypeName::BuiltIn(_) | TypeName::Alias(_), _)) | None) => {
                let values = self.declared.values.keys();
                let mut values: Vec<&str> = values
                    .map(|full| self.declared.modules.as_seen(span.source, full))
                    .collect();
                values.sort_unstable();
                let variants = schema
                    .enums
                    .iter()
                    .flat_map(|def| def.variants.iter().map(|name| naming::part(name)))
                    .chain(values.into_iter().map(Cow::Borrowed))
                    .chain(self.locals.iter().map(|(name, _)| Cow::Borrowed(*name)));
                let variants: Vec<Cow<'_, str>> = variants.collect();
                let meant = match text {
                    "subject" | "user" => Some("principal"),
                    "input" | "request" | "environment" | "env" => Some("context"),
                    _ => None,
                };
                let expected = expected.and_then(|ty| self.ty(ty));
                let quoted = quote(text);
                let help = format!("text is written in quotes: `{quoted}`");
                let is_null = matches!(text, "null" | "nil" | "None" | "none" | "undefined");
                match (
                    self.declared
                        .nearest(&ident.name, variants.iter().map(|name| &**name)),
                    meant,
                ) {
                    _ if is_null => Mend::told(
                        "there is no null: `x has f` asks whether an optional attribute is there, and one that is not is left out",
                    ),
                    (Some(near), _) => Mend::meant(near, span, written(near)),
                    (None, Some(meant)) => Mend::told(format!("did you mean `{meant}`?")),
                    (None, None) if is_text => Mend::write(help, span, quoted),
                    (None, None) if expected.is_none() => Mend::told(help),
                    (None, None) => return self.error(diagnostic),
                }
            }
        };
        self.error(mended(diagnostic, Some(mend)));
    }

    /// What is said of a role where a condition names it.
    pub(super) fn role_told(&self, text: &str, span: Span) -> Option<Mend> {
        let Meaning::Known(full) = self.declared.modules.resolve(Space::Rules, span.source, text) else {
            return None;
        };
        let mut roles = self.declared.schema.roles.iter();
        roles.any(|role| role.name == full).then(|| {
            Mend::told(format!(
                "`{text}` is a role, for which no condition asks: write a rule for it, `permit {} to …`",
                written(text)
            ))
        })
    }

    pub(super) fn set(
        &mut self,
        items: &'e [ast::Expr],
        span: Span,
        expected: Option<TypeId>,
    ) -> Option<Typed> {
        let mut element = match expected.and_then(|ty| self.ty(ty)) {
            Some(Type::Set(element)) => Some(element),
            _ => None,
        };
        // Without a type to expect, the first item that tells its own tells that of the others.
        let teller = match element {
            Some(_) => None,
            None => Some(items.iter().position(|item| !self.needs_hint(item)).unwrap_or(0)),
        };
        let mut told = None;
        if let Some(teller) = teller {
            let Some(item) = items.get(teller) else {
                let expected = expected.and_then(|ty| self.ty(ty));
                if let Some(Type::Map(_)) = expected {
                    let message = "a map is expected, and `[]` is an empty set";
                    let mend = Mend::write("an empty map is written `{}`", span, "{}");
                    self.error(mended(
                        Diagnostic::error(codes::TYPE_MISMATCH, span, message),
                        Some(mend),
                    ));
                    return None;
                }
                self.error(
                    Diagnostic::error(
                        codes::TYPE_NOT_KNOWN,
                        span,
                        "the type of this empty set is not known here",
                    )
                    .with_help("to ask whether a set is empty, write `… is empty`"),
                );
                return None;
            };
            told = self.infer(item, None);
            element = told.map(|typed| typed.ty);
        }
        let mut ids = Vec::with_capacity(items.len());
        for (at, item) in items.iter().enumerate() {
            ids.push(match (teller == Some(at), element) {
                (true, _) => told.map(|typed| typed.id),
                (false, Some(element)) if teller.is_some() => self.like_others(item, element),
                (false, Some(element)) => self.check(item, element),
                (false, None) => self.infer(item, None).map(|typed| typed.id),
            });
        }
        let (element, ids) = (element?, ids.into_iter().collect::<Option<Vec<ExprId>>>()?);
        self.typed(Expr::Set(element, ids), Type::Set(element))
    }

    /// Checks an item of a set of which another tells the type.
    fn like_others(&mut self, item: &'e ast::Expr, element: TypeId) -> Option<ExprId> {
        let typed = self.infer(item, Some(element))?;
        if typed.ty == element {
            return Some(typed.id);
        }
        let mut mismatch = self.mismatch(item, element, typed.ty);
        mismatch
            .help
            .get_or_insert_with(|| "a set holds values of one type".to_owned());
        self.error(mismatch);
        None
    }

    pub(super) fn record(
        &mut self,
        fields: &'e [(Ident, ast::Expr)],
        span: Span,
        expected: Option<TypeId>,
    ) -> Option<Typed> {
        match expected.and_then(|ty| self.ty(ty)) {
            Some(Type::Record(record)) => self.record_of(fields, span, record),
            Some(Type::Map(value)) => self.map(fields, value),
            _ => self.record_as_written(fields),
        }
    }

    /// A map of constants, whose keys are written as a record's names are, or as texts.
    fn map(&mut self, entries: &'e [(Ident, ast::Expr)], value: TypeId) -> Option<Typed> {
        let mut values: BTreeMap<&str, ExprId> = BTreeMap::new();
        let mut complete = true;
        for (key, written) in entries {
            let checked = self.check(written, value);
            if values.contains_key(key.name.as_str()) {
                self.given_twice(key, "key");
                complete = false;
            }
            let checked = checked.filter(|id| {
                let is_written = self.declared.exprs.is_constant(*id);
                let error = (!is_written).then(|| self.declared.evaluating(*id, written));
                error.flatten().map(|error| self.error(error)).is_none()
            });
            match checked.map(|id| (id, self.computed(id))) {
                Some((_, Some(id))) => drop(values.insert(&key.name, id)),
                Some((_, None)) => {
                    let message = "the values of a map that is written out are constants";
                    self.error(
                        Diagnostic::error(codes::NOT_CONSTANT, written.span, message)
                            .with_help("write the value itself, or ask with `if` where it is used"),
                    );
                    complete = false;
                }
                None => complete = false,
            }
        }
        if !complete {
            return None;
        }
        let entries = values.into_iter().map(|(key, value)| (key.into(), value));
        self.typed(Expr::Map(value, entries.collect()), Type::Map(value))
    }

    /// A constant as it is written, or what it comes to where it is computed.
    pub(super) fn computed(&mut self, id: ExprId) -> Option<ExprId> {
        let exprs = &self.declared.exprs;
        if exprs.is_constant(id) {
            return Some(id);
        }
        if !exprs.is_fixed(id) || exprs.has_variable(id) {
            return None;
        }
        let literal = match reference::constant(&self.declared.schema, exprs.as_exprs(), id)? {
            Value::Bool(value) => Literal::Bool(value),
            Value::Int(value) => Literal::Int(value),
            Value::Decimal(value) => Literal::Decimal(value),
            Value::Timestamp(value) => Literal::Timestamp(value),
            Value::Duration(value) => Literal::Duration(value),
            Value::Enum(of, variant) => Literal::Enum(of, variant),
            Value::String(_)
            | Value::Ip(_)
            | Value::Entity(_)
            | Value::Set(_)
            | Value::Map(_)
            | Value::Record(_) => {
                return None;
            }
        };
        Some(self.declared.exprs.add(Expr::Literal(literal)))
    }

    /// A record of a type that is known.
    fn record_of(&mut self, fields: &'e [(Ident, ast::Expr)], span: Span, record: RecordId) -> Option<Typed> {
        let declared = self.declared.schema.record(record)?.clone();
        let (values, mut complete) = self.given_fields(fields, &declared, "field", |_| false);
        let missing = lacking(self.declared, &declared, &values, fields);
        if let Some(missing) = missing_fields(self.declared, &missing, "field", span) {
            self.error(missing);
        }
        let mut ids = Vec::with_capacity(values.len());
        for (field, value) in declared.iter().zip(values) {
            match value {
                Given::Missing if !field.optional => complete = false,
                Given::Wrong => complete = false,
                Given::Missing => ids.push(None),
                Given::Value(id) => ids.push(Some(id)),
            }
        }
        if !complete {
            return None;
        }
        self.typed(Expr::Record(record, ids), Type::Record(record))
    }

    /// An obligation of a rule, with the values of its fields.
    pub(super) fn obligation(&mut self, with: &'e With) -> Option<Obliged> {
        let Some(obligation) = self.declared.schema.find_obligation(&with.name.name) else {
            let names: Vec<String> = self
                .declared
                .schema
                .obligations
                .iter()
                .map(|def| def.name.clone())
                .collect();
            let mut found = Vec::new();
            let known = names.iter().map(String::as_str);
            self.declared.unknown(&with.name, "obligation", known, &mut found);
            found.into_iter().for_each(|diagnostic| self.error(diagnostic));
            return None;
        };
        let record = self.declared.schema.obligation(obligation)?.record;
        let fields = with.fields.as_deref().unwrap_or_default();
        let Typed { id, ty: _ } = self.record_of(fields, with.name.span, record)?;
        Some(Obliged {
            obligation,
            fields: id,
        })
    }

    /// The values written for declared fields, by position, and whether no field was unknown or given twice.
    fn given_fields(
        &mut self,
        fields: &'e [(Ident, ast::Expr)],
        declared: &Fields,
        what: &str,
        skip: impl Fn(&str) -> bool,
    ) -> (Vec<Given<ExprId>>, bool) {
        let mut values: Vec<Given<ExprId>> = declared.iter().map(|_| Given::Missing).collect();
        let mut seen: FxHashSet<&str> = FxHashSet::default();
        let mut fine = true;
        for (name, value) in fields {
            if !seen.insert(&name.name) {
                self.given_twice(name, what);
                fine = false;
                continue;
            }
            let position = declared.position(&name.name);
            match position.and_then(|at| values.get_mut(at as usize).zip(declared.get(at))) {
                Some((slot, field)) => *slot = self.check(value, field.ty).map_or(Given::Wrong, Given::Value),
                None if skip(&name.name) => {}
                None => {
                    let is_written = |known: &str| fields.iter().any(|(name, _)| name.name == known);
                    self.unknown_field(name, what, declared, is_written);
                    fine = false;
                }
            }
        }
        (values, fine)
    }

    /// A record whose type is that of the fields written.
    fn record_as_written(&mut self, fields: &'e [(Ident, ast::Expr)]) -> Option<Typed> {
        let mut types: Vec<(Field, ExprId)> = Vec::with_capacity(fields.len());
        let mut seen: FxHashSet<&str> = FxHashSet::default();
        let mut complete = true;
        for (name, value) in fields {
            if !seen.insert(&name.name) {
                self.given_twice(name, "field");
                complete = false;
                continue;
            }
            match self.infer(value, None) {
                Some(Typed { id, ty }) => {
                    types.push((
                        Field {
                            name: name.name.clone(),
                            ty,
                            optional: false,
                            most: None,
                        },
                        id,
                    ));
                }
                None => complete = false,
            }
        }
        if !complete {
            return None;
        }
        types.sort_by(|(a, _), (b, _)| a.name.cmp(&b.name));
        let (fields, ids): (Vec<Field>, Vec<Option<ExprId>>) =
            types.into_iter().map(|(field, id)| (field, Some(id))).unzip();
        let record = self.declared.record(Fields(fields));
        self.typed(Expr::Record(record, ids), Type::Record(record))
    }

    fn unknown_field(
        &mut self,
        name: &Ident,
        what: &str,
        declared: &Fields,
        is_written: impl Fn(&str) -> bool,
    ) {
        let message = format!("there is no {what} `{}`", name.name);
        let diagnostic = Diagnostic::error(codes::UNKNOWN_ATTRIBUTE, name.span, message);
        let names = declared.iter().map(|field| field.name.as_str());
        let left = names.clone().filter(|known| !is_written(known));
        let mend = match self.declared.nearest(&name.name, left) {
            Some(near) => Some(Mend::meant(near, name.span, super::name(near))),
            None if declared.is_empty() => Some(Mend::told(format!("there are no {what}s here"))),
            None => Some(Mend::told(format!("the {what}s are {}", list(names)))),
        };
        self.error(mended(diagnostic, mend));
    }

    fn given_twice(&mut self, name: &Ident, what: &str) {
        let message = format!("the {what} `{}` is given twice", name.name);
        self.error(Diagnostic::error(codes::DUPLICATE_NAME, name.span, message));
    }
}

/// The required fields that a place lacks. What may stand there under another name, of which an error tells, is none of them.
pub(crate) fn lacking<'f, V, T>(
    declared: &Declared<'_>,
    fields: &'f Fields,
    given: &[Given<V>],
    written: &[(Ident, T)],
) -> Vec<&'f Field> {
    let is_unknown = |(ident, _): &&(Ident, T)| fields.position(&ident.name).is_none();
    let unknown = written.iter().filter(is_unknown).count();
    let is_missing =
        |(field, value): &(&Field, &Given<V>)| matches!(value, Given::Missing) && !field.optional;
    let missing = fields.iter().zip(given).filter(is_missing);
    let mut missing: Vec<&Field> = missing.map(|(field, _)| field).collect();
    if unknown >= missing.len() {
        return Vec::new();
    }
    missing.retain(|field| !is_nearly_written(declared, field, written, fields));
    missing
}

/// One error for all the fields that a place lacks.
pub(crate) fn missing_fields(
    declared: &Declared<'_>,
    fields: &[&Field],
    what: &str,
    span: Span,
) -> Option<Diagnostic> {
    match fields {
        [] => None,
        [one] => Some(missing_field(declared, one, what, span)),
        several => {
            let names = || several.iter().map(|field| field.name.as_str());
            let added: Vec<String> = names().map(|text| format!("{}: …", name(text))).collect();
            let message = format!("the {what}s {} are missing", list(names()));
            Some(
                Diagnostic::error(codes::MISSING_FIELD, span, message)
                    .with_help(format!("add `{}`", added.join(", "))),
            )
        }
    }
}

/// Whether what is missing is there under a name that is almost its own, of which an error tells.
pub(crate) fn misspelt<T>(
    declared: &Declared<'_>,
    field: &Field,
    written: &[(Ident, T)],
    fields: &Fields,
) -> bool {
    let others: Vec<&(Ident, T)> = written
        .iter()
        .filter(|(ident, _)| !declared.context_fields.contains_key(&ident.name))
        .collect();
    nearly_written(declared, field, others.iter().map(|(ident, _)| ident), fields)
}

/// The same of a record's fields.
fn is_nearly_written<T>(
    declared: &Declared<'_>,
    field: &Field,
    written: &[(Ident, T)],
    fields: &Fields,
) -> bool {
    nearly_written(declared, field, written.iter().map(|(ident, _)| ident), fields)
}

fn nearly_written<'i>(
    declared: &Declared<'_>,
    field: &Field,
    mut written: impl Iterator<Item = &'i Ident>,
    fields: &Fields,
) -> bool {
    written.any(|ident| {
        fields.position(&ident.name).is_none()
            && declared.nearest(&ident.name, [field.name.as_str()]).is_some()
    })
}

/// A required field that was left out.
fn missing_field(declared: &Declared<'_>, field: &Field, what: &str, span: Span) -> Diagnostic {
    let mut help = format!("add `{}: …`", name(&field.name));
    if field.ty != UNKNOWN {
        help += &format!(", a value of type `{}`", declared.schema.type_name(field.ty));
    }
    Diagnostic::error(
        codes::MISSING_FIELD,
        span,
        format!("the {what} `{}` is missing", field.name),
    )
    .with_help(help)
}
