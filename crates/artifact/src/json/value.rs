//! JSON values to values of a type.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::text::{Fault, Kind, Member, Node};
use crate::data::{Attributes, check_count, check_entity_uid};
use crate::path::{names, shorten};
use crate::schema::{EntityTypeId, Field, Fields, Schema, Type, TypeId};
use crate::suggest::did_you_mean;
use crate::value::{Decimal, Duration, EntityUid, LiteralError, Network, Timestamp, Value};

/// The longest text that is tried as a timestamp, a duration, an address or a decimal.
const LONGEST_LITERAL: usize = 200;

/// Reads values, and keeps what is wrong with them.
pub(crate) struct Reader<'a> {
    pub(crate) schema: &'a Schema,
    pub(crate) faults: Vec<Fault>,
    /// How many names have been compared, to suggest one.
    compared: usize,
}

/// How many names are compared for suggestions; after that, many errors have been said, and the text is read on fast.
const MOST_COMPARED: usize = 100_000;

impl<'a> Reader<'a> {
    pub(crate) fn new(schema: &'a Schema) -> Self {
        Self {
            schema,
            faults: Vec::new(),
            compared: 0,
        }
    }

    /// The name nearest to one that is not known, as a help line.
    pub(crate) fn near<'n>(
        &mut self,
        name: &str,
        known: impl IntoIterator<Item = &'n str>,
    ) -> Option<String> {
        let left = MOST_COMPARED.saturating_sub(self.compared);
        let compared = &mut self.compared;
        // What is declared in a module is known by its full name, and easily called by its own.
        let mut full = Vec::new();
        let known = known.into_iter().take(left).inspect(|known| {
            *compared += 1;
            let module = known.strip_suffix(name);
            if full.len() < 2 && module.is_some_and(|module| module.ends_with('.')) {
                full.push(*known);
            }
        });
        let near = did_you_mean(name, known);
        match full.as_slice() {
            [one] => Some(format!("did you mean `{one}`?")),
            _ => near,
        }
    }

    pub(crate) fn fault(&mut self, fault: Fault) {
        self.faults.push(fault);
    }

    /// A fault whose value is not there.
    pub(crate) fn refuse<T>(&mut self, fault: Fault) -> Option<T> {
        self.faults.push(fault);
        None
    }

    /// What is said of something of another kind than expected.
    pub(crate) fn mismatch<T>(&mut self, node: &Node<'_>, expected: &str, help: Option<String>) -> Option<T> {
        if matches!(node.kind, Kind::Null) {
            return self.refuse(
                Fault::new(
                    node.start,
                    format!("expected {expected}, found null, and there is no null"),
                )
                .with_help("leave it out where there is no value"),
            );
        }
        let mut fault = Fault::new(
            node.start,
            format!("expected {expected}, found {}", node.describe()),
        );
        fault.help = help;
        self.refuse(fault)
    }

    /// The members of an object.
    pub(crate) fn object<'n, 't>(&mut self, node: &'n Node<'t>, expected: &str) -> Option<&'n [Member<'t>]> {
        match &node.kind {
            Kind::Object(members) => Some(members),
            Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::String(_) | Kind::Array(_) => {
                self.mismatch(node, expected, None)
            }
        }
    }

    /// The items of a list.
    pub(crate) fn list<'n, 't>(&mut self, node: &'n Node<'t>, expected: &str) -> Option<&'n [Node<'t>]> {
        match &node.kind {
            Kind::Array(items) => Some(items),
            Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::String(_) | Kind::Object(_) => {
                self.mismatch(node, expected, None)
            }
        }
    }

    /// A text.
    pub(crate) fn text<'n>(&mut self, node: &'n Node<'_>, expected: &str) -> Option<&'n str> {
        match &node.kind {
            Kind::String(text) => Some(text),
            Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::Array(_) | Kind::Object(_) => {
                self.mismatch(node, expected, None)
            }
        }
    }

    /// A value of a type.
    pub(crate) fn value(&mut self, node: &Node<'_>, ty: TypeId) -> Option<Value> {
        let Some(expected) = self.schema.ty(ty) else {
            return self.refuse(Fault::new(node.start, "the schema has no such type"));
        };
        match (expected, &node.kind) {
            (Type::Bool, Kind::Bool(value)) => Some(Value::Bool(*value)),
            (Type::Int, Kind::Number(text)) => self.int(node, text).map(Value::Int),
            (Type::Decimal, Kind::Number(text)) => match decimal(text) {
                Some(value) => Some(Value::Decimal(value)),
                None => self.refuse(
                    Fault::new(node.start, format!("the number `{}` is not an exact `Decimal`", shorten(text)))
                        .with_help("a `Decimal` has at most four digits after the point, and is at most 922337203685477.5807"),
                ),
            },
            (Type::Decimal, Kind::String(text)) => self.literal(node, text, Decimal::parse).map(Value::Decimal),
            (Type::String, Kind::String(text)) => Some(Value::String(text.as_ref().into())),
            (Type::Timestamp, Kind::String(text)) => {
                self.literal(node, text, Timestamp::parse).map(Value::Timestamp)
            }
            (Type::Duration, Kind::String(text)) => self.literal(node, text, Duration::parse).map(Value::Duration),
            (Type::Ip, Kind::String(text)) => self.literal(node, text, Network::parse).map(Value::Ip),
            (Type::Enum(of), Kind::String(text)) => {
                let def = self.schema.enum_def(of)?;
                match def.variant(text) {
                    Some(variant) => Some(Value::Enum(of, variant)),
                    None => {
                        let variants = || def.variants.iter().map(String::as_str);
                        let help = self.near(text, variants())
                            .unwrap_or_else(|| format!("its names: {}", names(variants())));
                        let message = format!("`{}` is not a name of the enum `{}`", shorten(text), def.name);
                        self.refuse(Fault::new(node.start, message).with_help(help))
                    }
                }
            }
            (Type::Entity(of), Kind::String(id)) => {
                let uid = EntityUid { ty: of, id: id.as_ref().into() };
                self.known_id(node, uid).map(Value::Entity)
            }
            (Type::Entity(of), Kind::Object(_)) => self.entity_of(node, of).map(Value::Entity),
            (Type::Set(element), Kind::Array(items)) => {
                let items: Vec<Option<Value>> = items.iter().map(|item| self.value(item, element)).collect();
                items.into_iter().collect::<Option<BTreeSet<Value>>>().map(Value::Set)
            }
            (Type::Map(of), Kind::Object(members)) => {
                let entries: Vec<Option<(Arc<str>, Value)>> = members
                    .iter()
                    .map(|member| Some((member.key.as_ref().into(), self.value(&member.value, of)?)))
                    .collect();
                entries.into_iter().collect::<Option<BTreeMap<_, _>>>().map(Value::Map)
            }
            (Type::Record(record), Kind::Object(members)) => {
                let fields = self.schema.record(record)?;
                self.fields(node, members, fields, Holder::Record).map(Value::Record)
            }
            (
                Type::Bool
                | Type::Int
                | Type::Decimal
                | Type::String
                | Type::Timestamp
                | Type::Duration
                | Type::Ip
                | Type::Enum(_)
                | Type::Entity(_)
                | Type::Set(_)
                | Type::Map(_)
                | Type::Record(_),
                _,
            ) => {
                let expected_name = self.schema.type_name(ty);
                let help = how_written(expected, &expected_name);
                self.mismatch(node, &format!("a value of type `{expected_name}`"), help)
            }
        }
    }

    fn int(&mut self, node: &Node<'_>, text: &str) -> Option<i64> {
        if text.contains(['.', 'e', 'E']) {
            return self.refuse(
                Fault::new(
                    node.start,
                    format!("the number `{}` is not an `Int`", shorten(text)),
                )
                .with_help("write a whole number, without point and exponent"),
            );
        }
        match text.parse() {
            Ok(value) => Some(value),
            Err(_) => self.refuse(Fault::new(
                node.start,
                format!(
                    "the number `{}` does not fit the 64 bits of an `Int`",
                    shorten(text)
                ),
            )),
        }
    }

    pub(crate) fn literal<T>(
        &mut self,
        node: &Node<'_>,
        text: &str,
        parse: impl Fn(&str) -> Result<T, LiteralError>,
    ) -> Option<T> {
        // What is too long to be one is cut for the message; cut, it is not one either.
        let text = if text.len() > LONGEST_LITERAL {
            &format!("{}…", shorten(text))
        } else {
            text
        };
        match parse(text) {
            Ok(value) => Some(value),
            Err(error) => self.refuse(Fault::new(node.start, error.0)),
        }
    }

    /// An entity with its type: `{"type": …, "id": …}`.
    pub(crate) fn entity(&mut self, node: &Node<'_>) -> Option<EntityUid> {
        let members = self.object(node, "an entity, as {\"type\": …, \"id\": …}")?;
        self.only(members, &["type", "id"], "an entity that is referred to", &[]);
        let ty = self.entity_type(node);
        let id = self
            .required(node, "id")
            .and_then(|id| Some((id, self.text(id, "an id, which is a text")?)));
        let (ty, (id_node, id)) = (ty?, id?);
        self.known_id(id_node, EntityUid { ty, id: id.into() })
    }

    /// The same, of a type that is known.
    fn entity_of(&mut self, node: &Node<'_>, expected: EntityTypeId) -> Option<EntityUid> {
        let uid = self.entity(node)?;
        if uid.ty == expected {
            return Some(uid);
        }
        let name = |ty| self.schema.entity_type(ty).map_or("?", |def| def.name.as_str());
        let message = format!(
            "expected an entity of type `{}`, found one of type `{}`",
            name(expected),
            name(uid.ty)
        );
        let at = node.get("type").map_or(node.start, |ty| ty.start);
        self.refuse(Fault::new(at, message))
    }

    /// The member `type` of an entity.
    pub(crate) fn entity_type(&mut self, node: &Node<'_>) -> Option<EntityTypeId> {
        let ty = self.required(node, "type")?;
        let name = self.text(ty, "the name of an entity type")?;
        let found = self.schema.find_entity_type(name);
        if found.is_none() {
            let known = || self.schema.entity_types.iter().map(|def| def.name.as_str());
            let help = self
                .near(name, known())
                .unwrap_or_else(|| format!("entity types: {}", names(known())));
            let message = format!("there is no entity type `{}`", shorten(name));
            self.fault(Fault::new(ty.start, message).with_help(help));
        }
        found
    }

    /// An entity whose id its type has.
    pub(crate) fn known_id(&mut self, node: &Node<'_>, uid: EntityUid) -> Option<EntityUid> {
        match check_entity_uid(self.schema, &uid) {
            Ok(()) => Some(uid),
            Err(fault) => {
                let ids = self
                    .schema
                    .entity_type(uid.ty)
                    .and_then(|def| def.closed.as_ref());
                let near = self.near(&uid.id, ids.into_iter().flatten().map(String::as_str));
                let fault = Fault {
                    at: node.start,
                    message: fault.problem.to_string(),
                    help: near,
                };
                self.refuse(fault)
            }
        }
    }

    /// A member that an object must have.
    pub(crate) fn required<'n, 't>(&mut self, node: &'n Node<'t>, key: &str) -> Option<&'n Node<'t>> {
        let found = node.get(key);
        if found.is_none() {
            self.fault(Fault::new(node.start, format!("`{key}` is missing")));
        }
        found
    }

    /// Refuses members other than the known ones. Those in `elsewhere` belong to something else, which the help says.
    pub(crate) fn only(
        &mut self,
        members: &[Member<'_>],
        known: &[&str],
        of: &str,
        elsewhere: &[(&str, &str)],
    ) {
        for member in members
            .iter()
            .filter(|member| !known.contains(&member.key.as_ref()))
        {
            let help = elsewhere
                .iter()
                .find(|(key, _)| *key == member.key)
                .map(|(_, help)| (*help).to_owned())
                .or_else(|| self.near(&member.key, known.iter().copied()))
                .unwrap_or_else(|| format!("known here: {}", names(known.iter().copied())));
            let message = format!("{of} has no `{}`", shorten(&member.key));
            self.fault(Fault::new(member.at, message).with_help(help));
        }
    }

    /// Values for fields. What has no field is refused, and so, if `holder` says so, is a gap in a required one.
    pub(crate) fn fields(
        &mut self,
        node: &Node<'_>,
        members: &[Member<'_>],
        fields: &Fields,
        holder: Holder<'_>,
    ) -> Option<Attributes> {
        let before = self.faults.len();
        let mut values: Attributes = vec![None; fields.len()];
        let mut given = vec![false; fields.len()];
        for member in members {
            let Some(index) = fields.position(&member.key) else {
                self.unknown_field(member, fields, holder);
                continue;
            };
            let index = index as usize;
            let (Some(field), Some(slot), Some(given)) =
                (fields.0.get(index), values.get_mut(index), given.get_mut(index))
            else {
                continue;
            };
            let value = self.value(&member.value, field.ty);
            if let Some(Err(problem)) = value.as_ref().map(|value| check_count(field, value)) {
                self.fault(Fault::new(member.value.start, problem.to_string()));
            }
            // Of a key that repeats, which is refused elsewhere, the first value counts.
            if !*given {
                *slot = value;
                *given = true;
            }
        }
        if holder.is_whole() {
            let missing: Vec<&Field> = fields
                .iter()
                .zip(&given)
                .filter(|(field, given)| !field.optional && !**given)
                .map(|(f, _)| f)
                .collect();
            if let [one] = missing.as_slice() {
                let (ty, name) = (self.schema.type_name(one.ty), &one.name);
                let message = format!(
                    "the required {} `{name}` of type `{ty}` is missing",
                    holder.part()
                );
                self.fault(Fault::new(node.start, message));
            } else if !missing.is_empty() {
                let missing = names(missing.iter().map(|field| field.name.as_str()));
                let message = format!("the required {}s {missing} are missing", holder.part());
                self.fault(Fault::new(node.start, message));
            }
        }
        (self.faults.len() == before).then_some(values)
    }

    fn unknown_field(&mut self, member: &Member<'_>, fields: &Fields, holder: Holder<'_>) {
        let known = || fields.iter().map(|field| field.name.as_str());
        let help = self.near(&member.key, known()).unwrap_or_else(|| {
            if fields.is_empty() {
                "the policy declares none".to_owned()
            } else {
                format!("declared: {}", names(known()))
            }
        });
        self.fault(Fault::new(member.at, holder.lacks(&member.key)).with_help(help));
    }
}

/// What has fields.
#[derive(Clone, Copy)]
pub(crate) enum Holder<'a> {
    /// A record.
    Record,
    /// A described entity of the type with this name.
    Entity(&'a str),
    /// An entity of a request, which may give any of its attributes.
    Overlay(&'a str),
    /// The context of requests for the action with this name.
    Context(&'a str),
}

impl Holder<'_> {
    /// Whether the required fields must be there.
    fn is_whole(self) -> bool {
        match self {
            Self::Record | Self::Entity(_) | Self::Context(_) => true,
            Self::Overlay(_) => false,
        }
    }

    /// What it has.
    fn part(self) -> &'static str {
        match self {
            Self::Record => "field",
            Self::Entity(_) | Self::Overlay(_) => "attribute",
            Self::Context(_) => "context field",
        }
    }

    /// What it has not.
    fn lacks(self, name: &str) -> String {
        let name = shorten(name);
        match self {
            Self::Record => format!("the record has no field `{name}`"),
            Self::Entity(ty) | Self::Overlay(ty) => format!("`{ty}` has no attribute `{name}`"),
            Self::Context(action) => format!("the context of `{action}` has no field `{name}`"),
        }
    }
}

/// How a value of a type is written in JSON.
fn how_written(ty: Type, name: &str) -> Option<String> {
    Some(match ty {
        Type::Bool => "write `true` or `false`, without quotes".to_owned(),
        Type::Int => "write a whole number, without quotes".to_owned(),
        Type::Decimal => "write a number, or a text such as \"12.50\"".to_owned(),
        Type::String => "write a text in double quotes".to_owned(),
        Type::Timestamp => "write a text such as \"2026-01-05T09:00:00Z\"".to_owned(),
        Type::Duration => "write a text such as \"2h30m\"".to_owned(),
        Type::Ip => "write a text such as \"10.1.2.3\" or \"10.0.0.0/8\"".to_owned(),
        Type::Enum(_) => format!("write one of the names of `{name}` as a text"),
        Type::Entity(_) => format!("write the id as a text, or {{\"type\": \"{name}\", \"id\": \"…\"}}"),
        Type::Set(_) => "write a list: […]".to_owned(),
        Type::Map(_) => "write an object: {\"key\": …}".to_owned(),
        Type::Record(_) => "write an object: {\"field\": …}".to_owned(),
    })
}

/// The decimal that a JSON number is, where it is one exactly: `1.50000` and `15e-1` are.
fn decimal(number: &str) -> Option<Decimal> {
    let (mantissa, exponent) = match number.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.trim_start_matches('+')),
        None => (number, "0"),
    };
    let (sign, mantissa) = match mantissa.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", mantissa),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    let significant = digits.trim_start_matches('0').trim_end_matches('0');
    if significant.is_empty() {
        return Some(Decimal::from_ten_thousandths(0));
    }
    let leading = digits.len() - digits.trim_start_matches('0').len();
    // The value is 0.SIGNIFICANT times ten to this power.
    let power = i64::try_from(whole.len())
        .ok()?
        .checked_sub(i64::try_from(leading).ok()?)?;
    let power = power.checked_add(exponent.parse::<i64>().ok()?)?;
    if significant.len() > 20 || !(-4..=20).contains(&power) {
        return None;
    }
    let text = match usize::try_from(power) {
        Err(_) => format!("0.{}{significant}", "0".repeat(usize::try_from(-power).ok()?)),
        Ok(power) if power >= significant.len() => format!("{significant:0<power$}"),
        Ok(power) => {
            let (whole, fraction) = significant.split_at(power);
            format!("{}.{fraction}", if whole.is_empty() { "0" } else { whole })
        }
    };
    Decimal::parse(&format!("{sign}{text}")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_decimals() {
        let check = |number: &str, expected: Option<i64>| {
            assert_eq!(
                decimal(number).map(Decimal::ten_thousandths),
                expected,
                "{number}"
            );
        };
        check("0", Some(0));
        check("-0.0e99999999999", Some(0));
        check("1", Some(10_000));
        check("1.5", Some(15_000));
        check("1.500000000", Some(15_000));
        check("15e-1", Some(15_000));
        check("0.0001", Some(1));
        check("1e-4", Some(1));
        check("1E+3", Some(10_000_000));
        check("-12.25", Some(-122_500));
        check("120", Some(1_200_000));
        check("0.00001", None);
        check("1e-5", None);
        check("922337203685477.5807", Some(i64::MAX));
        check("-922337203685477.5808", Some(i64::MIN));
        check("922337203685477.5808", None);
        check("1e15", None);
        check("1e99999999999999999999", None);
        check("0.1000000000000000055", None);
    }
}
