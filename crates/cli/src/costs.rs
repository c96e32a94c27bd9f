//! What decisions cost at worst, for people and for programs.

use std::cmp::Reverse;

use dictum_artifact::schema::{Shape, ShapeId};
use dictum_compiler::Program;
use dictum_compiler::cost::{Costs, RuleCost};
use dictum_compiler::program::Rule;
use serde::Serialize;

use crate::console::{Console, FAINT, STRONG, printable};
use crate::decision::{effect_word, label_line, one_line};
use crate::package::Package;
use crate::reads::ShapeName;
use crate::report::{Place, count};
use crate::stop::Stop;

/// How many shapes a person is shown, unless all are asked for.
const MAX_SHAPES: usize = 10;

/// How many rules of a shape are told, unless all are asked for.
const MAX_RULES: usize = 3;

/// How many characters of a condition a person is shown.
const MAX_TEXT: usize = 80;

/// What decisions on requests of a shape cost.
#[derive(Serialize)]
pub(crate) struct ShapeCost {
    package: String,
    #[serde(flatten)]
    shape: ShapeName,
    /// The steps of the most expensive decision.
    steps: u64,
    /// The rules that add most to it, the most expensive first.
    rules: Vec<RuleText>,
    /// How many rules are not told.
    left_out: usize,
}

/// What a rule adds.
#[derive(Serialize)]
struct RuleText {
    label: String,
    effect: &'static str,
    #[serde(flatten)]
    place: Place,
    steps: u64,
    head: u64,
    role: u64,
    clauses: Vec<ClauseText>,
    obligations: u64,
}

#[derive(Serialize)]
struct ClauseText {
    text: String,
    unless: bool,
    #[serde(flatten)]
    place: Place,
    steps: u64,
}

/// What decisions of a program cost, of all shapes; of each its dearest rules, or `all`.
pub(crate) fn of(package: &Package, program: &Program, all: bool) -> Vec<ShapeCost> {
    let costs = Costs::of(&program.artifact);
    let shapes = (0..).map(ShapeId).zip(&program.schema.shapes);
    let cost = |(id, shape): (ShapeId, &Shape)| {
        let rules = costs.rules(id);
        let told = if all {
            rules.len()
        } else {
            MAX_RULES.min(rules.len())
        };
        ShapeCost {
            package: package.name().to_owned(),
            shape: ShapeName::of(&program.schema, *shape),
            steps: costs.decision(id),
            left_out: rules.len() - told,
            rules: rules
                .iter()
                .take(told)
                .filter_map(|cost| Some(rule(package, program.rules.get(cost.rule.index())?, cost)))
                .collect(),
        }
    };
    shapes.map(cost).collect()
}

/// Puts the most expensive shapes first.
pub(crate) fn sort(costs: &mut [ShapeCost]) {
    costs.sort_by_key(|cost| Reverse(cost.steps));
}

/// Writes what decisions cost for people.
pub(crate) fn write(costs: &[ShapeCost], all: bool, console: &mut Console) -> Result<(), Stop> {
    console.line(format_args!(
        "{STRONG}the steps that a decision can take, the most expensive first{STRONG:#}"
    ))?;
    let told = if all {
        costs.len()
    } else {
        MAX_SHAPES.min(costs.len())
    };
    let most = costs.iter().map(|cost| cost.steps).max().unwrap_or(0);
    let width = most.to_string().len();
    for cost in costs.iter().take(told) {
        console.line("")?;
        console.line(format_args!(
            "{STRONG}{:>width$}{STRONG:#}  {}",
            cost.steps,
            printable(&cost.shape.line())
        ))?;
        for rule in &cost.rules {
            rule.write(width, console)?;
        }
        if cost.left_out > 0 {
            console.line(format_args!(
                "{:indent$}{FAINT}and {} less expensive{FAINT:#}",
                "",
                count(cost.left_out, "rule"),
                indent = width + 2
            ))?;
        }
    }
    if told < costs.len() {
        let rest = count(costs.len() - told, "more kind");
        console.line(format_args!(
            "\n{FAINT}{rest} of requests: see them with --all{FAINT:#}"
        ))?;
    }
    Ok(())
}

impl RuleText {
    fn write(&self, width: usize, console: &mut Console) -> Result<(), Stop> {
        let indent = width + 2;
        let place = format!("{}:{}:{}", self.place.file, self.place.line, self.place.column);
        console.line(format_args!(
            "{:indent$}{:>width$}  {} {} {FAINT}{}{FAINT:#}",
            "",
            self.steps,
            self.effect,
            label_line(&self.label),
            printable(&place)
        ))?;
        let mut parts: Vec<(u64, String)> = vec![
            (self.head, "head".to_owned()),
            (self.role, "role".to_owned()),
            (self.obligations, "with".to_owned()),
        ];
        for clause in &self.clauses {
            let word = if clause.unless { "unless" } else { "when" };
            let text = one_line(&clause.text);
            let words: Vec<&str> = text.split_whitespace().collect();
            let shown: String = words.join(" ").chars().take(MAX_TEXT).collect();
            let place = format!("{}:{}", clause.place.line, clause.place.column);
            parts.push((clause.steps, format!("{word} {shown} {FAINT}{place}{FAINT:#}")));
        }
        parts.sort_by_key(|(steps, _)| Reverse(*steps));
        for (steps, text) in parts.iter().filter(|(steps, _)| *steps > 0) {
            let indent = indent * 2;
            console.line(format_args!("{:indent$}{steps:>width$}  {text}", ""))?;
        }
        Ok(())
    }
}

fn rule(package: &Package, rule: &Rule, cost: &RuleCost) -> RuleText {
    let clauses = rule.info.clauses.iter().zip(&rule.clauses).zip(&cost.clauses);
    RuleText {
        label: rule.info.label.clone(),
        effect: effect_word(rule.info.effect),
        place: Place::of(package, rule.span),
        steps: cost.steps,
        head: cost.head,
        role: cost.holder,
        clauses: clauses
            .map(|((written, span), steps)| ClauseText {
                text: written.text.clone(),
                unless: written.unless,
                place: Place::of(package, *span),
                steps: *steps,
            })
            .collect(),
        obligations: cost.obligations,
    }
}
