//! Expressions and DAGs as text, for people who look into an artifact.

use std::collections::BTreeSet;

use dictum_artifact::dag::{Artifact, Node, NodeId, Obliged, Plan, Question, RuleId};
use dictum_artifact::expr::{Arithmetic, Comparison, Expr, ExprId, Literal, Property, Quantifier};
use dictum_artifact::naming::{self, written_path};
use dictum_artifact::schema::{Field, Fields, Schema, Shape, Type, TypeId};
use dictum_artifact::value::{EntityUid, Value, quote};
use serde::Serialize;

/// How deep and how long (in bytes) an expression may be to be shown whole: expressions share their parts, so a small
/// artifact can hold an expression whose text would never end.
const MAX_SHOWN: (usize, usize) = (40, 2_000);

/// A node of a shape's decision DAG.
#[derive(Serialize)]
pub(crate) struct NodeText {
    /// The node's number in the shape; the first node is 0.
    node: usize,
    #[serde(flatten)]
    kind: NodeKind,
}

#[derive(Serialize)]
#[serde(untagged)]
enum NodeKind {
    Test {
        atom: String,
        question: &'static str,
        yes: usize,
        no: usize,
    },
    Leaf {
        leaf: &'static str,
        rule: Option<String>,
    },
}

impl NodeText {
    /// `0: is principal.suspended true? yes 2, no 1`
    pub(crate) fn line(&self) -> String {
        let kind = match &self.kind {
            NodeKind::Test {
                atom,
                question,
                yes,
                no,
            } => format!("is {atom} {question}? yes {yes}, no {no}"),
            NodeKind::Leaf {
                leaf,
                rule: Some(rule),
            } => format!("{leaf} by {}", naming::shown(rule)),
            NodeKind::Leaf { leaf, rule: None } => format!("{leaf} by default"),
        };
        format!("{}: {kind}", self.node)
    }
}

/// The nodes that a decision can pass, in an order in which each comes before its successors.
pub(crate) fn reachable(artifact: &Artifact, plan: &Plan) -> Vec<NodeId> {
    let mut found = BTreeSet::from([plan.decide]);
    let mut open = vec![plan.decide];
    while let Some(id) = open.pop() {
        if let Some(Node::Test {
            question: _,
            atom: _,
            yes,
            no,
        }) = artifact.nodes.get(id.index())
        {
            open.extend([*yes, *no].into_iter().filter(|next| found.insert(*next)));
        }
    }
    // Successors come first in the arena.
    found.into_iter().rev().collect()
}

/// The decision DAG of a shape.
pub(crate) fn decision_dag(artifact: &Artifact, shape: Shape, plan: &Plan) -> Vec<NodeText> {
    let nodes = reachable(artifact, plan);
    let number = |id: NodeId| nodes.partition_point(|node| *node > id);
    let label = |rule: RuleId| artifact.rules.get(rule.index()).map(|rule| rule.label.clone());
    let leaf = |leaf, rule| NodeKind::Leaf { leaf, rule };
    let text = |id: &NodeId| match artifact.nodes.get(id.index()) {
        Some(Node::Test {
            question,
            atom,
            yes,
            no,
        }) => NodeKind::Test {
            atom: expression(artifact, shape, *atom),
            question: match question {
                Question::IsTrue => "true",
                Question::IsFalse => "false",
            },
            yes: number(*yes),
            no: number(*no),
        },
        Some(Node::Allow(rule)) => leaf("allow", label(*rule)),
        Some(Node::Deny(rule)) => leaf("deny", label(*rule)),
        Some(Node::DenyByDefault | Node::Fires | Node::Rests) | None => leaf("deny", None),
    };
    nodes
        .iter()
        .enumerate()
        .map(|(node, id)| NodeText { node, kind: text(id) })
        .collect()
}

/// An expression about requests of a shape, as the language writes it.
pub(crate) fn expression(artifact: &Artifact, shape: Shape, id: ExprId) -> String {
    let mut printer = Printer {
        artifact,
        shape,
        out: String::new(),
        depth: 0,
    };
    printer.write(id);
    printer.out
}

