//! Cedar's schema to declarations: entity types, common types and actions, a file for each namespace.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use cedar_policy_core::ast::{InternalName, Name};
use cedar_policy_core::est::Annotations;
use cedar_policy_core::validator::json_schema::{
    ActionType, ApplySpec, EntityType, EntityTypeKind, Fragment, NamespaceDefinition, RecordType, Type,
    TypeVariant,
};

use super::comments::{Token, comments, tokens};
use super::names::{Full, Names, module, of_internal, qualified};
use super::{Refusal, Text, text};

/// The declarations of one module.
pub(super) struct Declarations {
    pub(super) module: Vec<String>,
    pub(super) text: String,
}

/// What is declared, with where it stands, if the schema is no JSON.
struct Item<'s> {
    start: Option<usize>,
    namespace: Option<&'s Name>,
    what: What<'s>,
    annotations: &'s Annotations,
}

enum What<'s> {
    Entity(String, &'s EntityType<InternalName>),
    Alias(Full, &'s Type<InternalName>),
    /// Several that are declared at once.
    Actions(Vec<String>, &'s ActionType<InternalName>),
}

/// Turns the schema into declarations.
pub(super) fn declarations(
    source: &Text,
    fragment: &Fragment<InternalName>,
    names: &mut Names,
) -> Result<Vec<Declarations>, Vec<Refusal>> {
    for (namespace, definition) in &fragment.0 {
        for (id, entity) in &definition.entity_types {
            if let EntityTypeKind::Standard(standard) = &entity.kind
                && standard.tags.is_some()
            {
                let mut attribute = "tags".to_owned();
                while record(&standard.shape.0, fragment)
                    .is_some_and(|record| record.attributes.contains_key(attribute.as_str()))
                {
                    attribute.push('_');
                }
                names.set_tags(&qualified(namespace.as_ref(), id.as_ref()), attribute);
            }
        }
    }
    let mut items: Vec<Item<'_>> = Vec::new();
    for (namespace, definition) in &fragment.0 {
        items.extend(items_of(namespace.as_ref(), definition, names));
    }
    items.sort_by_key(|item| item.start);
    order_actions(source, &mut items);
    let places = places(source, &items);
    let starts: Vec<usize> = places.iter().map(|(start, _)| *start).collect();
    let (said, rest) = comments(if starts.is_empty() { "" } else { &source.text }, &starts);
    let said: BTreeMap<&Place, Vec<String>> = places.iter().map(|(_, place)| place).zip(said).collect();
    let order: BTreeMap<&Place, usize> = places.iter().map(|(start, place)| (place, *start)).collect();
    let action_values = RefCell::new(BTreeSet::new());
    let mut modules: BTreeMap<Vec<String>, Layout> = BTreeMap::new();
    let mut refusals = Vec::new();
    for (number, item) in items.iter().enumerate() {
        let writer = Writer {
            fragment,
            names,
            module: module(item.namespace),
            number,
            order: &order,
            said: &said,
            action_values: &action_values,
        };
        match writer.item(item) {
            Ok(declaration) => modules.entry(writer.module).or_default().add(&declaration),
            Err(message) => refusals.push(match item.start {
                Some(start) => Refusal::at(source, start, message),
                None => Refusal::at_start(source, message),
            }),
        }
    }
    if !refusals.is_empty() {
        return Err(refusals);
    }
    let mut modules: Vec<Declarations> = modules
        .into_iter()
        .map(|(module, layout)| Declarations {
            module,
            text: layout.text,
        })
        .collect();
    if let Some(last) = modules.last_mut()
        && !rest.is_empty()
    {
        last.text.push('\n');
        rest.iter()
            .for_each(|comment| last.text.push_str(&text::comments(comment)));
    }
    for module in action_values.take() {
        names.declare_actions(&module);
        let found = modules.iter_mut().find(|declared| declared.module == module);
        if let Some(declared) = found {
            declared.text.push_str(&action_entities(fragment, &module));
        }
    }
    // What is said of a namespace.
    for (namespace, definition) in &fragment.0 {
        let found = modules
            .iter_mut()
            .find(|declared| declared.module == module(namespace.as_ref()));
        if let Some(declared) = found {
            let said = as_comments(&definition.annotations);
            if !said.is_empty() {
                declared.text.insert_str(0, &format!("{said}\n"));
            }
        }
    }
    Ok(modules)
}

/// Declarations with blank lines between them, but for those that stand on one line each and are of one kind.
#[derive(Default)]
struct Layout {
    text: String,
    /// The first word of the last declaration, if it stands on one line.
    line: Option<String>,
}

impl Layout {
    fn add(&mut self, declaration: &str) {
        let is_line = declaration.trim_end().lines().count() == 1;
        let line = declaration
            .split(' ')
            .next()
            .filter(|_| is_line)
            .map(str::to_owned);
        if !self.text.is_empty() && (line.is_none() || line != self.line) {
            self.text.push('\n');
        }
        self.text.push_str(declaration);
        self.line = line;
    }
}

fn items_of<'s>(
    namespace: Option<&'s Name>,
    definition: &'s NamespaceDefinition<InternalName>,
    names: &Names,
) -> Vec<Item<'s>> {
    let mut items = Vec::new();
    for (id, common) in &definition.common_types {
        let full = qualified(namespace, &id.to_string());
        let alias = full
            .parse()
            .ok()
            .and_then(|name: InternalName| names.alias(&name).cloned());
        items.push(Item {
            start: common.loc.as_ref().map(cedar_policy_core::parser::Loc::start),
            namespace,
            what: What::Alias(
                alias.unwrap_or(Full {
                    module: module(namespace),
                    name: id.to_string(),
                }),
                &common.ty,
            ),
            annotations: &common.annotations,
        });
    }
    for (id, entity) in &definition.entity_types {
        items.push(Item {
            start: entity.loc.as_ref().map(cedar_policy_core::parser::Loc::start),
            namespace,
            what: What::Entity(id.to_string(), entity),
            annotations: &entity.annotations,
        });
    }
    for (id, action) in &definition.actions {
        let start = action.loc.as_ref().map(cedar_policy_core::parser::Loc::start);
        // `action read, write appliesTo …` is one declaration.
        let same = items.iter_mut().find_map(|item| match &mut item.what {
            What::Actions(ids, other) if start.is_some() && item.start == start && *other == action => {
                Some(ids)
            }
            What::Actions(..) | What::Entity(..) | What::Alias(..) => None,
        });
        match same {
            Some(ids) => ids.push(id.to_string()),
            None => items.push(Item {
                start,
                namespace,
                what: What::Actions(vec![id.to_string()], action),
                annotations: &action.annotations,
            }),
        }
    }
    items
}

