//! What each rule that could apply made of a request: clause by clause, down to the values that the atoms saw.
//!
//! All expressions are pure, so they are asked again here, and nothing is recorded while a request is decided.

use std::collections::BTreeSet;

use dictum_artifact::dag::{Candidate, Effect, RuleId};
use dictum_artifact::data::Grant;
use dictum_artifact::expr::{Expr, ExprId, Quantifier};
use dictum_artifact::schema::RoleId;
use dictum_artifact::value::{self, EntityUid};

use crate::evaluate::Evaluation;
use crate::request::BoundRequest;
use crate::values::Value;

/// How many parts of conditions and of values a trace may have. Expressions share their parts and a trace does not, so that
/// without a limit an artifact made by an enemy could fill the memory.
pub const MAX_TRACE_PARTS: usize = 1 << 20;

/// What was made of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// Whether the request is allowed.
    pub allowed: bool,
    /// The rules that could apply to requests of its kind, in the order of the policy.
    pub rules: Vec<RuleTrace>,
    /// Whether nothing is left out. Beyond [`MAX_TRACE_PARTS`], conditions are told without their parts, and values are not.
    pub is_whole: bool,
}

/// What a rule made of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleTrace {
    /// The rule.
    pub rule: RuleId,
    /// Permit or forbid.
    pub effect: Effect,
    /// Whether it fires.
    pub fires: bool,
    /// Whether the principal and the resource are those that its head names, as far as their types leave it open.
    pub head: Part,
    /// Whether the principal holds the role that it asks for.
    pub holder: Part,
    /// What became of each of [`crate::Rule::clauses`].
    pub clauses: Vec<ClauseTrace>,
}

/// What became of a `when` or `unless`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClauseTrace {
    /// The truth of the condition, as it is written: a rule with a true `unless` does not fire.
    pub truth: Truth,
    /// The condition; `None` where the truth is [`Truth::Settled`].
    pub condition: Option<Part>,
}

/// Whether a condition holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Truth {
    /// It does.
    True,
    /// It does not.
    False,
    /// It depends on something that is not known.
    Undefined,
    /// An earlier clause settles the rule for all requests of the kind, so that this one is never asked.
    Settled,
}

/// A condition, with the conditions that it is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The condition, in [`crate::Artifact::exprs`].
    pub expr: ExprId,
    /// Whether it holds.
    pub truth: Truth,
    /// What `and`, `or`, `and then`, `or else` and `not` join; the condition of an `if`, and the branch that was taken (or both); what stands before
    /// `otherwise`, and what stands after it where it counts; the body of a quantifier, for the element that decided.
    pub parts: Vec<Part>,
    /// What an atom, which is none of these, looked at; of an atom that is an attribute, its own value.
    pub seen: Vec<Seen>,
    /// Of a grant that is held or not, the grants that would give it: those that carry the role to the principal on the
    /// resource, live ones or not.
    pub grants: Vec<GrantTrace>,
    /// Of a quantifier, the element that decided: of `any` the first for which the body is true, of `all` the first for which
    /// it is false; where it is undefined, the first for which the body is.
    pub element: Option<value::Value>,
}

/// A grant that gives the principal a role on the resource, or does not any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantTrace {
    /// The grant.
    pub grant: Grant,
    /// Whether it is live.
    pub is_live: bool,
}

/// What was looked at: an attribute, a field, an entry of a map, a quantifier's element, what a quantifier counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The expression that reads it.
    pub expr: ExprId,
    /// What it was; `None` where it is absent or undefined.
    pub value: Option<value::Value>,
}

impl Truth {
    fn of(truth: Option<bool>) -> Self {
        match truth {
            Some(true) => Self::True,
            Some(false) => Self::False,
            None => Self::Undefined,
        }
    }

    /// `true` or `false`, where it is either.
    #[must_use]
    pub fn known(self) -> Option<bool> {
        match self {
            Self::True => Some(true),
            Self::False => Some(false),
            Self::Undefined | Self::Settled => None,
        }
    }
}

