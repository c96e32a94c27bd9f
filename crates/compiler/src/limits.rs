//! The limits of what a policy may compile to: what passes here, every runtime loads.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use dictum_artifact::dag::{Artifact, Candidate, Effect, RuleId};
use dictum_artifact::expr::{Expr, ExprId, Exprs};
use dictum_artifact::schema::{Schema, ShapeId};
use dictum_artifact::validate::{self, MAX_DECISION_STEPS, MAX_EXPR_STEPS, Place, Problem};
use dictum_syntax::diagnostic::Diagnostic;

use crate::Limits;
use crate::codes;
use crate::cost::{self, Costs, RuleCost};
use crate::lower::{self, Asked};
use crate::program::{Rule, RuleCase};

/// How many tests the decision DAGs of a package may have: of each rule, for each request shape that it can apply to, as
/// many as its condition has operands of `and` and `or`.
pub const MAX_TESTS: usize = 1 << 23;

/// Reports the rules that are too much for a decision by themselves, and the first with which there are too many tests.
pub(crate) fn check_rules(exprs: &Exprs, rules: &[Rule], diagnostics: &mut Vec<Diagnostic>) {
    let steps = validate::steps(exprs);
    let mut tests = 0;
    for rule in rules {
        let (mut most_steps, mut most_costly) = (0, None);
        let before = tests;
        let asked = match rule.info.effect {
            Effect::Permit => Asked::True,
            Effect::Forbid => Asked::False,
        };
        let of_case = |case: &RuleCase| {
            let defined = rule.conditions(case).defined;
            [
                (case.head, Asked::True),
                (case.condition, asked),
                (defined, Asked::True),
            ]
        };
        for (condition, asked) in rule.cases.iter().flat_map(of_case) {
            lower::atoms(exprs, condition, asked, &mut |atom| {
                tests += 1;
                let own = steps.get(atom.index()).copied().unwrap_or(0);
                if own > most_steps {
                    (most_steps, most_costly) = (own, Some(atom));
                }
            });
        }
        if most_steps > MAX_EXPR_STEPS {
            let message = if most_steps == u64::MAX {
                format!(
                    "a test of this rule can take more steps than can be counted; at most {MAX_EXPR_STEPS} are supported"
                )
            } else {
                format!(
                    "a test of this rule can take {most_steps} steps; at most {MAX_EXPR_STEPS} are supported"
                )
            };
            let help = if most_costly.is_some_and(|atom| has_quantifier(exprs, atom)) {
                "say how many elements the sets can have at most where they are declared, such as `Set<String, 20>`; without that they count for 256"
            } else {
                "compare with smaller sets, or with sets of constants only: those are searched, others compared part by part"
            };
            diagnostics.push(Diagnostic::error(codes::TOO_COSTLY, rule.span, message).with_help(help));
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

/// Whether a quantifier stands in an expression. Recursion is as deep as the expression.
fn has_quantifier(exprs: &Exprs, id: ExprId) -> bool {
    let Some(expr) = exprs.get(id) else { return false };
    let mut found = matches!(expr, Expr::Quantified { .. });
    expr.operands(|operand| found = found || has_quantifier(exprs, operand));
    found
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
        | Place::Obligation(_)
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

/// Reports decisions that can take more steps than the package allows: for each rule that adds most to some of them, the
/// most expensive one.
pub(crate) fn check_steps(artifact: &Artifact, rules: &[Rule], limits: &Limits) -> Vec<Diagnostic> {
    let Some(most) = limits.steps else {
        return Vec::new();
    };
    let costs = Costs::of(artifact);
    let mut over: BTreeMap<RuleId, Over> = BTreeMap::new();
    for at in 0..artifact.plans.len() {
        let shape = ShapeId(u32::try_from(at).unwrap_or(u32::MAX));
        let steps = costs.decision(shape);
        if steps <= most {
            continue;
        }
        let Some(rule) = costs.dearest(shape) else {
            continue;
        };
        let known = over.entry(rule.rule).or_insert_with(|| Over {
            shape,
            steps,
            rule: rule.clone(),
            shapes: 0,
        });
        known.shapes += 1;
        if steps > known.steps {
            (known.shape, known.steps, known.rule) = (shape, steps, rule);
        }
    }
    let told = over.values();
    told.filter_map(|over| over_steps(artifact, rules, limits, most, over))
        .collect()
}

/// The most expensive of the shapes over the limit in which one rule adds most.
struct Over {
    shape: ShapeId,
    steps: u64,
    rule: RuleCost,
    /// How many such shapes there are.
    shapes: usize,
}

fn over_steps(
    artifact: &Artifact,
    rules: &[Rule],
    limits: &Limits,
    most: u64,
    over: &Over,
) -> Option<Diagnostic> {
    let rule = rules.get(over.rule.rule.index())?;
    let requests = requests_of(&artifact.schema, over.shape);
    let others = match over.shapes - 1 {
        0 => String::new(),
        1 => " (and on one other kind of requests)".to_owned(),
        others => format!(" (and on {others} other kinds of requests)"),
    };
    let message = format!(
        "a decision on {requests}{others} can take {} steps; `[limits] steps` allows {most}",
        over.steps
    );
    let mut diagnostic = Diagnostic::error(codes::OVER_STEPS, rule.span, message).with_label(format!(
        "this rule takes {} of them, more than any other",
        over.rule.steps
    ));
    let dearest = (0..)
        .zip(&over.rule.clauses)
        .max_by_key(|(at, steps)| (**steps, Reverse(*at)));
    let clause: Option<(usize, u64)> = dearest
        .map(|(at, steps)| (at, *steps))
        .filter(|(_, steps)| *steps > 0);
    if let Some((at, steps)) = clause
        && let Some(span) = rule.clauses.get(at)
    {
        diagnostic = diagnostic.with_related(*span, format!("this condition takes {steps}"));
    }
    let wide = clause.and_then(|(at, _)| wide_set(artifact, limits, over, at));
    let help = wide.unwrap_or_else(|| {
        "give rules heads that fit fewer types and actions, or compare with smaller sets; `dictum check --cost` tells what each rule and condition takes".to_owned()
    });
    Some(diagnostic.with_help(help))
}

/// What to do about a quantifier over a set of which nothing says how large it may be.
fn wide_set(artifact: &Artifact, limits: &Limits, over: &Over, clause: usize) -> Option<String> {
    let plan = artifact.plans.get(over.shape.index())?;
    let candidates = &plan.candidates;
    let of_rule = |candidate: &&Candidate| candidate.rule == over.rule.rule;
    let condition = candidates.iter().find(of_rule)?.clauses.get(clause)?.as_ref()?;
    let (set, most) = cost::widest_quantifier(artifact, *condition)?;
    if most < limits.set_elements {
        return None;
    }
    let name = attribute_name(artifact, over.shape, set);
    let name = name.map_or_else(|| "the set".to_owned(), |name| format!("`{name}`"));
    Some(format!(
        "say how many elements {name} can have, as in `Set<String, 20>`: where nothing does, it counts for {most}"
    ))
}

/// The name of an attribute of the principal or the resource.
fn attribute_name(artifact: &Artifact, shape: ShapeId, id: ExprId) -> Option<&str> {
    let shape = artifact.schema.shapes.get(shape.index())?;
    let Some(Expr::Attribute { of, index }) = artifact.exprs.get(id) else {
        return None;
    };
    let of = artifact.exprs.get(*of)?;
    let ty = if *of == Expr::Principal {
        shape.principal
    } else if *of == Expr::Resource {
        shape.resource
    } else {
        return None;
    };
    let attribute = artifact.schema.entity_type(ty)?.attributes.get(*index)?;
    attribute.most.is_none().then_some(attribute.name.as_str())
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
