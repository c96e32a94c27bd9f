//! Values as they are written: entities, names of enums, sets and records, and the constants of fixtures and tests.

use dictum_artifact::expr::{Expr, ExprId, Literal};
use dictum_artifact::schema::{EntityTypeId, EnumId, Field, Fields, RecordId, Type, TypeId};
use dictum_syntax::ast::{self, EntityRef, ExprKind, Ident};
use dictum_syntax::diagnostic::Diagnostic;
use dictum_syntax::source::Span;
use rustc_hash::FxHashSet;

use super::shown::{list, name};
use super::{Checker, Findings, Typed};
use crate::codes;
use crate::declare::{Declared, TypeName, UNKNOWN};

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
    Checker::new(declared, findings, None)
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
    Checker::new(declared, findings, None).check(expr, ty)
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
        let mut diagnostic = Diagnostic::error(codes::ID_NOT_LISTED, entity.id.span, message);
        diagnostic.help = declared
            .did_you_mean(&entity.id.value, ids.iter().map(String::as_str))
            .or_else(|| (!ids.is_empty()).then(|| format!("its ids are {}", list(ids))));
        diagnostics.push(diagnostic);
        return None;
    }
    Some(ty)
}

/// Whether an expression's type depends on what is expected.
pub(super) fn needs_hint(expr: &ast::Expr) -> bool {
    match &expr.kind {
        ExprKind::Name(_) | ExprKind::Record(_) => true,
        ExprKind::Set(items) => items.iter().all(needs_hint),
        ExprKind::If(_, yes, no) => needs_hint(yes) && needs_hint(no),
        _ => false,
    }
}

impl Checker<'_, '_> {
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