impl BoundRequest<'_> {
    /// Tells what each rule that could apply makes of the request, whether or not it fires. This takes memory, and more time
    /// than [`BoundRequest::explain`]; it is for people who ask why.
    #[must_use]
    pub fn trace(&self) -> Trace {
        let mut tracer = Tracer {
            left: MAX_TRACE_PARTS,
        };
        let mut rules = Vec::new();
        if let Some((plan, evaluation)) = self.question() {
            for candidate in &plan.candidates {
                let effect = self.policy().rule(candidate.rule).map(|rule| rule.effect);
                rules.push(tracer.rule(&evaluation, candidate, effect.unwrap_or(Effect::Forbid)));
            }
        }
        Trace {
            allowed: self.decide().allowed,
            rules,
            is_whole: tracer.left > 0,
        }
    }

    /// What the store says that an entity is in, through all levels, sorted; for people who ask why it is not in something.
    #[must_use]
    pub fn ancestors(&self, entity: &EntityUid) -> Vec<EntityUid> {
        let Some((_, evaluation)) = self.question() else {
            return Vec::new();
        };
        let found = evaluation.find_entity(entity).map(|entity| {
            let ancestors = evaluation.store.hierarchy().of(entity).iter();
            ancestors
                .filter_map(|ancestor| evaluation.own_entity(*ancestor))
                .collect()
        });
        let mut ancestors: Vec<EntityUid> = found.unwrap_or_default();
        ancestors.sort_unstable();
        ancestors
    }

    /// Whether the store describes an entity; else its required attributes are not known, but for those that a request gives.
    #[must_use]
    pub fn describes(&self, entity: &EntityUid) -> bool {
        self.question().is_some_and(|(_, evaluation)| {
            let entity = evaluation.find_entity(entity);
            entity.is_some_and(|entity| evaluation.store.attributes(entity).is_some())
        })
    }
}

struct Tracer {
    /// How many parts there may still be; none are told once it is 0.
    left: usize,
}

impl Tracer {
    fn rule(&mut self, evaluation: &Evaluation<'_>, candidate: &Candidate, effect: Effect) -> RuleTrace {
        RuleTrace {
            rule: candidate.rule,
            effect,
            fires: evaluation.fires(candidate),
            head: self.part(evaluation, candidate.head),
            holder: self.part(evaluation, candidate.holder),
            clauses: candidate
                .clauses
                .iter()
                .map(|clause| self.clause(evaluation, *clause))
                .collect(),
        }
    }

    fn clause(&mut self, evaluation: &Evaluation<'_>, clause: Option<ExprId>) -> ClauseTrace {
        let condition = clause.map(|clause| self.part(evaluation, clause));
        ClauseTrace {
            truth: condition.as_ref().map_or(Truth::Settled, |part| part.truth),
            condition,
        }
    }

    /// A condition with its parts. Recursion is as deep as the expression.
    fn part(&mut self, evaluation: &Evaluation<'_>, id: ExprId) -> Part {
        self.left = self.left.saturating_sub(1);
        let mut part = Part {
            expr: id,
            truth: Truth::Undefined,
            parts: Vec::new(),
            seen: Vec::new(),
            grants: Vec::new(),
            element: None,
        };
        match evaluation.policy.expr(id).filter(|_| self.left > 0) {
            Some(Expr::Not(a)) => {
                let a = self.part(evaluation, *a);
                part.truth = Truth::of(a.truth.known().map(|truth| !truth));
                part.parts.push(a);
            }
            Some(Expr::And(items)) => {
                part.parts = items.iter().map(|item| self.part(evaluation, *item)).collect();
                part.truth = joined(&part.parts, false);
            }
            Some(Expr::Or(items)) => {
                part.parts = items.iter().map(|item| self.part(evaluation, *item)).collect();
                part.truth = joined(&part.parts, true);
            }
            Some(Expr::AndThen(items)) => {
                part.parts = items.iter().map(|item| self.part(evaluation, *item)).collect();
                part.truth = first_not(&part.parts, Truth::True);
            }
            Some(Expr::OrElse(items)) => {
                part.parts = items.iter().map(|item| self.part(evaluation, *item)).collect();
                part.truth = first_not(&part.parts, Truth::False);
            }
            Some(Expr::If(condition, yes, no)) => self.choice(evaluation, [*condition, *yes, *no], &mut part),
            Some(Expr::Otherwise(a, b)) => {
                let a = self.part(evaluation, *a);
                part.truth = a.truth;
                part.parts.push(a);
                if part.truth == Truth::Undefined {
                    let b = self.part(evaluation, *b);
                    part.truth = b.truth;
                    part.parts.push(b);
                }
            }
            Some(expr) => self.atom(evaluation, expr, &mut part),
            None => part.truth = Truth::of(evaluation.truth(id)),
        }
        part
    }