/// The name of the type that Cedar's actions are of, in any namespace.
pub(super) const ACTION: &str = "Action";

/// Actions as entities, for where they are values: in Dictum an action is none.
pub(super) fn action_entities(fragment: &Fragment<InternalName>, wanted: &[String]) -> String {
    let found = fragment
        .0
        .iter()
        .find(|(namespace, _)| module(namespace.as_ref()) == wanted);
    let ids = found
        .into_iter()
        .flat_map(|(_, definition)| definition.actions.keys());
    let ids: Vec<String> = ids.map(|id| text::string(id)).collect();
    format!(
        "\n// The actions as values, which attributes and conditions have.\nentity {ACTION} = [{}]\n",
        ids.join(", ")
    )
}

/// What a comment can be about: a declaration, or a field of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    item: usize,
    field: Option<String>,
}

/// The places of declarations and of their fields, in order.
fn places(source: &Text, items: &[Item<'_>]) -> Vec<(usize, Place)> {
    let tokens = tokens(&source.text);
    let mut places = Vec::new();
    for (number, item) in items.iter().enumerate() {
        let Some(start) = item.start else { continue };
        places.push((
            start,
            Place {
                item: number,
                field: None,
            },
        ));
        let end = items
            .get(number + 1)
            .and_then(|item| item.start)
            .unwrap_or(usize::MAX);
        let within: Vec<_> = tokens
            .iter()
            .filter(|(at, _)| (start..end).contains(at))
            .collect();
        // The fields of an action's context stand one level deeper than those of an entity.
        let level = match item.what {
            What::Entity(..) | What::Alias(..) => 1,
            What::Actions(..) => 2,
        };
        let mut depth = 0;
        for (position, (at, token)) in within.iter().enumerate() {
            match token {
                Token::Mark('{') => depth += 1,
                Token::Mark('}') => depth -= 1,
                Token::Word(name) if depth == level => {
                    let mut after = within.iter().skip(position + 1).map(|(_, token)| *token);
                    let next = after.next();
                    if next == Some(Token::Mark(':'))
                        || next == Some(Token::Mark('?')) && after.next() == Some(Token::Mark(':'))
                    {
                        let field = Some((*name).to_owned());
                        places.push((*at, Place { item: number, field }));
                    }
                }
                Token::Word(_) | Token::Mark(_) => {}
            }
        }
    }
    places
}

/// Puts the names of actions that are declared at once into the order in which they stand.
fn order_actions(source: &Text, items: &mut [Item<'_>]) {
    let tokens = tokens(&source.text);
    for item in items {
        let start = item.start.unwrap_or(usize::MAX);
        if let What::Actions(ids, _) = &mut item.what {
            ids.sort_by_key(|id| {
                let mut after = tokens.iter().filter(|(at, _)| *at >= start);
                after.position(|(_, token)| *token == Token::Word(id))
            });
        }
    }
}

/// Annotations as comments, where nothing can be annotated.
fn as_comments(annotations: &Annotations) -> String {
    let mut out = String::new();
    for (key, value) in &annotations.0 {
        out.push_str("// @");
        out.push_str(key.as_ref());
        match value {
            Some(value) if !value.val.is_empty() => {
                out.push_str(&format!("({})\n", text::string(&value.val)));
            }
            Some(_) | None => out.push('\n'),
        }
    }
    out
}

/// `@name("text")` for an annotation; `@name` where the text is empty.
pub(super) fn annotation(name: &str, value: Option<&str>) -> String {
    match value {
        Some(value) if !value.is_empty() => format!("@{}({})\n", text::name(name), text::string(value)),
        Some(_) | None => format!("@{}\n", text::name(name)),
    }
}

/// The record that a type is, common types followed.
fn record<'f>(
    ty: &'f Type<InternalName>,
    fragment: &'f Fragment<InternalName>,
) -> Option<&'f RecordType<InternalName>> {
    let mut ty = ty;
    // A common type is not made of itself, so this ends; the number is for one that is.
    for _ in 0..256 {
        match ty {
            Type::Type {
                ty: TypeVariant::Record(record),
                ..
            } => return Some(record),
            Type::Type {
                ty: TypeVariant::EntityOrCommon { type_name },
                ..
            }
            | Type::CommonTypeRef { type_name, .. } => ty = common_type(type_name, fragment)?,
            Type::Type { .. } => return None,
        }
    }
    None
}