    /// A bare name: a variant of the enum that is expected, or of the only enum that has it.
    pub(super) fn name(&mut self, name: &str, span: Span, expected: Option<TypeId>) -> Option<Typed> {
        if let Some(Type::Enum(wanted)) = expected.and_then(|ty| self.ty(ty)) {
            return self.variant_of(wanted, name, span);
        }
        match self.declared.variants_named(name) {
            &[(id, variant)] => self.literal(Literal::Enum(id, variant), Type::Enum(id)),
            [] => {
                self.unknown_name(name, span);
                None
            }
            owners => {
                const MOST: usize = 8;
                let defs = owners
                    .iter()
                    .filter_map(|(id, _)| self.declared.schema.enum_def(*id));
                let some = defs.take(MOST).map(|def| format!("{}.{name}", def.name));
                let help = format!("say which: {}", list(some));
                let message = format!("several enums have the name `{name}`");
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
        let message = format!("`{name}` is not a name of the enum `{}`", def.name);
        let mut diagnostic = Diagnostic::error(codes::UNKNOWN_NAME, span, message);
        diagnostic.help = self
            .declared
            .did_you_mean(name, def.variants.iter().map(String::as_str))
            .or_else(|| Some(format!("its names are {}", list(&def.variants))));
        self.error(diagnostic);
        None
    }

    fn unknown_name(&mut self, text: &str, span: Span) {
        if self.declared.is_in_broken(text) {
            return;
        }
        let mut diagnostic =
            Diagnostic::error(codes::UNKNOWN_NAME, span, format!("there is no value `{text}`"));
        let schema = &self.declared.schema;
        let holder = self.environment.and_then(|environment| {
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
            holders
                .into_iter()
                .find(|(_, fields)| fields.is_some_and(has))
                .map(|(holder, _)| holder)
        });
        diagnostic.help = match (holder, self.declared.types.get(text)) {
            (Some(holder), _) => Some(format!("did you mean `{holder}.{}`?", name(text))),
            (None, Some((TypeName::Entity(_), _))) => Some(format!(
                "an entity is written with its id: `{text}::\"…\"`; a type is asked for with `is {text}`"
            )),
            (None, Some((TypeName::Enum(_), _))) => Some(format!("name one of its values: `{text}.…`")),
            (None, Some((TypeName::BuiltIn(_) | TypeName::Alias(_), _)) | None) => {
                let variants = schema
                    .enums
                    .iter()
                    .flat_map(|def| def.variants.iter().map(String::as_str));
                let meant = match text {
                    "subject" | "user" => Some("principal"),
                    "input" | "request" | "environment" | "env" => Some("context"),
                    _ => None,
                };
                self.declared
                    .did_you_mean(text, variants)
                    .or_else(|| meant.map(|meant| format!("did you mean `{meant}`?")))
                    .or_else(|| Some("text is written in quotes".to_owned()))
            }
        };
        self.error(diagnostic);
    }

    pub(super) fn set(&mut self, items: &[ast::Expr], span: Span, expected: Option<TypeId>) -> Option<Typed> {
        let mut element = match expected.and_then(|ty| self.ty(ty)) {
            Some(Type::Set(element)) => Some(element),
            _ => None,
        };
        // Without a type to expect, the first item that tells its own tells that of the others.
        let teller = match element {
            Some(_) => None,
            None => Some(items.iter().position(|item| !needs_hint(item)).unwrap_or(0)),
        };
        let mut told = None;
        if let Some(teller) = teller {
            let Some(item) = items.get(teller) else {
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
    fn like_others(&mut self, item: &ast::Expr, element: TypeId) -> Option<ExprId> {
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
        fields: &[(Ident, ast::Expr)],
        span: Span,
        expected: Option<TypeId>,
    ) -> Option<Typed> {
        match expected.and_then(|ty| self.ty(ty)) {
            Some(Type::Record(record)) => self.record_of(fields, span, record),
            Some(Type::Map(_)) => {
                self.error(
                    Diagnostic::error(codes::TYPE_MISMATCH, span, "a map cannot be written as a record")
                        .with_help("maps come from data only; ask for single keys with `m[\"key\"]`"),
                );
                None
            }
            _ => self.record_as_written(fields),
        }
    }

    /// A record of a type that is known.
    fn record_of(&mut self, fields: &[(Ident, ast::Expr)], span: Span, record: RecordId) -> Option<Typed> {
        let declared = self.declared.schema.record(record)?.clone();
        let (values, mut complete) = self.given_fields(fields, &declared, "field", |_| false);
        let mut ids = Vec::with_capacity(values.len());
        for (field, value) in declared.iter().zip(values) {
            match value {
                Given::Missing if !field.optional => {
                    let missing = missing_field(self.declared, field, "field", span);
                    self.error(missing);
                    complete = false;
                }
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

    /// The values written for declared fields, by position, and whether no field was unknown or given twice.
    fn given_fields(
        &mut self,
        fields: &[(Ident, ast::Expr)],
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
                    self.unknown_field(name, what, declared);
                    fine = false;
                }
            }
        }
        (values, fine)
    }

    /// A record whose type is that of the fields written.
    fn record_as_written(&mut self, fields: &[(Ident, ast::Expr)]) -> Option<Typed> {
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

    fn unknown_field(&mut self, name: &Ident, what: &str, declared: &Fields) {
        let message = format!("there is no {what} `{}`", name.name);
        let mut diagnostic = Diagnostic::error(codes::UNKNOWN_ATTRIBUTE, name.span, message);
        let names = declared.iter().map(|field| field.name.as_str());
        diagnostic.help = self
            .declared
            .did_you_mean(&name.name, names.clone())
            .or_else(|| (!declared.is_empty()).then(|| format!("the {what}s are {}", list(names))));
        self.error(diagnostic);
    }

    fn given_twice(&mut self, name: &Ident, what: &str) {
        let message = format!("the {what} `{}` is given twice", name.name);
        self.error(Diagnostic::error(codes::DUPLICATE_NAME, name.span, message));
    }
}

/// A required field that was left out.
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
    written.iter().any(|(ident, _)| {
        fields.position(&ident.name).is_none()
            && !declared.context_fields.contains_key(&ident.name)
            && declared
                .did_you_mean(&ident.name, [field.name.as_str()])
                .is_some()
    })
}

fn missing_field(declared: &Declared<'_>, field: &Field, what: &str, span: Span) -> Diagnostic {
    let mut help = format!("add `{}: …`", name(&field.name));
    if let Some(Type::Map(_)) = declared.schema.ty(field.ty) {
        help = format!(
            "maps come from JSON data only: declare it `{}?: {}` to leave it out here",
            name(&field.name),
            declared.schema.type_name(field.ty)
        );
    } else if field.ty != UNKNOWN {
        help += &format!(", a value of type `{}`", declared.schema.type_name(field.ty));
    }
    Diagnostic::error(
        codes::MISSING_FIELD,
        span,
        format!("the {what} `{}` is missing", field.name),
    )
    .with_help(help)
}