    fn choice(&mut self, evaluation: &Evaluation<'_>, [condition, yes, no]: [ExprId; 3], part: &mut Part) {
        let condition = self.part(evaluation, condition);
        let branches: &[ExprId] = match condition.truth {
            Truth::True => &[yes],
            Truth::False => &[no],
            Truth::Undefined | Truth::Settled => &[yes, no],
        };
        part.parts.push(condition);
        for branch in branches {
            let branch = self.part(evaluation, *branch);
            part.parts.push(branch);
        }
        part.truth = match part.parts.as_slice() {
            [_, taken] => taken.truth,
            [_, yes, no] if yes.truth == no.truth => yes.truth,
            _ => Truth::Undefined,
        };
    }

    fn atom(&mut self, evaluation: &Evaluation<'_>, expr: &Expr, part: &mut Part) {
        part.truth = Truth::of(evaluation.truth(part.expr));
        if let Expr::Quantified {
            quantifier: Quantifier::Any | Quantifier::All,
            level,
            over,
            body,
            most,
        } = expr
        {
            self.look(evaluation, *over, &mut BTreeSet::new(), &mut part.seen);
            let decided = part.truth.known();
            let decides =
                |element: &Value| evaluation.within(*level, *element, |inner| inner.truth(*body)) == decided;
            let may_decide = decided
                != Some(matches!(
                    expr,
                    Expr::Quantified {
                        quantifier: Quantifier::All,
                        ..
                    }
                ));
            let domain = evaluation.domain(*over, *most).filter(|_| may_decide);
            let element = domain.and_then(|domain| evaluation.each(domain).find(decides));
            if let Some(element) = element {
                part.element = evaluation.own(element, &mut self.left);
                let body = evaluation.within(*level, element, |inner| self.part(inner, *body));
                part.parts.push(body);
            }
        } else if let Expr::GrantHeld(role) = expr {
            self.find_grants(evaluation, *role, &mut part.grants);
        } else if matches!(
            expr,
            Expr::Attribute { .. } | Expr::Field { .. } | Expr::Lookup { .. } | Expr::Variable { .. }
        ) {
            self.look(evaluation, part.expr, &mut BTreeSet::new(), &mut part.seen);
        } else {
            let mut met = BTreeSet::new();
            expr.operands(|operand| self.look(evaluation, operand, &mut met, &mut part.seen));
        }
    }

    /// The grants that would give the principal a role on the resource.
    fn find_grants(&mut self, evaluation: &Evaluation<'_>, role: RoleId, found: &mut Vec<GrantTrace>) {
        let carriers = evaluation.policy.schema().role(role).map(|def| &def.carriers);
        let roles = carriers.map(Vec::as_slice).unwrap_or_default();
        let (hierarchy, resolved) = (evaluation.store.hierarchy(), evaluation.resolved);
        let subjects = hierarchy.of(resolved.principal).iter().copied();
        for subject in [resolved.principal].into_iter().chain(subjects) {
            let grants = evaluation.store.grants();
            for granted in grants.covering(hierarchy, subject, roles, resolved.resource) {
                let Some(grant) = evaluation.own_grant(subject, *granted).filter(|_| self.left > 0) else {
                    return;
                };
                self.left -= 1;
                found.push(GrantTrace {
                    grant,
                    is_live: granted.until.is_live(resolved.now),
                });
            }
        }
    }

    /// Notes what an operand of an atom reads; of something undefined also what it is read from.
    fn look(
        &mut self,
        evaluation: &Evaluation<'_>,
        id: ExprId,
        met: &mut BTreeSet<ExprId>,
        seen: &mut Vec<Seen>,
    ) {
        let Some(expr) = evaluation.policy.expr(id) else {
            return;
        };
        if self.left == 0 || !met.insert(id) {
            return;
        }
        match expr {
            Expr::Attribute { of, index: _ } | Expr::Field { of, index: _ } => {
                if !self.note(evaluation, id, seen) {
                    self.look(evaluation, *of, met, seen);
                }
            }
            Expr::Lookup { map, key } => {
                if !self.note(evaluation, id, seen) {
                    self.look(evaluation, *map, met, seen);
                }
                self.look(evaluation, *key, met, seen);
            }
            Expr::Variable { .. } => {
                self.note(evaluation, id, seen);
            }
            Expr::Quantified { over, .. } => {
                self.note(evaluation, id, seen);
                self.look(evaluation, *over, met, seen);
            }
            Expr::Literal(_)
            | Expr::Principal
            | Expr::Resource
            | Expr::Context
            | Expr::HasAttribute { .. }
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
            | Expr::StartsWith(..)
            | Expr::EndsWith(..)
            | Expr::Id(_)
            | Expr::Property(..)
            | Expr::Set(..)
            | Expr::Record(..)
            | Expr::Map(..)
            | Expr::Matches(..)
            | Expr::Local(..)
            | Expr::GrantHeld(_) => expr.operands(|operand| self.look(evaluation, operand, met, seen)),
        }
    }

