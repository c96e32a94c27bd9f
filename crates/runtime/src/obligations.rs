//! What a caller has to do with a decision: the obligations of the rules that decided, with the values of their fields.

use std::collections::BTreeSet;

use dictum_artifact::dag::{Candidate, Effect, Obliged};
use dictum_artifact::schema::ObligationId;
use dictum_artifact::value;

use crate::decide::Decision;
use crate::evaluate::Evaluation;
use crate::request::BoundRequest;

/// What a caller has to do.
///
/// [`crate::Policy::obligation`] has the obligation's name and its record, and
/// [`json::write_value`](dictum_artifact::json::write_value) writes the values as JSON.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Obligation {
    /// Which obligation.
    pub id: ObligationId,
    /// The values of its fields, in the order of the record's; `None` where an optional one is left out.
    pub fields: Vec<Option<value::Value>>,
}

impl BoundRequest<'_> {
    /// What the decision on this request obliges its caller to, as [`BoundRequest::explain`] says it: the obligations of all
    /// rules that decided, in the order of the rules and as each is written, equal ones once. Only rules that have any are
    /// asked again.
    #[must_use]
    pub fn obligations(&self, decision: &Decision) -> Vec<Obligation> {
        let (Some((plan, evaluation)), Some(_)) = (self.question(), decision.rule) else {
            return Vec::new();
        };
        let effect = if decision.allowed {
            Effect::Permit
        } else {
            Effect::Forbid
        };
        let decided = plan.candidates.iter().filter(|candidate| {
            let rule = self.policy().rule(candidate.rule);
            !candidate.obligations.is_empty()
                && rule.is_some_and(|rule| rule.effect == effect)
                && evaluation.fires(candidate)
        });
        evaluation.obligations(decided)
    }
}

impl Evaluation<'_> {
    /// The obligations of rules that fired. Those whose fields are undefined are left out, which only a forbid's can be.
    pub(crate) fn obligations<'c>(&self, fired: impl Iterator<Item = &'c Candidate>) -> Vec<Obligation> {
        let all: Vec<Obligation> = fired
            .flat_map(|candidate| &candidate.obligations)
            .filter_map(|obliged| self.obligation(obliged))
            .collect();
        let mut known = BTreeSet::new();
        let is_new: Vec<bool> = all.iter().map(|obligation| known.insert(obligation)).collect();
        let kept = all.into_iter().zip(is_new);
        kept.filter_map(|(obligation, is_new)| is_new.then_some(obligation))
            .collect()
    }

    fn obligation(&self, obliged: &Obliged) -> Option<Obligation> {
        // How many parts the value has is bounded by the steps that it takes, or by the data that it is.
        let mut left = usize::MAX;
        let value::Value::Record(fields) = self.own(self.value(obliged.fields)?, &mut left)? else {
            return None;
        };
        Some(Obligation {
            id: obliged.obligation,
            fields,
        })
    }
}

#[cfg(test)]
mod tests {
    use dictum_artifact::dag::Artifact;
    use dictum_artifact::expr::Expr;
    use dictum_artifact::value::Value;

    use super::*;
    use crate::testing::*;

    /// Who is to be notified, and with what note, as a decision on Ann reading the plan says; and on Ann reading a document
    /// that nobody describes.
    fn obliged(artifact: &Artifact, document: &str) -> Vec<(Option<Value>, Option<Value>)> {
        let store = store_of(artifact.clone());
        let bound = store.bind(&request("ann", document)).unwrap();
        let (decision, explanation) = (bound.decide(), bound.explain());
        assert_eq!(decision.allowed, explanation.allowed);
        assert_eq!(bound.obligations(&decision), explanation.obligations);
        let obligations = explanation.obligations.into_iter();
        obligations
            .map(|obligation| {
                let def = store.policy().obligation(obligation.id).unwrap();
                assert_eq!((def.name.as_str(), def.record), ("notify", NOTIFY_RECORD));
                let [note, to]: [Option<Value>; 2] = obligation.fields.try_into().unwrap();
                (note, to)
            })
            .collect()
    }

    fn user(id: &str) -> Option<Value> {
        Some(Value::Entity(uid(USER, id)))
    }

    fn note(text: &str) -> Option<Value> {
        Some(Value::String(text.into()))
    }

    fn owner() -> Tree {
        attribute(resource(), OWNER)
    }

    #[test]
    fn those_of_all_deciding_rules_in_their_order_once() {
        use Effect::{Forbid, Permit};
        let mut artifact = artifact(&[
            (Permit, bool(true)),
            (Permit, bool(false)),
            (Permit, equal(int(1), int(1))),
            (Permit, bool(true)),
        ]);
        oblige(&mut artifact, 0, Some(text("b")), principal());
        oblige(&mut artifact, 0, None, owner());
        oblige(&mut artifact, 1, Some(text("never")), principal());
        oblige(&mut artifact, 2, None, entity(USER, "zoe"));
        oblige(&mut artifact, 3, None, principal());
        oblige(&mut artifact, 3, Some(text("a")), principal());
        let expected = [
            (note("b"), user("ann")),
            (None, user("ann")),
            (None, user("zoe")),
            (note("a"), user("ann")),
        ];
        assert_eq!(obliged(&artifact, "plan"), expected);
        // A forbid decides alone.
        let mut denied = super::super::testing::artifact(&[(Permit, bool(true)), (Forbid, bool(true))]);
        oblige(&mut denied, 0, None, principal());
        assert_eq!(obliged(&denied, "plan"), []);
        oblige(&mut denied, 1, None, entity(USER, "bob"));
        assert_eq!(obliged(&denied, "plan"), [(None, user("bob"))]);
    }

    #[test]
    fn of_a_forbid_what_cannot_be_said_is_left_out() {
        let mut artifact = artifact(&[(Effect::Forbid, bool(true))]);
        oblige(&mut artifact, 0, None, owner());
        oblige(&mut artifact, 0, Some(text("denied")), principal());
        let denied = (note("denied"), user("ann"));
        assert_eq!(obliged(&artifact, "plan"), [(None, user("ann")), denied.clone()]);
        assert_eq!(obliged(&artifact, "memo"), [denied]);
    }

    #[test]
    fn where_no_rule_decides_there_are_none() {
        let mut artifact = artifact(&[(Effect::Permit, bool(false))]);
        oblige(&mut artifact, 0, None, principal());
        assert_eq!(obliged(&artifact, "plan"), []);
    }

    #[test]
    fn values_are_those_of_the_request_and_of_expressions() {
        let mut artifact = artifact(&[(Effect::Permit, bool(true))]);
        let id = Tree::new([principal()], |[a]| Expr::Id(a));
        oblige(&mut artifact, 0, Some(id), principal());
        let store = store_of(artifact);
        let bound = store.bind(&request("nobody knows", "memo")).unwrap();
        let expected = vec![note("nobody knows"), user("nobody knows")];
        assert_eq!(bound.obligations(&bound.decide())[0].fields, expected);
    }
}
