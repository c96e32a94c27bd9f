//! What decisions can cost at worst: the steps of each request shape, rule by rule and clause by clause, computed on what was
//! compiled.
//!
//! A step is a visit of an expression or of a node ([`dictum_artifact::validate::steps`]). The most expensive decision asks
//! everything: each test is passed the way that leads to the next one. So the steps of a decision are those of its rules and
//! one more for the leaf, and the steps of a rule are those of its head, of the role that it asks for, of its clauses and of
//! the fields of its obligations.

use dictum_artifact::dag::{Artifact, Candidate, Effect, Plan, RuleId};
use dictum_artifact::expr::{Expr, ExprId, Literal};
use dictum_artifact::schema::ShapeId;
use dictum_artifact::validate::{steps, walk_steps};

use crate::lower::Asked;

/// The steps of an artifact's expressions and walks.
pub struct Costs<'a> {
    artifact: &'a Artifact,
    /// Of each expression.
    steps: Vec<u64>,
    /// Of the most expensive walk from each node.
    walks: Vec<u64>,
}

/// What a rule adds to the most expensive decision on requests of a shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleCost {
    /// The rule.
    pub rule: RuleId,
    /// All of it.
    pub steps: u64,
    /// To see whether the principal and the resource are those that its head names.
    pub head: u64,
    /// To see whether the principal holds the role that it asks for.
    pub holder: u64,
    /// Each of its clauses; 0 where an earlier one settles the rule.
    pub clauses: Vec<u64>,
    /// To see whether the fields of its obligations are defined.
    pub obligations: u64,
}

impl<'a> Costs<'a> {
    /// What decisions by an artifact cost, which is trusted to be valid.
    #[must_use]
    pub fn of(artifact: &'a Artifact) -> Self {
        let steps = steps(&artifact.exprs);
        let walks = walk_steps(&artifact.nodes, &steps);
        Self {
            artifact,
            steps,
            walks,
        }
    }

    /// The steps of the most expensive decision on requests of a shape.
    #[must_use]
    pub fn decision(&self, shape: ShapeId) -> u64 {
        let plan = self.plan(shape);
        plan.map_or(0, |plan| self.walk(plan.decide.index()))
    }

    /// What each rule that could apply to requests of a shape adds, the most expensive first.
    #[must_use]
    pub fn rules(&self, shape: ShapeId) -> Vec<RuleCost> {
        let candidates = self.plan(shape).into_iter().flat_map(|plan| &plan.candidates);
        let mut rules: Vec<RuleCost> = candidates.map(|candidate| self.rule(candidate)).collect();
        rules.sort_by_key(|rule| (std::cmp::Reverse(rule.steps), rule.rule));
        rules
    }

    /// The rule that adds most to decisions on requests of a shape.
    #[must_use]
    pub fn dearest(&self, shape: ShapeId) -> Option<RuleCost> {
        let candidates = &self.plan(shape)?.candidates;
        let steps = |candidate: &&Candidate| (self.fires(candidate), std::cmp::Reverse(candidate.rule));
        candidates
            .iter()
            .max_by_key(steps)
            .map(|candidate| self.rule(candidate))
    }

