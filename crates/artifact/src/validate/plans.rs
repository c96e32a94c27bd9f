//! Whether every walk through the DAGs ends in the right kind of leaf, asks only what can be asked of the requests that
//! take it, and takes a bounded number of steps.

use super::scopes::Scopes;
use super::types::{Environment, Typing};
use super::{
    Invalid, MAX_DECISION_STEPS, MAX_EXPR_STEPS, Place, Problem, Work, is_ascending, steps, walk_steps,
};
use crate::dag::{Artifact, Candidate, Effect, Node, NodeId, RuleId};
use crate::expr::ExprId;
use crate::reads::Reader;
use crate::schema::{Schema, ShapeId, Type};

/// Which DAG a node is of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Decision,
    Rule,
}

pub(super) fn check(artifact: &Artifact, scopes: &Scopes, work: &mut Work) -> Result<(), Invalid> {
    check_rules(artifact)?;
    let steps = steps(&artifact.exprs);
    let kinds = check_nodes(artifact, &steps, scopes)?;
    let walks = walk_steps(&artifact.nodes, &steps);
    let nodes: Vec<(Kind, u64)> = kinds.into_iter().zip(walks).collect();
    check_plans(artifact, &nodes, &steps, scopes)?;
    check_walks(artifact, scopes, work)
}

fn check_rules(artifact: &Artifact) -> Result<(), Invalid> {
    for (at, rule) in artifact.rules.iter().enumerate() {
        let place = Place::Rule(at);
        if rule.role.is_some_and(|role| artifact.schema.role(role).is_none()) {
            return Err(place.is(Problem::OutOfRange("role")));
        }
        let clauses = rule.clauses.iter().map(|clause| &clause.position);
        let mut positions = clauses.chain([&rule.position]);
        if positions.any(|position| artifact.files.get(position.file as usize).is_none()) {
            return Err(place.is(Problem::OutOfRange("file")));
        }
    }
    Ok(())
}

fn check_nodes(artifact: &Artifact, steps: &[u64], scopes: &Scopes) -> Result<Vec<Kind>, Invalid> {
    let mut nodes: Vec<Kind> = Vec::with_capacity(artifact.nodes.len());
    for (at, node) in artifact.nodes.iter().enumerate() {
        let place = Place::Node(at);
        nodes.push(match node {
            Node::Test {
                question: _,
                atom,
                yes,
                no,
            } => {
                let known =
                    |node: &NodeId| nodes.get(node.index()).copied().ok_or(place.is(Problem::Forward));
                let (yes, no) = (known(yes)?, known(no)?);
                if yes != no {
                    return Err(place.is(Problem::Leaves));
                }
                let own = root_steps(*atom, steps, scopes, place)?;
                if own > MAX_EXPR_STEPS {
                    return Err(Place::Expr(atom.index()).is(Problem::TooManySteps(own)));
                }
                yes
            }
            Node::Allow(rule) => leaf(artifact, *rule, Effect::Permit, place)?,
            Node::Deny(rule) => leaf(artifact, *rule, Effect::Forbid, place)?,
            Node::DenyByDefault => Kind::Decision,
            Node::Fires | Node::Rests => Kind::Rule,
        });
    }
    Ok(nodes)
}

fn leaf(artifact: &Artifact, rule: RuleId, effect: Effect, place: Place) -> Result<Kind, Invalid> {
    let rule = artifact
        .rules
        .get(rule.index())
        .ok_or(place.is(Problem::OutOfRange("rule")))?;
    if rule.effect != effect {
        return Err(place.is(Problem::Effect));
    }
    Ok(Kind::Decision)
}

/// Checks each plan, where the kind of each node is known, and the steps of the most expensive walk from it.
fn check_plans(
    artifact: &Artifact,
    nodes: &[(Kind, u64)],
    steps: &[u64],
    scopes: &Scopes,
) -> Result<(), Invalid> {
    if artifact.plans.len() != artifact.schema.shapes.len() {
        return Err(Place::Artifact.is(Problem::PlanCount));
    }
    for (at, plan) in artifact.plans.iter().enumerate() {
        let place = Place::Plan(at);
        let known = |node: NodeId, kind: Kind| match nodes.get(node.index()) {
            Some((known, steps)) if *known == kind => Ok(*steps),
            Some(_) => Err(place.is(Problem::Leaves)),
            None => Err(place.is(Problem::OutOfRange("node"))),
        };
        let decide = known(plan.decide, Kind::Decision)?;
        if !is_ascending(plan.candidates.iter().map(|candidate| candidate.rule)) {
            return Err(place.is(Problem::Unsorted("candidates")));
        }
        let mut explain = 0_u64;
        for candidate in &plan.candidates {
            explain = explain
                .saturating_add(check_candidate(artifact, candidate, steps, scopes, place)?)
                .saturating_add(known(candidate.fires, Kind::Rule)?);
        }
        let steps = decide.max(explain);
        if steps > MAX_DECISION_STEPS {
            return Err(place.is(Problem::TooManySteps(steps)));
        }
    }
    Ok(())
}