/// What a condition says where it is false, as the language writes it.
pub(crate) fn negated(artifact: &Artifact, shape: Shape, id: ExprId) -> String {
    let mut printer = Printer {
        artifact,
        shape,
        out: String::new(),
        depth: 0,
    };
    match artifact.exprs.get(id) {
        Some(Expr::Equal(a, b)) => printer.infix(*a, " != ", *b),
        // `not a < b` is `b <= a`.
        Some(Expr::Compare(Comparison::Less, a, b)) => printer.comparison(Comparison::LessOrEqual, *b, *a),
        Some(Expr::Compare(Comparison::LessOrEqual, a, b)) => printer.comparison(Comparison::Less, *b, *a),
        Some(_) | None => printer.prefix("not ", id),
    };
    printer.out
}

/// The type of what an expression reads, in requests of a shape.
pub(crate) fn type_read(artifact: &Artifact, shape: Shape, id: ExprId) -> Option<TypeId> {
    let expr = artifact.exprs.get(id)?;
    if let Expr::Variable { ty, level: _ } = expr {
        return Some(*ty);
    }
    if let Expr::Lookup { map, .. } = expr {
        let map = artifact.schema.ty(type_read(artifact, shape, *map)?);
        return if let Type::Map(value) = map? {
            Some(value)
        } else {
            None
        };
    }
    if let Expr::Coalesce(a, b) | Expr::If(_, a, b) = expr {
        return type_read(artifact, shape, *a).or_else(|| type_read(artifact, shape, *b));
    }
    Some(field_read(artifact, shape, id)?.ty)
}

/// The declaration of the attribute or field that an expression reads, in requests of a shape.
pub(crate) fn field_read(artifact: &Artifact, shape: Shape, id: ExprId) -> Option<&Field> {
    let schema = &artifact.schema;
    let (Expr::Attribute { of, index } | Expr::Field { of, index }) = artifact.exprs.get(id)? else {
        return None;
    };
    let ty = match artifact.exprs.get(*of)? {
        Expr::Principal => Type::Entity(shape.principal),
        Expr::Resource => Type::Entity(shape.resource),
        Expr::Context => Type::Record(schema.action(shape.action)?.context?),
        other => {
            if let Expr::Literal(Literal::Entity(ty, _)) = other {
                Type::Entity(*ty)
            } else if let Expr::Record(record, _) = other {
                Type::Record(*record)
            } else {
                schema.ty(type_read(artifact, shape, *of)?)?
            }
        }
    };
    let fields = if let Type::Entity(ty) = ty {
        &schema.entity_type(ty)?.attributes
    } else if let Type::Record(record) = ty {
        schema.record(record)?
    } else {
        return None;
    };
    fields.get(*index)
}

/// A value as the language writes it, with the names of fields where its type is known.
pub(crate) fn value(schema: &Schema, ty: Option<TypeId>, shown: &Value) -> String {
    let known = ty.and_then(|ty| schema.ty(ty));
    if let (Value::Set(items), Some(Type::Set(of))) = (shown, known) {
        let items = items.iter().map(|item| value(schema, Some(of), item));
        format!("[{}]", items.collect::<Vec<_>>().join(", "))
    } else if let (Value::Map(entries), Some(Type::Map(of))) = (shown, known) {
        let entries = entries
            .iter()
            .map(|(key, entry)| format!("{}: {}", quote(key), value(schema, Some(of), entry)));
        format!("{{ {} }}", entries.collect::<Vec<_>>().join(", "))
    } else if let (Value::Record(values), Some(Type::Record(record))) = (shown, known) {
        let fields = schema.record(record).into_iter().flat_map(Fields::iter);
        let given = fields.zip(values).filter_map(|(field, given)| {
            let given = value(schema, Some(field.ty), given.as_ref()?);
            Some(format!("{}: {given}", identifier(&field.name)))
        });
        format!("{{ {} }}", given.collect::<Vec<_>>().join(", "))
    } else {
        shown.display(schema)
    }
}

/// An obligation with its fields, as the language writes it after `with`.
pub(crate) fn obliged(artifact: &Artifact, shape: Shape, obliged: &Obliged) -> String {
    let def = artifact.schema.obligation(obliged.obligation);
    let name = def.map_or("?", |def| def.name.as_str());
    let fields = expression(artifact, shape, obliged.fields);
    format!("{} {fields}", written_path(name))
}

struct Printer<'a> {
    artifact: &'a Artifact,
    shape: Shape,
    out: String,
    depth: usize,
}

impl<'a> Printer<'a> {
    /// Writes an expression and tells its type, where that is needed to name the parts of its values.
    fn write(&mut self, id: ExprId) -> Option<Type> {
        let (deep, long) = MAX_SHOWN;
        let artifact = self.artifact;
        let Some(expr) = artifact
            .exprs
            .get(id)
            .filter(|_| self.depth < deep && self.out.len() < long)
        else {
            self.out.push('…');
            return None;
        };
        self.depth += 1;
        let ty = self.write_expr(expr);
        self.depth -= 1;
        ty
    }