    /// Notes a value, and whether there is one.
    fn note(&mut self, evaluation: &Evaluation<'_>, id: ExprId, seen: &mut Vec<Seen>) -> bool {
        let value = evaluation.value(id);
        let owned = value.and_then(|value| evaluation.own(value, &mut self.left));
        // What is there, but has more parts than can be told, is not told to be undefined.
        if value.is_none() || owned.is_some() {
            seen.push(Seen {
                expr: id,
                value: owned,
            });
        }
        value.is_some()
    }
}

/// The truth of an `and then` or an `or else`: that of the first part that does not lead to the next one.
fn first_not(parts: &[Part], leads_on: Truth) -> Truth {
    let mut truths = parts.iter().map(|part| part.truth);
    truths.find(|truth| *truth != leads_on).unwrap_or(leads_on)
}

/// The truth of an `and` (which a false part settles) or an `or` (which a true one does).
fn joined(parts: &[Part], settling: bool) -> Truth {
    let mut truth = Truth::of(Some(!settling));
    for part in parts {
        match part.truth.known() {
            Some(known) if known == settling => return part.truth,
            Some(_) => {}
            None => truth = Truth::Undefined,
        }
    }
    truth
}

#[cfg(test)]
mod tests {
    use dictum_artifact::expr::{Arithmetic, Comparison};
    use dictum_artifact::value::Value;

    use super::*;
    use crate::testing::*;

    /// What a condition made of a request: the part, and the expressions that it names.
    fn trace(condition: Tree, principal: &str, document: &str) -> (Part, Vec<Expr>) {
        let store = store(&[(Effect::Permit, condition)]);
        let bound = store.bind(&request(principal, document)).unwrap();
        let trace = bound.trace();
        assert!(trace.is_whole);
        let rule = &trace.rules[0];
        assert_eq!(rule.fires, trace.allowed);
        let part = rule.clauses[0].condition.clone().unwrap();
        (part, store.policy().artifact().exprs.0.clone())
    }

    /// A part as text: its truth, what it saw, and its parts.
    fn told(part: &Part, exprs: &[Expr]) -> String {
        let name = |id: ExprId| match &exprs[id.index()] {
            Expr::Attribute { index, .. } => format!("attribute {index}"),
            Expr::Field { index, .. } => format!("field {index}"),
            Expr::Lookup { .. } => "entry".to_owned(),
            Expr::Variable { level, .. } => format!("x{level}"),
            Expr::Quantified { .. } => "count".to_owned(),
            other => format!("{other:?}"),
        };
        let schema = schema();
        let value = |value: &Option<Value>| match value {
            Some(value) => value.display(&schema),
            None => "-".to_owned(),
        };
        let mut out = match part.truth {
            Truth::True => "true".to_owned(),
            Truth::False => "false".to_owned(),
            Truth::Undefined => "undefined".to_owned(),
            Truth::Settled => "settled".to_owned(),
        };
        if part.element.is_some() {
            out.push_str(&format!(" for {}", value(&part.element)));
        }
        let seen: Vec<String> = part
            .seen
            .iter()
            .map(|seen| format!("{} = {}", name(seen.expr), value(&seen.value)))
            .collect();
        if !seen.is_empty() {
            out.push_str(&format!(" [{}]", seen.join(", ")));
        }
        let parts: Vec<String> = part.parts.iter().map(|part| told(part, exprs)).collect();
        if !parts.is_empty() {
            out.push_str(&format!(" ({})", parts.join("; ")));
        }
        out
    }

    fn check(condition: Tree, document: &str, expected: &str) {
        let (part, exprs) = trace(condition, "ann", document);
        assert_eq!(told(&part, &exprs), expected);
    }

    fn level() -> Tree {
        attribute(resource(), LEVEL)
    }

    fn is_level(n: i64) -> Tree {
        equal(level(), int(n))
    }

