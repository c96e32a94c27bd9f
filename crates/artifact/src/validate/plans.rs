//! Whether every walk through the DAGs ends in the right kind of leaf, asks only what can be asked of the requests that
//! take it, and takes a bounded number of steps.

use super::types::{Environment, Typing};
use super::{Invalid, MAX_DECISION_STEPS, MAX_EXPR_STEPS, Place, Problem, Work, is_ascending, steps};
use crate::dag::{Artifact, Effect, Node, NodeId, RuleId};
use crate::expr::ExprId;
use crate::schema::{RecordId, ShapeId};

/// Which DAG a node is of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Decision,
    Rule,
}

/// What is known of a node.
#[derive(Clone, Copy)]
struct Known {
    kind: Kind,
    /// The steps of the most expensive walk from it.
    steps: u64,
}

pub(super) fn check(artifact: &Artifact, work: &mut Work) -> Result<(), Invalid> {
    check_rules(artifact)?;
    let nodes = check_nodes(artifact)?;
    check_plans(artifact, &nodes)?;
    check_walks(artifact, work)
}

fn check_rules(artifact: &Artifact) -> Result<(), Invalid> {
    for (at, rule) in artifact.rules.iter().enumerate() {
        let place = Place::Rule(at);
        if rule.role.is_some_and(|role| artifact.schema.role(role).is_none()) {
            return Err(place.is(Problem::OutOfRange("role")));
        }
        if artifact.files.get(rule.position.file as usize).is_none() {
            return Err(place.is(Problem::OutOfRange("file")));
        }
    }
    Ok(())
}

fn check_nodes(artifact: &Artifact) -> Result<Vec<Known>, Invalid> {
    let steps = steps(&artifact.exprs);
    let mut nodes: Vec<Known> = Vec::with_capacity(artifact.nodes.len());
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
                if yes.kind != no.kind {
                    return Err(place.is(Problem::Leaves));
                }
                let own = steps
                    .get(atom.index())
                    .ok_or(place.is(Problem::OutOfRange("expression")))?;
                if *own > MAX_EXPR_STEPS {
                    return Err(Place::Expr(atom.index()).is(Problem::TooManySteps(*own)));
                }
                Known {
                    kind: yes.kind,
                    steps: yes.steps.max(no.steps).saturating_add(1).saturating_add(*own),
                }
            }
            Node::Allow(rule) => leaf(artifact, *rule, Effect::Permit, place)?,
            Node::Deny(rule) => leaf(artifact, *rule, Effect::Forbid, place)?,
            Node::DenyByDefault => Known {
                kind: Kind::Decision,
                steps: 1,
            },
            Node::Fires | Node::Rests => Known {
                kind: Kind::Rule,
                steps: 1,
            },
        });
    }
    Ok(nodes)
}

fn leaf(artifact: &Artifact, rule: RuleId, effect: Effect, place: Place) -> Result<Known, Invalid> {
    let rule = artifact
        .rules
        .get(rule.index())
        .ok_or(place.is(Problem::OutOfRange("rule")))?;
    if rule.effect != effect {
        return Err(place.is(Problem::Effect));
    }
    Ok(Known {
        kind: Kind::Decision,
        steps: 1,
    })
}

fn check_plans(artifact: &Artifact, nodes: &[Known]) -> Result<(), Invalid> {
    if artifact.plans.len() != artifact.schema.shapes.len() {
        return Err(Place::Artifact.is(Problem::PlanCount));
    }
    for (at, plan) in artifact.plans.iter().enumerate() {
        let place = Place::Plan(at);
        let known = |node: NodeId, kind: Kind| match nodes.get(node.index()) {
            Some(known) if known.kind == kind => Ok(known.steps),
            Some(_) => Err(place.is(Problem::Leaves)),
            None => Err(place.is(Problem::OutOfRange("node"))),
        };
        let decide = known(plan.decide, Kind::Decision)?;
        if !is_ascending(plan.candidates.iter().map(|candidate| candidate.rule)) {
            return Err(place.is(Problem::Unsorted("candidates")));
        }
        let mut explain = 0_u64;
        for candidate in &plan.candidates {
            if artifact.rules.get(candidate.rule.index()).is_none() {
                return Err(place.is(Problem::OutOfRange("rule")));
            }
            explain = explain.saturating_add(known(candidate.fires, Kind::Rule)?);
        }
        let steps = decide.max(explain);
        if steps > MAX_DECISION_STEPS {
            return Err(place.is(Problem::TooManySteps(steps)));
        }
    }
    Ok(())
}

/// Checks what walks ask, once for all shapes of which the same is known.
fn check_walks(artifact: &Artifact, work: &mut Work) -> Result<(), Invalid> {
    let mut shapes: Vec<(Environment, ShapeId)> = Vec::with_capacity(artifact.schema.shapes.len());
    for (at, shape) in (0_u32..).zip(&artifact.schema.shapes) {
        let context: Option<RecordId> = artifact.schema.action(shape.action).and_then(|def| def.context);
        let context = context.ok_or(Place::Shape(at as usize).is(Problem::NoAction))?;
        let environment = Environment {
            principal: shape.principal,
            resource: shape.resource,
            context,
        };
        shapes.push((environment, ShapeId(at)));
    }
    shapes.sort_unstable();
    let mut typing = Typing::new(&artifact.schema, &artifact.exprs);
    let mut visited: Vec<usize> = vec![0; artifact.nodes.len()];
    let mut stack: Vec<NodeId> = Vec::new();
    let mut atoms: Vec<ExprId> = Vec::new();
    for (round, group) in shapes.chunk_by(|(a, _), (b, _)| a == b).enumerate() {
        let Some((environment, first)) = group.first() else {
            continue;
        };
        let place = Place::Plan(first.index());
        for plan in group
            .iter()
            .filter_map(|(_, shape)| artifact.plans.get(shape.index()))
        {
            work.spend(2 + plan.candidates.len(), place)?;
            stack.push(plan.decide);
            stack.extend(plan.candidates.iter().map(|candidate| candidate.fires));
            while let Some(node) = stack.pop() {
                match visited.get_mut(node.index()) {
                    Some(visited) if *visited != round + 1 => *visited = round + 1,
                    Some(_) | None => continue,
                }
                work.spend(1, place)?;
                match artifact.nodes.get(node.index()) {
                    Some(Node::Test {
                        question: _,
                        atom,
                        yes,
                        no,
                    }) => {
                        atoms.push(*atom);
                        stack.extend([*yes, *no]);
                    }
                    Some(
                        Node::Allow(_) | Node::Deny(_) | Node::DenyByDefault | Node::Fires | Node::Rests,
                    )
                    | None => {}
                }
            }
        }
        typing.check(*environment, &mut atoms, work)?;
    }
    Ok(())
}