    fn write_expr(&mut self, expr: &Expr) -> Option<Type> {
        let schema = &self.artifact.schema;
        match expr {
            Expr::Literal(literal) => self.literal(literal),
            Expr::Principal => self.word("principal", Type::Entity(self.shape.principal)),
            Expr::Resource => self.word("resource", Type::Entity(self.shape.resource)),
            Expr::Context => {
                self.out.push_str("context");
                schema.action(self.shape.action)?.context.map(Type::Record)
            }
            Expr::Attribute { of, index } | Expr::Field { of, index } => {
                let fields = self.fields(*of);
                self.out.push('.');
                self.field(fields, *index)
            }
            Expr::HasAttribute { of, index } | Expr::HasField { of, index } => {
                let fields = self.fields(*of);
                self.out.push_str(" has ");
                self.field(fields, *index);
                Some(Type::Bool)
            }
            Expr::Lookup { map, key } => {
                let ty = self.operand(*map);
                self.out.push('[');
                self.write(*key);
                self.out.push(']');
                self.element(ty)
            }
            Expr::HasKey { map, key } => self.infix(*map, " has ", *key),
            Expr::Coalesce(a, b) => {
                let ty = self.operand(*a);
                self.out.push_str(" ?? ");
                self.operand(*b);
                ty
            }
            Expr::Not(a) => self.prefix("not ", *a),
            Expr::Negate(a) => self.prefix("-", *a),
            Expr::And(items) => self.chain(items, " and "),
            Expr::Or(items) => self.chain(items, " or "),
            Expr::AndThen(items) => self.chain(items, " and then "),
            Expr::OrElse(items) => self.chain(items, " or else "),
            Expr::If(condition, then, otherwise) => {
                self.prefix("if ", *condition);
                let ty = self.prefix(" then ", *then);
                self.prefix(" else ", *otherwise);
                ty
            }
            Expr::Otherwise(a, b) => self.infix(*a, " otherwise ", *b),
            Expr::Equal(a, b) => self.infix(*a, " == ", *b),
            Expr::Compare(comparison, a, b) => self.comparison(*comparison, *a, *b),
            Expr::Arithmetic(Arithmetic::Add, a, b) => self.infix(*a, " + ", *b),
            Expr::Arithmetic(Arithmetic::Subtract, a, b) => self.infix(*a, " - ", *b),
            Expr::Arithmetic(Arithmetic::Multiply, a, b) => self.infix(*a, " * ", *b),
            Expr::EntityIn(a, b)
            | Expr::EntityInSet(a, b)
            | Expr::NetworkIn(a, b)
            | Expr::NetworkInSet(a, b) => self.infix(*a, " in ", *b),
            Expr::Contains(a, b) => self.infix(*a, " contains ", *b),
            Expr::ContainsAll(a, b) => self.infix(*a, " contains all ", *b),
            Expr::ContainsAny(a, b) => self.infix(*a, " contains any ", *b),
            Expr::IsEmpty(a) => self.suffix(*a, " is empty"),
            Expr::Like(a, pattern) => {
                let pieces: Vec<String> = pattern.0.iter().map(|piece| piece.replace('*', "\\*")).collect();
                let pattern = quote(&pieces.join("*")).replace("\\\\*", "\\*");
                self.suffix(*a, &format!(" like {pattern}"))
            }
            Expr::StartsWith(a, b) => self.method(*a, "starts_with", *b),
            Expr::EndsWith(a, b) => self.method(*a, "ends_with", *b),
            Expr::Id(a) => self.suffix(*a, ".id"),
            Expr::Property(property, a) => self.suffix(*a, &format!(".{}", property_name(*property))),
            Expr::Set(element, items) => {
                self.list("[", items.iter().map(|item| (String::new(), *item)), "]");
                Some(Type::Set(*element))
            }
            Expr::Record(record, values) => {
                let fields = schema.record(*record);
                let given = values.iter().enumerate().filter_map(|(at, value)| {
                    let name = fields
                        .and_then(|fields| fields.0.get(at))
                        .map_or("?", |field| &field.name);
                    value.map(|value| (format!("{}: ", identifier(name)), value))
                });
                self.list("{ ", given, " }");
                Some(Type::Record(*record))
            }
            Expr::Map(value, entries) => {
                let entries = entries
                    .iter()
                    .map(|(key, value)| (format!("{}: ", quote(key)), *value));
                self.list("{ ", entries, " }");
                Some(Type::Map(*value))
            }
            Expr::Matches(a, regex) => {
                // A raw text, which has no escapes; the language lets none hold a quote.
                self.suffix(*a, &format!(" matches r\"{}\"", regex.pattern))
            }
            Expr::Local(a, zone) => {
                self.suffix(*a, &format!(".at({})", quote(&zone.name)));
                Some(Type::Timestamp)
            }
            Expr::Variable { level, ty } => {
                self.out.push_str(&variable(*level));
                schema.ty(*ty)
            }
            Expr::Quantified {
                quantifier,
                level,
                over,
                body,
                most: _,
            } => {
                let (word, ty) = match quantifier {
                    Quantifier::Any => ("any", Type::Bool),
                    Quantifier::All => ("all", Type::Bool),
                    Quantifier::Count => ("count", Type::Int),
                };
                self.prefix(&format!("{word} {} in ", variable(*level)), *over);
                self.out.push_str(": ");
                self.write(*body);
                Some(ty)
            }
            Expr::GrantHeld(role) => {
                let role = schema.role(*role).map_or("?", |role| &role.name);
                self.word(
                    &format!("(principal granted {} on resource)", written_path(role)),
                    Type::Bool,
                )
            }
        }
    }