    #[test]
    fn parts_down_to_the_atoms() {
        let and = |a: Tree, b: Tree| Tree::new([a, b], |ids| Expr::And(ids.to_vec()));
        let or = |a: Tree, b: Tree| Tree::new([a, b], |ids| Expr::Or(ids.to_vec()));
        let not = |a: Tree| Tree::new([a], |[a]| Expr::Not(a));
        check(is_level(3), "plan", "true [attribute 1 = 3]");
        check(bool(true), "plan", "true");
        check(
            and(is_level(3), not(is_level(3))),
            "plan",
            "false (true [attribute 1 = 3]; false (true [attribute 1 = 3]))",
        );
        check(
            or(is_level(4), bool(false)),
            "memo",
            "undefined (undefined [attribute 1 = -]; false)",
        );
        check(
            or(is_level(4), bool(true)),
            "memo",
            "true (undefined [attribute 1 = -]; true)",
        );
        let chosen = |condition: Tree| {
            Tree::new([condition, bool(true), is_level(4)], |[c, a, b]| {
                Expr::If(c, a, b)
            })
        };
        check(chosen(bool(true)), "plan", "true (true; true)");
        check(
            chosen(bool(false)),
            "plan",
            "false (false; false [attribute 1 = 3])",
        );
        check(
            chosen(is_level(1)),
            "memo",
            "undefined (undefined [attribute 1 = -]; true; undefined [attribute 1 = -])",
        );
        let otherwise = |a: Tree| Tree::new([a, bool(false)], |[a, b]| Expr::Otherwise(a, b));
        check(otherwise(is_level(3)), "plan", "true (true [attribute 1 = 3])");
        check(
            otherwise(is_level(3)),
            "memo",
            "false (undefined [attribute 1 = -]; false)",
        );
    }

