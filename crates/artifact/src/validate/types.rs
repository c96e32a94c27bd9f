//! The types of expressions in requests of one kind.

use super::scopes::Scopes;
use crate::expr::{Expr, ExprId, Exprs, Literal, Property, Quantifier};
use crate::ops::{WEEKDAY, arithmetic_type};
use crate::schema::{EntityTypeId, EnumId, Field, RecordId, Schema, Shape, Type};

/// What is known of a request before it comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Environment {
    pub(crate) principal: EntityTypeId,
    pub(crate) resource: EntityTypeId,
    pub(crate) context: RecordId,
}

impl Environment {
    /// What is known of requests of a shape; `None` where its action is a group.
    pub(crate) fn of(schema: &Schema, shape: Shape) -> Option<Self> {
        let context = schema.action(shape.action).and_then(|def| def.context)?;
        Some(Self {
            principal: shape.principal,
            resource: shape.resource,
            context,
        })
    }
}

/// The types of expressions, in one environment after another.
pub(crate) struct Typing<'a> {
    schema: &'a Schema,
    exprs: &'a Exprs,
    /// The variables that expressions leave open, where what the compiler made is not to be trusted.
    scopes: Option<&'a Scopes>,
    /// The type of each expression, and the round that it was found in.
    types: Vec<(u32, Option<Type>)>,
    round: u32,
    environment: Option<Environment>,
    /// The enum that days of the week are of.
    weekday: Option<EnumId>,
}

impl<'a> Typing<'a> {
    pub(crate) fn new(schema: &'a Schema, exprs: &'a Exprs, scopes: Option<&'a Scopes>) -> Self {
        let weekday = schema.find_enum(WEEKDAY.0);
        let is_built_in = |id: &EnumId| schema.enum_def(*id).is_some_and(|def| def.variants == WEEKDAY.1);
        Self {
            schema,
            exprs,
            scopes,
            types: vec![(0, None); exprs.len()],
            round: 0,
            environment: None,
            weekday: weekday.filter(is_built_in),
        }
    }

    /// Goes on in an environment. What is known of expressions there stays known while it does not change.
    pub(crate) fn enter(&mut self, environment: Environment) {
        if self.environment != Some(environment) {
            self.environment = Some(environment);
            self.round += 1;
        }
    }

    /// The type of an expression whose operands have been through here; `None` where it has none.
    pub(crate) fn add(&mut self, id: ExprId) -> Option<Type> {
        let (round, known) = *self.types.get(id.index())?;
        if round == self.round {
            return known;
        }
        let ty = self
            .environment
            .and_then(|environment| self.type_of(self.exprs.get(id)?, environment));
        if let Some(slot) = self.types.get_mut(id.index()) {
            *slot = (self.round, ty);
        }
        ty
    }

    /// The type of an expression that has been through [`Typing::add`].
    pub(crate) fn get(&self, id: ExprId) -> Option<Type> {
        let (round, ty) = *self.types.get(id.index())?;
        if round == self.round { ty } else { None }
    }

    /// Whether an expression has a type.
    fn is(&self, id: ExprId, ty: Type) -> Option<()> {
        (self.get(id)? == ty).then_some(())
    }

    fn entity(&self, id: ExprId) -> Option<EntityTypeId> {
        let Type::Entity(ty) = self.get(id)? else {
            return None;
        };
        Some(ty)
    }

    /// The type of a set's elements.
    fn element(&self, id: ExprId) -> Option<Type> {
        let Type::Set(element) = self.get(id)? else {
            return None;
        };
        self.schema.ty(element)
    }

    /// The type of a map's values.
    fn map_value(&self, id: ExprId) -> Option<Type> {
        let Type::Map(value) = self.get(id)? else {
            return None;
        };
        self.schema.ty(value)
    }