/// Checks what a candidate says of its rule, and counts the steps that it takes to explain it.
fn check_candidate(
    artifact: &Artifact,
    candidate: &Candidate,
    steps: &[u64],
    scopes: &Scopes,
    place: Place,
) -> Result<u64, Invalid> {
    let rule = artifact
        .rules
        .get(candidate.rule.index())
        .ok_or(place.is(Problem::OutOfRange("rule")))?;
    if rule.clauses.len() != candidate.clauses.len() {
        return Err(place.is(Problem::ClauseCount));
    }
    let mut sum = 0_u64;
    let conditions = [candidate.head, candidate.holder]
        .into_iter()
        .chain(candidate.clauses.iter().flatten().copied());
    for condition in conditions {
        sum = sum.saturating_add(root_steps(condition, steps, scopes, place)?);
    }
    for obliged in &candidate.obligations {
        if artifact.schema.obligation(obliged.obligation).is_none() {
            return Err(place.is(Problem::OutOfRange("obligation")));
        }
        let own = root_steps(obliged.fields, steps, scopes, place)?;
        // What it says is handed out whole.
        if own > MAX_EXPR_STEPS {
            return Err(Place::Expr(obliged.fields.index()).is(Problem::TooManySteps(own)));
        }
        sum = sum.saturating_add(own);
    }
    Ok(sum)
}

/// How many steps an expression takes that nothing stands around.
fn root_steps(id: ExprId, steps: &[u64], scopes: &Scopes, place: Place) -> Result<u64, Invalid> {
    let own = steps
        .get(id.index())
        .ok_or(place.is(Problem::OutOfRange("expression")))?;
    if !scopes.is_closed(id) {
        return Err(Place::Expr(id.index()).is(Problem::Scope));
    }
    Ok(*own)
}

/// Checks what walks ask in requests of each shape, and what they are said to read. Shapes of which the same is known come
/// one after another, and share what is found out of types.
fn check_walks(artifact: &Artifact, scopes: &Scopes, work: &mut Work) -> Result<(), Invalid> {
    let schema = &artifact.schema;
    let mut shapes: Vec<(Environment, ShapeId)> = Vec::with_capacity(schema.shapes.len());
    for (at, shape) in (0_u32..).zip(&schema.shapes) {
        let environment = Environment::of(schema, *shape);
        let environment = environment.ok_or(Place::Shape(at as usize).is(Problem::NoAction))?;
        shapes.push((environment, ShapeId(at)));
    }
    shapes.sort_unstable();
    let typing = Typing::new(schema, &artifact.exprs, Some(scopes));
    let mut reader = Reader::with(schema, &artifact.exprs, typing);
    for (_, id) in shapes {
        let place = Place::Plan(id.index());
        let (Some(shape), Some(plan)) = (schema.shapes.get(id.index()), artifact.plans.get(id.index()))
        else {
            continue;
        };
        let roots = reader.roots(&artifact.nodes, plan.decide, &plan.candidates, place, work)?;
        let reads = reader.reach(*shape, &roots, place, work)?;
        if let Some(ill_typed) = reader.ill_typed() {
            return Err(Place::Expr(ill_typed.index()).is(Problem::Typing));
        }
        check_roots(schema, &reader, &roots, &plan.candidates)?;
        if reads != plan.reads {
            return Err(place.is(Problem::Reads));
        }
    }
    Ok(())
}

/// Checks that what is asked is of its type: the fields of obligations are records, all else is `Bool`.
fn check_roots(
    schema: &Schema,
    reader: &Reader<'_>,
    roots: &[ExprId],
    candidates: &[Candidate],
) -> Result<(), Invalid> {
    let check = |id: ExprId, expected: Option<Type>| {
        if expected.is_some() && reader.ty(id) == expected {
            Ok(())
        } else {
            Err(Place::Expr(id.index()).is(Problem::Typing))
        }
    };
    let obliged = || candidates.iter().flat_map(|candidate| &candidate.obligations);
    let conditions = roots.len().saturating_sub(obliged().count());
    for root in roots.iter().take(conditions) {
        check(*root, Some(Type::Bool))?;
    }
    for obliged in obliged() {
        let def = schema.obligation(obliged.obligation);
        check(obliged.fields, def.map(|def| Type::Record(def.record)))?;
    }
    Ok(())
}
