//! The kinds of requests that a policy is about, and the types of its condition's parts in each.
//!
//! Cedar checks a policy once for each kind of request (its *environment*: principal type, action, resource type), and parts
//! that cannot matter in one are not checked there. Its validator hands out the tree with a type at each node, for each
//! environment. So that the trees can be laid side by side, every node is given a number as its place first ([`Numbered`]).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use cedar_policy_core::ast::{
    EntityType, EntityUID, Expr, ExprBuilder, ExprKind, Literal, Template, UnaryOp,
};
use cedar_policy_core::expr_builder::ExprBuilder as _;
use cedar_policy_core::parser::Loc;
use cedar_policy_core::validator::typecheck::{PolicyCheck, Typechecker};
use cedar_policy_core::validator::types::{EntityKind, RequestEnv, Type};
use cedar_policy_core::validator::{ValidationError, ValidationMode, ValidatorSchema};

/// A kind of request.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Shape {
    pub(super) principal: EntityType,
    pub(super) action: EntityUID,
    pub(super) resource: EntityType,
}

impl Shape {
    fn of(environment: &RequestEnv<'_>) -> Option<Self> {
        match environment {
            RequestEnv::DeclaredAction {
                principal,
                action,
                resource,
                ..
            } => Some(Self {
                principal: (*principal).clone(),
                action: (*action).clone(),
                resource: (*resource).clone(),
            }),
            RequestEnv::UndeclaredAction => None,
        }
    }
}

/// A kind of request that a policy's scope leaves, and the types in it.
pub(super) struct Environment {
    pub(super) shape: Shape,
    pub(super) types: BTreeMap<usize, Type>,
}

/// A policy whose nodes have numbers for places.
pub(super) struct Numbered {
    /// What its clauses say, as one.
    pub(super) condition: Option<Expr>,
    /// For each number, where the node stands in the text.
    pub(super) places: Vec<Option<usize>>,
    /// The kinds of requests that its scope leaves.
    pub(super) environments: Vec<Environment>,
}

impl Numbered {
    /// # Errors
    /// What Cedar's validator says, should it say otherwise than it did.
    pub(super) fn new(schema: &ValidatorSchema, template: &Template) -> Result<Self, Vec<ValidationError>> {
        let mut places = Vec::new();
        let source: Arc<str> = Arc::from("");
        let condition = template
            .non_scope_constraints()
            .map(|condition| number(condition, &mut places, &source));
        let with = |condition: Option<Expr>| {
            Template::new(
                template.id().clone(),
                None,
                template
                    .annotations()
                    .map(|(key, value)| (key.clone(), value.clone()))
                    .collect(),
                template.effect(),
                template.principal_constraint().clone(),
                template.action_constraint().clone(),
                template.resource_constraint().clone(),
                condition,
            )
        };
        let checker = Typechecker::new(schema, ValidationMode::Strict);
        let mut outside = BTreeSet::new();
        for (environment, check) in checker.typecheck_by_request_env(&with(None)) {
            match (Shape::of(&environment), check) {
                (Some(shape), PolicyCheck::Irrelevant(..)) => {
                    outside.insert(shape);
                }
                (_, PolicyCheck::Fail(errors)) => return Err(errors),
                (_, PolicyCheck::Success(_) | PolicyCheck::Irrelevant(..)) => {}
            }
        }
        let mut environments = Vec::new();
        for (environment, check) in checker.typecheck_by_request_env(&with(condition.clone())) {
            let Some(shape) = Shape::of(&environment).filter(|shape| !outside.contains(shape)) else {
                continue;
            };
            let mut types = BTreeMap::new();
            match check {
                PolicyCheck::Success(typed) | PolicyCheck::Irrelevant(_, typed) => {
                    collect(&typed, &mut types);
                }
                PolicyCheck::Fail(errors) => return Err(errors),
            }
            if let Some(condition) = &condition {
                if let Some(value) = folded(condition) {
                    types
                        .entry(place(condition))
                        .or_insert(Type::singleton_boolean(value));
                }
                complete(condition, &mut types);
            }
            environments.push(Environment { shape, types });
        }
        environments.sort_by(|a, b| a.shape.cmp(&b.shape));
        environments.dedup_by(|a, b| a.shape == b.shape);
        Ok(Self {
            condition,
            places,
            environments,
        })
    }