    fn word(&mut self, text: &str, ty: Type) -> Option<Type> {
        self.out.push_str(text);
        Some(ty)
    }

    fn literal(&mut self, literal: &Literal) -> Option<Type> {
        let schema = &self.artifact.schema;
        let value = match literal {
            Literal::Bool(value) => Value::Bool(*value),
            Literal::Int(value) => Value::Int(*value),
            Literal::Decimal(value) => Value::Decimal(*value),
            Literal::String(value) => Value::String(value.as_ref().into()),
            Literal::Timestamp(value) => Value::Timestamp(*value),
            Literal::Duration(value) => Value::Duration(*value),
            Literal::Ip(value) => Value::Ip(*value),
            Literal::Enum(of, value) => Value::Enum(*of, *value),
            Literal::Entity(ty, id) => Value::Entity(EntityUid {
                ty: *ty,
                id: id.as_ref().into(),
            }),
        };
        self.out.push_str(&value.display(schema));
        match literal {
            Literal::Entity(ty, _) => Some(Type::Entity(*ty)),
            Literal::Bool(_)
            | Literal::Int(_)
            | Literal::Decimal(_)
            | Literal::String(_)
            | Literal::Timestamp(_)
            | Literal::Duration(_)
            | Literal::Ip(_)
            | Literal::Enum(..) => None,
        }
    }

    /// Writes an operand, in parentheses where it has operands of its own that could be taken for those of the whole.
    fn operand(&mut self, id: ExprId) -> Option<Type> {
        let simple = self.artifact.exprs.get(id).is_none_or(|expr| match expr {
            Expr::Literal(_)
            | Expr::Principal
            | Expr::Resource
            | Expr::Context
            | Expr::Attribute { .. }
            | Expr::Field { .. }
            | Expr::Lookup { .. }
            | Expr::StartsWith(..)
            | Expr::EndsWith(..)
            | Expr::Id(_)
            | Expr::Property(..)
            | Expr::Set(..)
            | Expr::Record(..)
            | Expr::Map(..)
            | Expr::Local(..)
            | Expr::Variable { .. }
            | Expr::GrantHeld(_) => true,
            Expr::HasAttribute { .. }
            | Expr::HasField { .. }
            | Expr::HasKey { .. }
            | Expr::Coalesce(..)
            | Expr::Not(_)
            | Expr::And(_)
            | Expr::Or(_)
            | Expr::AndThen(_)
            | Expr::OrElse(_)
            | Expr::If(..)
            | Expr::Otherwise(..)
            | Expr::Equal(..)
            | Expr::Compare(..)
            | Expr::Arithmetic(..)
            | Expr::Negate(_)
            | Expr::EntityIn(..)
            | Expr::EntityInSet(..)
            | Expr::NetworkIn(..)
            | Expr::NetworkInSet(..)
            | Expr::Contains(..)
            | Expr::ContainsAll(..)
            | Expr::ContainsAny(..)
            | Expr::IsEmpty(_)
            | Expr::Like(..)
            | Expr::Matches(..)
            | Expr::Quantified { .. } => false,
        });
        if simple {
            return self.write(id);
        }
        self.out.push('(');
        let ty = self.write(id);
        self.out.push(')');
        ty
    }