    fn attribute(&self, of: ExprId, index: u32) -> Option<&'a Field> {
        self.schema.entity_type(self.entity(of)?)?.attributes.get(index)
    }

    fn field(&self, of: ExprId, index: u32) -> Option<&'a Field> {
        let Type::Record(record) = self.get(of)? else {
            return None;
        };
        self.schema.record(record)?.get(index)
    }

    /// Whether what an expression reads may be absent, without being undefined.
    fn can_be_absent(&self, id: ExprId) -> bool {
        let expr = self.exprs.get(id);
        if let Some(Expr::Attribute { of, index }) = expr {
            return self.attribute(*of, *index).is_some_and(|field| field.optional);
        }
        if let Some(Expr::Field { of, index }) = expr {
            return self.field(*of, *index).is_some_and(|field| field.optional);
        }
        matches!(expr, Some(Expr::Lookup { .. }))
    }

    /// The type of an expression whose operands have theirs; `None` where it has none.
    fn type_of(&self, expr: &Expr, environment: Environment) -> Option<Type> {
        let bool_of = |check: Option<()>| check.map(|()| Type::Bool);
        let all_bool = |items: &[ExprId]| items.iter().try_for_each(|item| self.is(*item, Type::Bool));
        match expr {
            Expr::Literal(literal) => Some(literal_type(literal)),
            Expr::Principal => Some(Type::Entity(environment.principal)),
            Expr::Resource => Some(Type::Entity(environment.resource)),
            Expr::Context => Some(Type::Record(environment.context)),
            Expr::Attribute { of, index } => self.schema.ty(self.attribute(*of, *index)?.ty),
            Expr::HasAttribute { of, index } => self.attribute(*of, *index).map(|_| Type::Bool),
            Expr::Field { of, index } => self.schema.ty(self.field(*of, *index)?.ty),
            Expr::HasField { of, index } => self.field(*of, *index)?.optional.then_some(Type::Bool),
            Expr::Lookup { map, key } => {
                self.is(*key, Type::String)?;
                self.map_value(*map)
            }
            Expr::HasKey { map, key } => {
                self.map_value(*map)?;
                bool_of(self.is(*key, Type::String))
            }
            Expr::Coalesce(value, default) => {
                let ty = self.get(*value)?;
                self.is(*default, ty)?;
                self.can_be_absent(*value).then_some(ty)
            }
            Expr::Not(a) => bool_of(self.is(*a, Type::Bool)),
            Expr::And(items) | Expr::Or(items) | Expr::AndThen(items) | Expr::OrElse(items) => {
                bool_of(all_bool(items))
            }
            Expr::If(condition, yes, no) => {
                self.is(*condition, Type::Bool)?;
                let ty = self.get(*yes)?;
                self.is(*no, ty)?;
                Some(ty)
            }
            Expr::Otherwise(a, b) => bool_of(all_bool(&[*a, *b])),
            Expr::Equal(a, b) => bool_of(self.is(*b, self.get(*a)?)),
            Expr::Compare(_, a, b) => {
                let ty = self.get(*a)?;
                self.is(*b, ty)?;
                self.is_ordered(ty).then_some(Type::Bool)
            }
            Expr::Arithmetic(op, a, b) => arithmetic_type(*op, self.get(*a)?, self.get(*b)?),
            Expr::Negate(a) => {
                let ty = self.get(*a)?;
                matches!(ty, Type::Int | Type::Decimal | Type::Duration).then_some(ty)
            }
            Expr::EntityIn(a, b) => {
                self.entity(*a)?;
                self.entity(*b)?;
                Some(Type::Bool)
            }
            Expr::EntityInSet(a, b) => {
                self.entity(*a)?;
                matches!(self.element(*b)?, Type::Entity(_)).then_some(Type::Bool)
            }
            Expr::NetworkIn(a, b) => {
                self.is(*a, Type::Ip)?;
                bool_of(self.is(*b, Type::Ip))
            }
            Expr::NetworkInSet(a, b) => {
                self.is(*a, Type::Ip)?;
                (self.element(*b)? == Type::Ip).then_some(Type::Bool)
            }
            Expr::Contains(set, value) => bool_of(self.is(*value, self.element(*set)?)),
            Expr::ContainsAll(a, b) | Expr::ContainsAny(a, b) => {
                (self.element(*a)? == self.element(*b)?).then_some(Type::Bool)
            }
            Expr::IsEmpty(a) => matches!(self.get(*a)?, Type::Set(_) | Type::Map(_)).then_some(Type::Bool),
            Expr::Like(text, _) => bool_of(self.is(*text, Type::String)),
            Expr::StartsWith(a, b) | Expr::EndsWith(a, b) => {
                self.is(*a, Type::String)?;
                bool_of(self.is(*b, Type::String))
            }
            Expr::Id(a) => self.entity(*a).map(|_| Type::String),
            Expr::Property(property, a) => self.property_type(*property, self.get(*a)?),
            Expr::Set(element, items) => {
                let ty = self.schema.ty(*element)?;
                items.iter().try_for_each(|item| self.is(*item, ty))?;
                Some(Type::Set(*element))
            }
            Expr::Record(of, values) => {
                let fields = self.schema.record(*of)?;
                let fits = |(field, value): (&Field, &Option<ExprId>)| match value {
                    Some(value) => self.is(*value, self.schema.ty(field.ty)?),
                    None => field.optional.then_some(()),
                };
                (fields.len() == values.len()).then_some(())?;
                fields.iter().zip(values).try_for_each(fits)?;
                Some(Type::Record(*of))
            }
            Expr::Map(of, entries) => {
                let ty = self.schema.ty(*of)?;
                entries.iter().try_for_each(|(_, value)| self.is(*value, ty))?;
                Some(Type::Map(*of))
            }
            Expr::Matches(text, _) => bool_of(self.is(*text, Type::String)),
            Expr::Local(instant, _) => {
                self.is(*instant, Type::Timestamp)?;
                Some(Type::Timestamp)
            }
            Expr::Variable { level: _, ty } => self.schema.ty(*ty),
            Expr::Quantified {
                quantifier,
                level,
                over,
                body,
                most: _,
            } => {
                self.is(*body, Type::Bool)?;
                self.looks_at(*over, *body, *level)?;
                Some(match quantifier {
                    Quantifier::Any | Quantifier::All => Type::Bool,
                    Quantifier::Count => Type::Int,
                })
            }
            Expr::GrantHeld(role) => self.schema.role(*role).map(|_| Type::Bool),
        }
    }

    /// Whether an expression is a set or map of what another one takes the elements for.
    fn looks_at(&self, over: ExprId, body: ExprId, level: u32) -> Option<()> {
        let (Type::Set(element) | Type::Map(element)) = self.get(over)? else {
            return None;
        };
        let variable = self.scopes.and_then(|scopes| scopes.variable(body, level));
        variable.is_none_or(|ty| ty == element).then_some(())
    }

    fn is_ordered(&self, ty: Type) -> bool {
        match ty {
            Type::Int | Type::Decimal | Type::Timestamp | Type::Duration => true,
            Type::Enum(of) => self.schema.enum_def(of).is_some_and(|def| def.ordered),
            Type::Bool
            | Type::String
            | Type::Ip
            | Type::Entity(_)
            | Type::Set(_)
            | Type::Map(_)
            | Type::Record(_) => false,
        }
    }

    fn property_type(&self, property: Property, of: Type) -> Option<Type> {
        let (expected, ty) = match property {
            Property::Length => (Type::String, Type::Int),
            Property::Size => return matches!(of, Type::Set(_)).then_some(Type::Int),
            Property::IsV4
            | Property::IsV6
            | Property::IsLoopback
            | Property::IsMulticast
            | Property::IsPrivate => (Type::Ip, Type::Bool),
            Property::TimeOfDay => (Type::Timestamp, Type::Duration),
            Property::Date => (Type::Timestamp, Type::Timestamp),
            Property::Weekday => (Type::Timestamp, Type::Enum(self.weekday?)),
            Property::InMilliseconds
            | Property::InSeconds
            | Property::InMinutes
            | Property::InHours
            | Property::InDays => (Type::Duration, Type::Int),
        };
        (of == expected).then_some(ty)
    }
}

fn literal_type(literal: &Literal) -> Type {
    match literal {
        Literal::Bool(_) => Type::Bool,
        Literal::Int(_) => Type::Int,
        Literal::Decimal(_) => Type::Decimal,
        Literal::String(_) => Type::String,
        Literal::Timestamp(_) => Type::Timestamp,
        Literal::Duration(_) => Type::Duration,
        Literal::Ip(_) => Type::Ip,
        Literal::Enum(of, _) => Type::Enum(*of),
        Literal::Entity(of, _) => Type::Entity(*of),
    }
}