    /// The policy's clauses: `c1 && (c2 && …)`, each `unless` a negation.
    pub(super) fn clauses<'e>(&'e self, unless: &[bool]) -> Vec<(bool, &'e Expr)> {
        let mut clauses = Vec::new();
        let mut rest = self.condition.as_ref();
        for (number, is_unless) in unless.iter().enumerate() {
            let Some(found) = rest else { break };
            let clause = match found.expr_kind() {
                ExprKind::And { left, right } if number + 1 < unless.len() => {
                    rest = Some(right);
                    left
                }
                _ => {
                    rest = None;
                    found
                }
            };
            let clause = match clause.expr_kind() {
                ExprKind::UnaryApp {
                    op: UnaryOp::Not,
                    arg,
                } if *is_unless => arg,
                _ => clause,
            };
            clauses.push((*is_unless, clause));
        }
        clauses
    }
}

/// The number that a node has for a place.
pub(super) fn place(expr: &Expr) -> usize {
    expr.source_loc().map_or(usize::MAX, Loc::start)
}

/// The tree with a number at each node.
fn number(expr: &Expr, places: &mut Vec<Option<usize>>, source: &Arc<str>) -> Expr {
    stacker::maybe_grow(64 * 1024, 1024 * 1024, || {
        let loc = Loc::new(places.len(), source.clone());
        places.push(expr.source_loc().map(Loc::start));
        let mut each = |expr: &Expr| Arc::new(number(expr, places, source));
        let kind = match expr.expr_kind() {
            ExprKind::If {
                test_expr,
                then_expr,
                else_expr,
            } => ExprKind::If {
                test_expr: each(test_expr),
                then_expr: each(then_expr),
                else_expr: each(else_expr),
            },
            ExprKind::And { left, right } => ExprKind::And {
                left: each(left),
                right: each(right),
            },
            ExprKind::Or { left, right } => ExprKind::Or {
                left: each(left),
                right: each(right),
            },
            ExprKind::UnaryApp { op, arg } => ExprKind::UnaryApp {
                op: *op,
                arg: each(arg),
            },
            ExprKind::BinaryApp { op, arg1, arg2 } => ExprKind::BinaryApp {
                op: *op,
                arg1: each(arg1),
                arg2: each(arg2),
            },
            ExprKind::ExtensionFunctionApp { fn_name, args } => ExprKind::ExtensionFunctionApp {
                fn_name: fn_name.clone(),
                args: Arc::new(args.iter().map(|arg| Arc::unwrap_or_clone(each(arg))).collect()),
            },
            ExprKind::GetAttr { expr, attr } => ExprKind::GetAttr {
                expr: each(expr),
                attr: attr.clone(),
            },
            ExprKind::HasAttr { expr, attr } => ExprKind::HasAttr {
                expr: each(expr),
                attr: attr.clone(),
            },
            ExprKind::ExtHasAttr { expr, attrs } => ExprKind::ExtHasAttr {
                expr: each(expr),
                attrs: attrs.clone(),
            },
            ExprKind::Like { expr, pattern } => ExprKind::Like {
                expr: each(expr),
                pattern: pattern.clone(),
            },
            ExprKind::Is { expr, entity_type } => ExprKind::Is {
                expr: each(expr),
                entity_type: entity_type.clone(),
            },
            ExprKind::Set(items) => ExprKind::Set(Arc::new(
                items
                    .iter()
                    .map(|item| Arc::unwrap_or_clone(each(item)))
                    .collect(),
            )),
            ExprKind::Record(fields) => ExprKind::Record(Arc::new(
                fields
                    .iter()
                    .map(|(name, value)| (name.clone(), Arc::unwrap_or_clone(each(value))))
                    .collect(),
            )),
            leaf @ (ExprKind::Lit(_) | ExprKind::Var(_) | ExprKind::Slot(_) | ExprKind::Unknown(_)) => {
                leaf.clone()
            }
        };
        ExprBuilder::new()
            .with_maybe_source_loc(Some(&loc))
            .with_expr_kind(kind)
    })
}