    fn plan(&self, shape: ShapeId) -> Option<&'a Plan> {
        self.artifact.plans.get(shape.index())
    }

    fn walk(&self, node: usize) -> u64 {
        self.walks.get(node).copied().unwrap_or(0)
    }

    /// The walk through a rule's own DAG, without its leaf.
    fn fires(&self, candidate: &Candidate) -> u64 {
        self.walk(candidate.fires.index()).saturating_sub(1)
    }

    fn rule(&self, candidate: &Candidate) -> RuleCost {
        let written = self.artifact.rules.get(candidate.rule.index());
        let asked = match written.map(|rule| rule.effect) {
            Some(Effect::Permit) | None => Asked::True,
            Some(Effect::Forbid) => Asked::False,
        };
        let clause = |(at, clause): (usize, &Option<ExprId>)| {
            let is_negated =
                written.is_some_and(|rule| rule.clauses.get(at).is_some_and(|clause| clause.unless));
            let asked = if is_negated { asked.negated() } else { asked };
            clause.map_or(0, |clause| self.asking(clause, asked).most())
        };
        let (steps, head, holder) = (
            self.fires(candidate),
            self.asking(candidate.head, Asked::True).most(),
            self.asking(candidate.holder, asked).most(),
        );
        let clauses: Vec<u64> = candidate.clauses.iter().enumerate().map(clause).collect();
        let told = clauses.iter().fold(head.saturating_add(holder), |sum, clause| {
            sum.saturating_add(*clause)
        });
        RuleCost {
            rule: candidate.rule,
            steps,
            head,
            holder,
            clauses,
            obligations: if candidate.obligations.is_empty() {
                0
            } else {
                steps.saturating_sub(told)
            },
        }
    }

    /// What asking a condition takes, which is taken apart into tests as `lower` does. Recursion is as deep as conditions are.
    fn asking(&self, id: ExprId, asked: Asked) -> Ways {
        match (self.artifact.exprs.get(id), asked) {
            (Some(Expr::Literal(Literal::Bool(_))), _) => Ways::default(),
            (Some(Expr::Not(operand)), _) => self.asking(*operand, asked.negated()).negated(),
            (Some(Expr::And(items)), Asked::True | Asked::False) => self.asking_all(items, asked, false),
            (Some(Expr::Or(items)), Asked::True | Asked::False) => {
                self.asking_all(items, asked.negated(), true).negated()
            }
            (Some(Expr::AndThen(items)), _) => self.asking_in_turn(items, asked, false),
            (Some(Expr::OrElse(items)), _) => self.asking_in_turn(items, asked.negated(), true).negated(),
            (Some(_) | None, _) => {
                let test = self.steps.get(id.index()).copied().unwrap_or(0).saturating_add(1);
                let second = if asked == Asked::All { test } else { 0 };
                let twice = test.saturating_add(second);
                Ways {
                    if_true: test,
                    if_false: twice,
                    if_undefined: twice,
                }
            }
        }
    }

    /// What asking an item takes, or what is negated of it.
    fn asking_item(&self, item: ExprId, asked: Asked, is_negated: bool) -> Ways {
        if is_negated {
            self.asking(item, asked.negated()).negated()
        } else {
            self.asking(item, asked)
        }
    }

    /// `and` of items, or of what is negated of them.
    fn asking_all(&self, items: &[ExprId], asked: Asked, negated: bool) -> Ways {
        let (mut on, mut off) = (0_u64, 0_u64);
        for item in items {
            let ways = self.asking_item(*item, asked, negated);
            let (leaves, leads_on) = if asked == Asked::True {
                (ways.if_false.max(ways.if_undefined), ways.if_true)
            } else {
                (ways.if_false, ways.if_true.max(ways.if_undefined))
            };
            off = off.max(on.saturating_add(leaves));
            on = on.saturating_add(leads_on);
        }
        Ways {
            if_true: on,
            if_false: off,
            if_undefined: if asked == Asked::True { off } else { on },
        }
    }

    /// `and then` of items, or of what is negated of them.
    fn asking_in_turn(&self, items: &[ExprId], asked: Asked, negated: bool) -> Ways {
        let mut whole = Ways::default();
        for (at, item) in items.iter().enumerate() {
            let is_last = at + 1 == items.len();
            let asked = if is_last || asked == Asked::True {
                asked
            } else {
                Asked::All
            };
            let ways = self.asking_item(*item, asked, negated);
            let on = whole.if_true;
            whole = Ways {
                if_true: on.saturating_add(ways.if_true),
                if_false: whole.if_false.max(on.saturating_add(ways.if_false)),
                if_undefined: whole.if_undefined.max(on.saturating_add(ways.if_undefined)),
            };
        }
        whole
    }
}

/// What finding out takes at worst, by what a condition is found to be.
#[derive(Clone, Copy, Default)]
struct Ways {
    if_true: u64,
    if_false: u64,
    if_undefined: u64,
}

impl Ways {
    fn negated(self) -> Self {
        Self {
            if_true: self.if_false,
            if_false: self.if_true,
            ..self
        }
    }

    fn most(self) -> u64 {
        self.if_true.max(self.if_false).max(self.if_undefined)
    }
}

/// The quantifier in a condition that looks at most elements, and how many these are. Time is linear in what the condition
/// is made of.
pub(crate) fn widest_quantifier(artifact: &Artifact, condition: ExprId) -> Option<(ExprId, u32)> {
    let mut met = rustc_hash::FxHashSet::default();
    let mut open = vec![condition];
    let mut widest = None;
    while let Some(id) = open.pop() {
        if !met.insert(id) {
            continue;
        }
        let Some(expr) = artifact.exprs.get(id) else {
            continue;
        };
        if let Expr::Quantified { over, most, .. } = expr
            && widest.is_none_or(|(_, known)| known < *most)
        {
            widest = Some((*over, *most));
        }
        expr.operands(|operand| open.push(operand));
    }
    widest
}