    fn infix(&mut self, a: ExprId, operator: &str, b: ExprId) -> Option<Type> {
        self.operand(a);
        self.out.push_str(operator);
        self.operand(b);
        None
    }

    /// A comparison, with a literal to the right of what is compared with it, as people write it.
    fn comparison(&mut self, comparison: Comparison, a: ExprId, b: ExprId) -> Option<Type> {
        let is_literal = |id| matches!(self.artifact.exprs.get(id), Some(Expr::Literal(_)));
        let is_turned = is_literal(a) && !is_literal(b);
        match (comparison, is_turned) {
            (Comparison::Less, false) => self.infix(a, " < ", b),
            (Comparison::Less, true) => self.infix(b, " > ", a),
            (Comparison::LessOrEqual, false) => self.infix(a, " <= ", b),
            (Comparison::LessOrEqual, true) => self.infix(b, " >= ", a),
        }
    }

    fn prefix(&mut self, operator: &str, a: ExprId) -> Option<Type> {
        self.out.push_str(operator);
        self.operand(a)
    }

    fn suffix(&mut self, a: ExprId, text: &str) -> Option<Type> {
        self.operand(a);
        self.out.push_str(text);
        None
    }

    fn method(&mut self, a: ExprId, name: &str, b: ExprId) -> Option<Type> {
        self.suffix(a, &format!(".{name}("));
        self.write(b);
        self.out.push(')');
        None
    }

    fn chain(&mut self, items: &[ExprId], operator: &str) -> Option<Type> {
        for (at, item) in items.iter().enumerate() {
            if at > 0 {
                self.out.push_str(operator);
            }
            self.operand(*item);
            if self.out.len() > MAX_SHOWN.1 {
                break;
            }
        }
        None
    }

    fn list(&mut self, open: &str, items: impl Iterator<Item = (String, ExprId)>, close: &str) {
        self.out.push_str(open);
        for (at, (name, item)) in items.enumerate() {
            if at > 0 {
                self.out.push_str(", ");
            }
            self.out.push_str(&name);
            self.write(item);
            if self.out.len() > MAX_SHOWN.1 {
                break;
            }
        }
        self.out.push_str(close);
    }

    /// Writes an entity or record, and gives the fields that it has.
    fn fields(&mut self, of: ExprId) -> Option<&'a Fields> {
        let schema = &self.artifact.schema;
        let ty = self.operand(of);
        match ty? {
            Type::Entity(ty) => schema.entity_type(ty).map(|def| &def.attributes),
            Type::Record(record) => schema.record(record),
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

    /// Writes the name of a field, and gives its type.
    fn field(&mut self, fields: Option<&Fields>, index: u32) -> Option<Type> {
        let field = fields.and_then(|fields| fields.get(index));
        self.out
            .push_str(&field.map_or_else(|| format!("#{index}"), |field| identifier(&field.name)));
        self.artifact.schema.ty(field?.ty)
    }

    fn element(&self, ty: Option<Type>) -> Option<Type> {
        match ty? {
            Type::Map(value) | Type::Set(value) => self.artifact.schema.ty(value),
            Type::Bool
            | Type::Int
            | Type::Decimal
            | Type::String
            | Type::Timestamp
            | Type::Duration
            | Type::Ip
            | Type::Enum(_)
            | Type::Entity(_)
            | Type::Record(_) => None,
        }
    }
}

/// A name as the language writes it.
pub(crate) fn identifier(name: &str) -> String {
    naming::written(name).into_owned()
}

/// The element that a quantifier looks at, whose name the artifact does not have.
pub(crate) fn variable(level: u32) -> String {
    format!("x{level}")
}

fn property_name(property: Property) -> &'static str {
    match property {
        Property::Length => "length",
        Property::Size => "size",
        Property::IsV4 => "is_v4",
        Property::IsV6 => "is_v6",
        Property::IsLoopback => "is_loopback",
        Property::IsMulticast => "is_multicast",
        Property::IsPrivate => "is_private",
        Property::TimeOfDay => "time_of_day",
        Property::Date => "date",
        Property::Weekday => "weekday",
        Property::InMilliseconds => "in_milliseconds",
        Property::InSeconds => "in_seconds",
        Property::InMinutes => "in_minutes",
        Property::InHours => "in_hours",
        Property::InDays => "in_days",
    }
}