/// The parts of an expression.
fn parts<T>(expr: &Expr<T>) -> Vec<&Expr<T>> {
    match expr.expr_kind() {
        ExprKind::If {
            test_expr,
            then_expr,
            else_expr,
        } => vec![test_expr, then_expr, else_expr],
        ExprKind::And { left, right } | ExprKind::Or { left, right } => vec![left, right],
        ExprKind::BinaryApp { arg1, arg2, .. } => vec![arg1, arg2],
        ExprKind::ExtensionFunctionApp { args, .. } => args.iter().collect(),
        ExprKind::UnaryApp { arg: expr, .. }
        | ExprKind::GetAttr { expr, .. }
        | ExprKind::HasAttr { expr, .. }
        | ExprKind::ExtHasAttr { expr, .. }
        | ExprKind::Like { expr, .. }
        | ExprKind::Is { expr, .. } => vec![expr],
        ExprKind::Set(items) => items.iter().collect(),
        ExprKind::Record(fields) => fields.values().collect(),
        ExprKind::Lit(_) | ExprKind::Var(_) | ExprKind::Slot(_) | ExprKind::Unknown(_) => Vec::new(),
    }
}

/// The types of a checked tree by the numbers of its nodes.
fn collect(typed: &Expr<Option<Type>>, types: &mut BTreeMap<usize, Type>) {
    stacker::maybe_grow(64 * 1024, 1024 * 1024, || {
        if let (Some(loc), Some(ty)) = (typed.source_loc(), typed.data()) {
            types.entry(loc.start()).or_insert_with(|| ty.clone());
        }
        parts(typed).into_iter().for_each(|part| collect(part, types));
    });
}

/// What Cedar makes of a condition that is written with `true` and `false` alone: the literal, wherever it is built.
fn folded(expr: &Expr) -> Option<bool> {
    match expr.expr_kind() {
        ExprKind::Lit(Literal::Bool(value)) => Some(*value),
        ExprKind::And { left, right } => Some(folded(left)? && folded(right)?),
        ExprKind::Or { left, right } => Some(folded(left)? || folded(right)?),
        _ => None,
    }
}

/// The validator leaves of `a && b` only `a`, in the place of the whole, where that settles it, and of two literals only
/// one: the operands are given their types back.
fn complete(expr: &Expr, types: &mut BTreeMap<usize, Type>) {
    stacker::maybe_grow(64 * 1024, 1024 * 1024, || {
        if let ExprKind::And { left, right } | ExprKind::Or { left, right } = expr.expr_kind()
            && let Some(ty) = types.get(&place(expr)).cloned()
        {
            let left_type = folded(left).map_or(ty, Type::singleton_boolean);
            let settles = Type::singleton_boolean(matches!(expr.expr_kind(), ExprKind::Or { .. }));
            let left_type = types.entry(place(left)).or_insert(left_type);
            if *left_type != settles
                && let Some(value) = folded(right)
            {
                types
                    .entry(place(right))
                    .or_insert(Type::singleton_boolean(value));
            }
        }
        parts(expr).into_iter().for_each(|part| complete(part, types));
    });
}

/// Whether any of the types of entities that a type is made of is such.
pub(super) fn any_entity_type(ty: &Type, wanted: &mut dyn FnMut(&EntityType) -> bool) -> bool {
    match ty {
        Type::Entity(EntityKind::Entity(types)) => types.get_single_entity().is_some_and(wanted),
        Type::Set {
            element_type: Some(element),
        } => any_entity_type(element, wanted),
        Type::Record { attrs, .. } => attrs
            .iter()
            .any(|(_, field)| any_entity_type(&field.attr_type, wanted)),
        Type::Never
        | Type::Bool(_)
        | Type::Long
        | Type::String
        | Type::Entity(EntityKind::AnyEntity)
        | Type::Set { element_type: None }
        | Type::ExtensionType { .. } => false,
    }
}