fn common_type<'f>(
    name: &InternalName,
    fragment: &'f Fragment<InternalName>,
) -> Option<&'f Type<InternalName>> {
    fragment.0.iter().find_map(|(namespace, definition)| {
        let found = definition
            .common_types
            .iter()
            .find(|(id, _)| qualified(namespace.as_ref(), &id.to_string()) == name.to_string());
        found.map(|(_, common)| &common.ty)
    })
}

/// Writes the declarations of one module.
struct Writer<'s> {
    fragment: &'s Fragment<InternalName>,
    names: &'s Names,
    module: Vec<String>,
    /// The declaration that is written.
    number: usize,
    /// Where declarations and their fields stand, if the schema is no JSON.
    order: &'s BTreeMap<&'s Place, usize>,
    said: &'s BTreeMap<&'s Place, Vec<String>>,
    /// The modules whose actions are values of attributes.
    action_values: &'s RefCell<BTreeSet<Vec<String>>>,
}

impl Writer<'_> {
    fn item(&self, item: &Item<'_>) -> Result<String, String> {
        let mut out = self.comments(None);
        for (key, value) in &item.annotations.0 {
            let name: &str = key.as_ref();
            match value.as_ref().map(|value| value.val.as_str()) {
                Some(value) if name == "doc" => out.push_str(&text::docs(value)),
                value => out.push_str(&annotation(name, value)),
            }
        }
        out.push_str(&match &item.what {
            What::Entity(name, entity) => self.entity(name, entity, item.namespace)?,
            What::Alias(full, ty) => format!("type {} = {}\n", text::type_name(&full.name), self.ty(ty)?),
            What::Actions(ids, action) => self.actions(ids, action)?,
        });
        Ok(out)
    }

    fn comments(&self, field: Option<&str>) -> String {
        let place = Place {
            item: self.number,
            field: field.map(str::to_owned),
        };
        let said = self.said.get(&place).into_iter().flatten();
        said.map(|comment| text::comments(comment)).collect()
    }

    fn entity(
        &self,
        name: &str,
        entity: &EntityType<InternalName>,
        namespace: Option<&Name>,
    ) -> Result<String, String> {
        let mut out = format!("entity {}", text::type_name(name));
        match &entity.kind {
            EntityTypeKind::Enum { choices } => {
                let mut seen = BTreeSet::new();
                let ids = choices.iter().map(|eid| {
                    let id: &str = eid.as_ref();
                    text::string(id)
                });
                // Cedar takes no notice of an id that is listed twice.
                let ids: Vec<String> = ids.filter(|id| seen.insert(id.clone())).collect();
                out.push_str(&format!(" = [{}]", ids.join(", ")));
            }
            EntityTypeKind::Standard(standard) => {
                let parents: BTreeSet<String> = standard
                    .member_of_types
                    .iter()
                    .map(|ty| self.reference(ty))
                    .collect();
                if !parents.is_empty() {
                    out.push_str(" in ");
                    out.push_str(&parents.into_iter().collect::<Vec<_>>().join(", "));
                }
                let mut fields = match record(&standard.shape.0, self.fragment) {
                    Some(record) => self.fields(record)?,
                    None => String::new(),
                };
                if let Some(tags) = &standard.tags {
                    let attribute = self.names.tags(&qualified(namespace, name)).unwrap_or("tags");
                    fields.push_str(&format!("{}?: Map<{}>\n", text::name(attribute), self.ty(tags)?));
                }
                out.push_str(&braces(&out, &fields));
            }
        }
        out.push('\n');
        Ok(out)
    }

    fn actions(&self, ids: &[String], action: &ActionType<InternalName>) -> Result<String, String> {
        let ids: Vec<String> = ids.iter().map(|id| text::name(id)).collect();
        let mut out = format!("action {}", ids.join(", "));
        let groups: BTreeSet<String> = action
            .member_of
            .iter()
            .flatten()
            .map(|group| {
                let module = of_internal(group.ty()).module;
                let name = group.id.to_string();
                self.names.write_action(&Full { module, name }, &self.module)
            })
            .collect();
        if !groups.is_empty() {
            out.push_str(" in ");
            out.push_str(&groups.into_iter().collect::<Vec<_>>().join(", "));
        }
        if let Some(applies) = &action.applies_to
            && let ApplySpec {
                resource_types,
                principal_types,
                context,
            } = applies
            && !resource_types.is_empty()
            && !principal_types.is_empty()
        {
            let list = |types: &[InternalName]| {
                let mut seen = BTreeSet::new();
                let types = types
                    .iter()
                    .map(|ty| self.reference(ty))
                    .filter(|ty| seen.insert(ty.clone()));
                types.collect::<Vec<_>>().join(", ")
            };
            out.push_str(&format!(
                " by {} on {}",
                list(principal_types),
                list(resource_types)
            ));
            let fields = match record(&context.0, self.fragment) {
                Some(record) => self.fields(record)?,
                None => String::new(),
            };
            out.push_str(&braces(&out, &fields));
        }
        out.push('\n');
        Ok(out)
    }

    /// The fields of an entity or a context, a line each.
    fn fields(&self, record: &RecordType<InternalName>) -> Result<String, String> {
        let mut out = String::new();
        let mut fields: Vec<_> = record.attributes.iter().collect();
        fields.sort_by_key(|(name, _)| {
            let place = Place {
                item: self.number,
                field: Some(name.to_string()),
            };
            self.order.get(&place)
        });
        for (name, field) in fields {
            out.push_str(&self.comments(Some(name)));
            for (key, value) in &field.annotations.0 {
                let key: &str = key.as_ref();
                match value.as_ref().map(|value| value.val.as_str()) {
                    Some(value) if key == "doc" => out.push_str(&text::docs(value)),
                    value => out.push_str(&format!("// {}", annotation(key, value))),
                }
            }
            let optional = if field.required { "" } else { "?" };
            out.push_str(&format!(
                "{}{optional}: {}\n",
                text::name(name),
                self.ty(&field.ty)?
            ));
        }
        Ok(out)
    }

    fn ty(&self, ty: &Type<InternalName>) -> Result<String, String> {
        stacker::maybe_grow(64 * 1024, 1024 * 1024, || match ty {
            Type::Type { ty, .. } => match ty {
                TypeVariant::String => Ok("String".to_owned()),
                TypeVariant::Long => Ok("Int".to_owned()),
                TypeVariant::Boolean => Ok("Bool".to_owned()),
                TypeVariant::Set { element } => Ok(format!("Set<{}>", self.ty(element)?)),
                TypeVariant::Record(record) => {
                    let fields = record.attributes.iter().map(|(name, field)| {
                        let optional = if field.required { "" } else { "?" };
                        Ok(format!("{}{optional}: {}", text::name(name), self.ty(&field.ty)?))
                    });
                    let fields = fields.collect::<Result<Vec<_>, String>>()?;
                    Ok(format!("{{ {} }}", fields.join(", ")))
                }
                TypeVariant::Entity { name } => self.entity_type(name),
                TypeVariant::EntityOrCommon { type_name } => self.named(type_name),
                TypeVariant::Extension { name } => extension(name.as_ref()),
            },
            Type::CommonTypeRef { type_name, .. } => self.named(type_name),
        })
    }

    /// A common type, one of Cedar's own types, or an entity type.
    fn named(&self, name: &InternalName) -> Result<String, String> {
        if let Some(alias) = self.names.alias(name) {
            return Ok(self.names.write_type(alias, &self.module));
        }
        match name.basename().as_ref() {
            "String" => Ok("String".to_owned()),
            "Long" => Ok("Int".to_owned()),
            "Bool" | "Boolean" => Ok("Bool".to_owned()),
            other => extension(other).or_else(|_| self.entity_type(name)),
        }
    }

    fn entity_type(&self, name: &InternalName) -> Result<String, String> {
        if name.basename().as_ref() as &str == ACTION {
            let module = of_internal(name).module;
            self.action_values.borrow_mut().insert(module);
        }
        Ok(self.reference(name))
    }

    /// An entity type.
    fn reference(&self, name: &InternalName) -> String {
        self.names.write_type(&of_internal(name), &self.module)
    }
}

/// Fields, a line each, in braces behind what they belong to; on its line, where they are few and short.
fn braces(head: &str, fields: &str) -> String {
    let lines: Vec<&str> = fields.lines().collect();
    let width: usize = lines.iter().map(|line| line.chars().count() + 2).sum();
    let last = head.lines().last().unwrap_or_default().chars().count();
    if lines.is_empty() {
        String::new()
    } else if lines.len() < 3 && last + width < 80 && !fields.contains(['/', '{']) {
        format!(" {{ {} }}", lines.join(", "))
    } else {
        format!(" {{\n{fields}}}")
    }
}

/// One of Cedar's extension types.
fn extension(name: &str) -> Result<String, String> {
    match name {
        "ipaddr" => Ok("Ip".to_owned()),
        "decimal" => Ok("Decimal".to_owned()),
        "datetime" => Ok("Timestamp".to_owned()),
        "duration" => Ok("Duration".to_owned()),
        _ => Err(format!("Dictum has no type for Cedar's `{name}`")),
    }
}