#[cfg(test)]
mod tests {
    use dictum_syntax::diagnostic::Severity;
    use dictum_syntax::source::Sources;

    use super::*;
    use crate::{Limits, Settings, compile_with};

    const SCHEMA: &str = "
        entity User in Group { level: Int, tags: Set<String>, few: Set<String, 4>, suspended: Bool }
        entity Group in Group
        entity Doc { owner: User, labels: Set<String> }
        context { now: Timestamp }
        action read, write by User on Doc
        obligation note { level: Int }
        role editor on Doc { write }
    ";

    fn artifact(rules: &str) -> Artifact {
        let mut sources = Sources::new();
        sources.add("test.dictum", format!("{SCHEMA}{rules}"));
        let (program, diagnostics) = compile_with(&sources, &Settings::default());
        program.unwrap_or_else(|| panic!("{diagnostics:#?}")).artifact
    }

    /// What the rules cost in requests to read, and the whole.
    fn read(rules: &str) -> (u64, Vec<RuleCost>) {
        let artifact = artifact(rules);
        let costs = Costs::of(&artifact);
        let read = artifact.schema.find_action("read").unwrap();
        let shape = artifact
            .schema
            .shapes
            .iter()
            .position(|shape| shape.action == read);
        let shape = ShapeId(u32::try_from(shape.unwrap()).unwrap());
        let rules = costs.rules(shape);
        assert_eq!(costs.dearest(shape).as_ref(), rules.first());
        (costs.decision(shape), rules)
    }

    #[test]
    fn a_decision_costs_what_its_rules_do_and_a_leaf() {
        let rules = "
            a: permit User in Group::\"g\" to read on Doc when principal.level > 3 and principal == resource.owner unless principal.suspended
            b: permit editor to read on Doc when (principal.level == 1 or principal.level == 2) and (principal.level > 0 or resource.labels is empty)
            c: forbid User to any on anything when principal.suspended
            d: permit User to read on Doc when principal.level < 9 with note { level: principal.level }
        ";
        let (decision, rules) = read(rules);
        assert_eq!(decision, 1 + rules.iter().map(|rule| rule.steps).sum::<u64>());
        for rule in &rules {
            let parts = rule.head + rule.holder + rule.clauses.iter().sum::<u64>() + rule.obligations;
            assert_eq!(parts, rule.steps, "{rule:?}");
        }
        // An obligation costs what it takes to see whether its fields are defined.
        let labels = ["b", "a", "d", "c"];
        let found: Vec<u32> = rules.iter().map(|rule| rule.rule.0).collect();
        // The role comes first.
        let positions = labels.map(|label| 1 + "abcd".find(label).unwrap() as u32);
        assert_eq!(found, positions);
        let a = &rules[1];
        assert_eq!((a.head, a.holder, a.clauses.len(), a.obligations), (4, 0, 2, 0));
        assert!(rules[0].holder > 0 && rules[2].obligations > 0);
    }

    #[test]
    fn a_quantifier_counts_the_elements_that_there_may_be() {
        let (few, _) = read("a: permit User to read on Doc when any t in principal.few: t == \"x\"");
        let (many, _) = read("a: permit User to read on Doc when any t in principal.tags: t == \"x\"");
        assert_eq!((many - few) % (256 - 4), 0);
        assert!(many > 256 && few < 30, "{few} {many}");
    }

    #[test]
    fn settings_say_what_sets_count_for_and_what_is_too_much() {
        let mut sources = Sources::new();
        sources.add(
            "test.dictum",
            format!("{SCHEMA}a: permit User to read on Doc when any t in principal.tags: t == \"x\""),
        );
        let found = |steps, set_elements| {
            let limits = Limits { steps, set_elements };
            let settings = Settings {
                limits,
                ..Settings::default()
            };
            let (program, diagnostics) = compile_with(&sources, &settings);
            let errors = diagnostics
                .iter()
                .filter(|found| found.severity == Severity::Error);
            let codes: Vec<&str> = errors.map(|error| error.code).collect();
            assert_eq!(program.is_some(), codes.is_empty());
            codes
        };
        assert!(found(None, 1_000).is_empty());
        assert_eq!(found(Some(100), 256), [crate::codes::OVER_STEPS]);
        assert!(found(Some(100), 10).is_empty());
        assert_eq!(found(Some(1), 1), [crate::codes::OVER_STEPS; 2]);
    }
}