    #[test]
    fn atoms_say_what_they_saw() {
        let owner = || attribute(resource(), OWNER);
        let name = || attribute(owner(), NAME);
        check(
            equal(name(), attribute(principal(), NAME)),
            "plan",
            r#"true [attribute 1 = "Ann", attribute 1 = "Ann"]"#,
        );
        // Of what is undefined, also what it is read from.
        check(
            equal(name(), text("Ann")),
            "memo",
            "undefined [attribute 1 = -, attribute 2 = -]",
        );
        let tag = Tree::new([attribute(resource(), TAGS), context(NOTE)], |[map, key]| {
            Expr::Lookup { map, key }
        });
        check(
            equal(tag, text("x")),
            "plan",
            r#"undefined [entry = -, attribute 4 = { "a": "x" }, field 1 = -]"#,
        );
        let sum = Tree::new([level(), level()], |[a, b]| {
            Expr::Arithmetic(Arithmetic::Add, a, b)
        });
        check(
            Tree::new([sum, int(7)], |[a, b]| Expr::Compare(Comparison::Less, a, b)),
            "plan",
            "true [attribute 1 = 3]",
        );
        let within = Tree::new([principal(), set(A_USER, [owner()])], |[a, b]| {
            Expr::EntityInSet(a, b)
        });
        check(within, "plan", r#"true [attribute 2 = User::"ann"]"#);
        check(Tree::new([], |[]| Expr::GrantHeld(EDITOR)), "plan", "true");
    }

    #[test]
    fn quantifiers_say_which_element_decided() {
        let labels = || attribute(resource(), LABELS);
        let is_b = || equal(element(0, STRING), text("b"));
        let seen = r#"[attribute 0 = ["a", "b"]]"#;
        check(
            quantified(Quantifier::Any, 0, labels(), is_b()),
            "plan",
            &format!(r#"true for "b" {seen} (true [x0 = "b"])"#),
        );
        check(
            quantified(Quantifier::All, 0, labels(), is_b()),
            "plan",
            &format!(r#"false for "a" {seen} (false [x0 = "a"])"#),
        );
        check(
            quantified(Quantifier::Any, 0, labels(), equal(element(0, STRING), text("c"))),
            "plan",
            &format!("false {seen}"),
        );
        check(
            quantified(Quantifier::All, 0, labels(), matches_letters(element(0, STRING))),
            "plan",
            &format!("true {seen}"),
        );
        check(
            quantified(Quantifier::Any, 0, labels(), is_b()),
            "memo",
            "undefined [attribute 0 = -]",
        );
        let undefined = equal(attribute(entity(USER, "x"), NAME), element(0, STRING));
        check(
            quantified(Quantifier::Any, 0, labels(), undefined),
            "plan",
            &format!(r#"undefined for "a" {seen} (undefined [attribute 1 = -, x0 = "a"])"#),
        );
        let nested = quantified(
            Quantifier::All,
            0,
            labels(),
            quantified(
                Quantifier::Any,
                1,
                labels(),
                equal(element(1, STRING), element(0, STRING)),
            ),
        );
        check(nested, "plan", &format!("true {seen}"));
        let count = quantified(Quantifier::Count, 0, labels(), is_b());
        check(
            equal(count, int(2)),
            "plan",
            r#"false [count = 1, attribute 0 = ["a", "b"]]"#,
        );
    }

    #[test]
    fn rules_that_could_apply() {
        let mut made = artifact(&[(Effect::Permit, is_level(3)), (Effect::Forbid, is_level(4))]);
        let holder = Tree::new([], |[]| Expr::GrantHeld(EDITOR)).add(&mut made.exprs);
        made.plans[0].candidates[0].holder = holder;
        made.plans[0].candidates[1].clauses[0] = None;
        update_reads(&mut made);
        let store = store_of(made);
        let bound = store.bind(&request("bob", "plan")).unwrap();
        let Trace {
            allowed,
            rules,
            is_whole,
        } = bound.trace();
        assert!(allowed && is_whole);
        let [permit, forbid] = rules.as_slice() else {
            panic!("two rules could apply")
        };
        assert_eq!(
            (permit.rule, permit.effect, permit.fires),
            (RuleId(0), Effect::Permit, true)
        );
        assert_eq!(
            (permit.head.truth, permit.holder.truth),
            (Truth::True, Truth::False)
        );
        assert_eq!(permit.holder.expr, holder);
        assert_eq!(
            (forbid.rule, forbid.effect, forbid.fires),
            (RuleId(1), Effect::Forbid, false)
        );
        let settled = ClauseTrace {
            truth: Truth::Settled,
            condition: None,
        };
        assert_eq!(forbid.clauses, [settled]);
    }

    #[test]
    fn grants_that_give_a_role_are_told_whether_they_are_live_or_not() {
        let told = |role: RoleId, principal: &str, at: i64| {
            let store = store(&[(Effect::Permit, Tree::new([], move |[]| Expr::GrantHeld(role)))]);
            let mut request = request(principal, "plan");
            request.context[NOW as usize] = Some(Value::Timestamp(value::Timestamp(at)));
            let trace = store.bind(&request).unwrap().trace();
            let part = trace.rules[0].clauses[0].condition.clone().unwrap();
            let grants: Vec<(Grant, bool)> = part
                .grants
                .iter()
                .map(|found| (found.grant.clone(), found.is_live))
                .collect();
            assert_eq!(
                part.truth.known(),
                Some(grants.iter().any(|(_, is_live)| *is_live))
            );
            grants
        };
        let [to_staff, to_bob] = [data().grants[0].clone(), data().grants[1].clone()];
        // A grant to a group, on a folder, of a role that includes this one.
        assert_eq!(told(READER, "ann", 0), [(to_staff, true)]);
        assert_eq!(told(READER, "bob", 999), [(to_bob.clone(), true)]);
        assert_eq!(told(READER, "bob", 1_000), [(to_bob, false)]);
        assert_eq!(told(EDITOR, "bob", 0), []);
    }

    #[test]
    fn what_an_entity_is_in() {
        let store = store(&[(Effect::Permit, bool(true))]);
        let bound = store.bind(&request("ann", "memo")).unwrap();
        let groups = [uid(GROUP, "eng"), uid(GROUP, "staff")];
        assert_eq!(bound.ancestors(&uid(USER, "ann")), groups);
        assert_eq!(bound.ancestors(&uid(DOC, "memo")), []);
        assert!(bound.describes(&uid(USER, "ann")) && !bound.describes(&uid(DOC, "memo")));
        assert!(!bound.describes(&uid(DOC, "nobody names it")));
    }

    /// Shared parts are told each time, and not for ever.
    #[test]
    fn a_trace_has_an_end() {
        let twice = |a: Tree| Tree::new([a], |[a]| Expr::And(vec![a, a]));
        let store = store(&[(Effect::Permit, (0..17).fold(is_level(3), |tree, _| twice(tree)))]);
        let whole = store.bind(&request("ann", "plan")).unwrap().trace();
        assert!(whole.is_whole && whole.allowed);

        let mut rules = Vec::new();
        for _ in 0..9 {
            let deep = (0..16).fold(is_level(3), |tree, _| twice(tree));
            rules.push((Effect::Permit, deep));
        }
        let store = store_of(artifact(&rules));
        let cut = store.bind(&request("ann", "plan")).unwrap().trace();
        assert!(!cut.is_whole && cut.allowed);
        let last = &cut.rules[8].clauses[0];
        assert_eq!(last.truth, Truth::True);
    }
}
