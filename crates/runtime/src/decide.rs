//! Decisions: a walk from the root of the request's DAG to a leaf; and for an explanation, one of each rule's own DAG.

use dictum_artifact::dag::{Candidate, Effect, Node, NodeId, Question, RuleId};

use crate::evaluate::Evaluation;
use crate::obligations::Obligation;
use crate::request::BoundRequest;

/// What was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Whether the request is allowed.
    pub allowed: bool,
    /// A rule that decided; `None` where no rule did, and the request is denied for that.
    pub rule: Option<RuleId>,
}

impl Decision {
    /// Denied, as no rule allows it.
    const DENIED_BY_DEFAULT: Self = Self {
        allowed: false,
        rule: None,
    };
}

/// What was decided, and by which rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// Whether the request is allowed.
    pub allowed: bool,
    /// All rules that decided, in the order of the policy: the forbids that fired; else the permits that fired; none
    /// where the request is denied because no rule fired.
    pub rules: Vec<RuleId>,
    /// What these rules oblige the caller to, in their order and as each is written, equal ones once. Of a forbid, what
    /// cannot be said because a field is undefined is left out.
    pub obligations: Vec<Obligation>,
}

impl BoundRequest<'_> {
    /// Decides. Takes no lock and no memory, reads no clock, and cannot fail; the same request over the same store always
    /// gives the same decision.
    #[must_use]
    pub fn decide(&self) -> Decision {
        let Some((plan, evaluation)) = self.question() else {
            return Decision::DENIED_BY_DEFAULT;
        };
        match evaluation.walk(plan.decide) {
            Some(Node::Allow(rule)) => Decision {
                allowed: true,
                rule: Some(rule),
            },
            Some(Node::Deny(rule)) => Decision {
                allowed: false,
                rule: Some(rule),
            },
            // Validation leaves the last four out; nobody is let in by them either.
            Some(Node::DenyByDefault | Node::Fires | Node::Rests | Node::Test { .. }) | None => {
                Decision::DENIED_BY_DEFAULT
            }
        }
    }

    /// Decides, and names every rule that did.
    #[must_use]
    pub fn explain(&self) -> Explanation {
        let (mut forbids, mut permits) = (Vec::new(), Vec::new());
        let question = self.question();
        let candidates = question.iter().flat_map(|(plan, _)| &plan.candidates);
        for candidate in candidates {
            if !question.is_some_and(|(_, evaluation)| evaluation.fires(candidate)) {
                continue;
            }
            match self.policy().rule(candidate.rule).map(|rule| rule.effect) {
                Some(Effect::Permit) => permits.push(candidate),
                Some(Effect::Forbid) | None => forbids.push(candidate),
            }
        }
        let (allowed, fired) = if forbids.is_empty() {
            (!permits.is_empty(), permits)
        } else {
            (false, forbids)
        };
        let obligations = question.map(|(_, evaluation)| evaluation.obligations(fired.iter().copied()));
        Explanation {
            allowed,
            rules: fired.iter().map(|candidate| candidate.rule).collect(),
            obligations: obligations.unwrap_or_default(),
        }
    }
}

impl Evaluation<'_> {
    /// Whether a rule that could apply fires.
    pub(crate) fn fires(&self, candidate: &Candidate) -> bool {
        self.walk(candidate.fires) == Some(Node::Fires)
    }

    /// The leaf that the walk from a node ends at. Successors come before their nodes, so there is one.
    fn walk(&self, root: NodeId) -> Option<Node> {
        let nodes = &self.policy.artifact().nodes;
        let mut node = *nodes.get(root.index())?;
        while let Node::Test {
            question,
            atom,
            yes,
            no,
        } = node
        {
            let truth = self.truth(atom);
            let answer = match question {
                Question::IsTrue => truth == Some(true),
                Question::IsFalse => truth == Some(false),
            };
            node = *nodes.get(if answer { yes } else { no }.index())?;
        }
        Some(node)
    }
}

#[cfg(test)]
mod tests {
    use dictum_artifact::dag::Artifact;
    use dictum_artifact::data::Dataset;

    use super::*;
    use crate::testing::{LEVEL, artifact, attribute, bool, equal, int, request, resource};
    use crate::{Policy, Store};

    fn decide(artifact: Artifact) -> (Decision, Explanation) {
        let policy = std::sync::Arc::new(Policy::new(artifact).unwrap());
        let store = Store::new(&policy, &Dataset::default()).unwrap();
        let bound = store.bind(&request("ann", "plan")).unwrap();
        let (decision, explanation) = (bound.decide(), bound.explain());
        assert_eq!(decision.allowed, explanation.allowed);
        assert_eq!(decision.rule.is_some(), !explanation.rules.is_empty());
        (decision, explanation)
    }

    #[test]
    fn a_forbid_wins_and_all_of_them_are_explained() {
        use Effect::{Forbid, Permit};
        let rules = |ids: &[u32]| ids.iter().copied().map(RuleId).collect::<Vec<_>>();
        let (decision, explanation) = decide(artifact(&[
            (Permit, bool(true)),
            (Forbid, bool(true)),
            (Forbid, bool(false)),
            (Forbid, equal(int(1), int(1))),
        ]));
        assert_eq!(
            decision,
            Decision {
                allowed: false,
                rule: Some(RuleId(1))
            }
        );
        assert_eq!(explanation.rules, rules(&[1, 3]));

        let (decision, explanation) = decide(artifact(&[
            (Permit, bool(false)),
            (Forbid, bool(false)),
            (Permit, bool(true)),
        ]));
        assert_eq!(
            decision,
            Decision {
                allowed: true,
                rule: Some(RuleId(2))
            }
        );
        assert_eq!(explanation.rules, rules(&[2]));
    }

    #[test]
    fn without_a_rule_that_fires_it_is_denied() {
        let undefined = equal(attribute(resource(), LEVEL), int(1));
        for rules in [
            vec![],
            vec![(Effect::Permit, bool(false))],
            vec![(Effect::Permit, undefined)],
        ] {
            let (decision, explanation) = decide(artifact(&rules));
            assert_eq!(decision, Decision::DENIED_BY_DEFAULT);
            assert_eq!(
                explanation,
                Explanation {
                    allowed: false,
                    rules: vec![],
                    obligations: vec![],
                }
            );
        }
    }

    #[test]
    fn the_two_questions_differ_on_what_is_undefined() {
        let rules = [(Effect::Permit, equal(attribute(resource(), LEVEL), int(1)))];
        for (question, allowed) in [(Question::IsTrue, false), (Question::IsFalse, true)] {
            let mut artifact = artifact(&rules);
            for node in &mut artifact.nodes {
                if let Node::Test {
                    question: asked,
                    yes,
                    no,
                    ..
                } = node
                {
                    *asked = question;
                    if question == Question::IsFalse {
                        std::mem::swap(yes, no);
                    }
                }
            }
            assert_eq!(decide(artifact).0.allowed, allowed);
        }
    }
}
