//! The limits of what a policy may compile to: what passes here, every runtime loads.

use dictum_artifact::dag::Artifact;
use dictum_artifact::expr::Exprs;
use dictum_artifact::schema::{Schema, ShapeId};
use dictum_artifact::validate::{self, MAX_DECISION_STEPS, MAX_EXPR_STEPS, Place, Problem};
use dictum_syntax::diagnostic::Diagnostic;

use crate::codes;
use crate::lower;
use crate::program::Rule;

/// How many tests the decision DAGs of a package may have: of each rule, for each request shape that it can apply to, as
/// many as its condition has operands of `and` and `or`.
pub const MAX_TESTS: usize = 1 << 23;

/// Reports the rules that are too much for a decision by themselves, and the first with which there are too many tests.
pub(crate) fn check_rules(exprs: &Exprs, rules: &[Rule], diagnostics: &mut Vec<Diagnostic>) {
    let steps = validate::steps(exprs);
    let mut tests = 0;
    for rule in rules {
        let mut most_steps = 0;
        let before = tests;
        for condition in rule.cases.iter().flat_map(|case| [case.head, case.condition]) {
            lower::atoms(exprs, condition, &mut |atom| {
                tests += 1;
                most_steps = steps.get(atom.index()).copied().unwrap_or(0).max(most_steps);
            });
        }
        if most_steps > MAX_EXPR_STEPS {
            let message = format!(
                "a test of this rule can take {most_steps} steps; at most {MAX_EXPR_STEPS} are supported"
            );
            diagnostics.push(
                Diagnostic::error(codes::TOO_COSTLY, rule.span, message)
                    .with_help("compare with smaller sets, or with sets of constants only: those are searched, others compared part by part"),
            );
        }
        if before <= MAX_TESTS && tests > MAX_TESTS {
            let message = format!(
                "with this rule, the policy has more than {MAX_TESTS} tests, over all kinds of requests"
            );
            diagnostics.push(
                Diagnostic::error(codes::TOO_MANY_TESTS, rule.span, message)
                    .with_help("give rules heads that fit fewer types and actions, or split the policy"),
            );
        }
    }
}

/// Why no runtime would load an artifact, told of the last rule that has to do with it.
pub(crate) fn check_artifact(artifact: &Artifact, rules: &[Rule]) -> Option<Diagnostic> {
    let invalid = validate::validate(artifact).err()?;
    let shape = match invalid.place {
        Place::Plan(at) => u32::try_from(at).ok().map(ShapeId),
        Place::Artifact
        | Place::Type(_)
        | Place::Enum(_)
        | Place::Record(_)
        | Place::EntityType(_)
        | Place::Action(_)
        | Place::Role(_)
        | Place::Shape(_)
        | Place::Expr(_)
        | Place::Node(_)
        | Place::Rule(_) => None,
    };
    let concerned = |rule: &&Rule| shape.is_none_or(|shape| rule.case(shape).is_some());
    let span = rules.iter().rev().find(concerned).or(rules.last())?.span;
    Some(match (invalid.problem, shape) {
        (Problem::TooManySteps(steps), Some(shape)) => {
            let requests = requests_of(&artifact.schema, shape);
            let message = format!(
                "with this rule, a decision on {requests} can take {steps} steps; at most {MAX_DECISION_STEPS} are supported"
            );
            Diagnostic::error(codes::TOO_COSTLY, span, message)
                .with_help("give rules heads that fit fewer types and actions, or compare with smaller sets")
        }
        _ => Diagnostic::error(
            codes::TOO_MANY_TESTS,
            span,
            format!("the policy is too large: {invalid}"),
        )
        .with_help("split the policy"),
    })
}

/// "`User` to `read` on `Document`"
fn requests_of(schema: &Schema, shape: ShapeId) -> String {
    let Some(shape) = schema.shapes.get(shape.index()) else {
        return "requests".to_owned();
    };
    let type_name = |ty| schema.entity_type(ty).map_or("", |def| def.name.as_str());
    let action = schema.action(shape.action).map_or("", |def| def.name.as_str());
    format!(
        "`{}` to `{action}` on `{}`",
        type_name(shape.principal),
        type_name(shape.resource)
    )
}
