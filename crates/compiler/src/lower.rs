//! A checked program to an artifact: for each request shape the DAG that decides, and a DAG for each rule by itself.
//!
//! A condition can be undefined, so a node asks one of two questions of an atom, is it true or is it false, and both
//! have an answer. A permit fires where its condition is true; a forbid, where it is not false. `and`, `or` and `not`
//! are taken apart into tests of their operands (`and` is true where all operands are, and false where one is); any other
//! operator is a part of an atom.
//!
//! The DAG of a shape asks the forbids in the order of the source and then the permits, so that its size is the sum of
//! the rules' sizes, whatever they are. Equal nodes are one node.

use dictum_artifact::dag::{Artifact, Candidate, Effect, Node, NodeId, Obliged, Plan, Question, RuleId};
use dictum_artifact::expr::{Expr, ExprId, Exprs, Literal};
use dictum_artifact::reads;
use dictum_artifact::schema::Schema;
use rustc_hash::FxHashMap;

use crate::program::{Conditions, Rule, RuleCase};

/// The artifact of checked rules. The same rules give the same artifact.
pub(crate) fn lower(schema: &Schema, exprs: &Exprs, rules: &[Rule], files: &[String]) -> Artifact {
    let mut lowering = Lowering::new(exprs);
    let mut by_shape: Vec<Vec<Case<'_>>> = vec![Vec::new(); schema.shapes.len()];
    for (id, rule) in (0u32..).map(RuleId).zip(rules) {
        for case in &rule.cases {
            by_shape[case.shape.index()].push(Case {
                rule: id,
                effect: rule.info.effect,
                case,
                conditions: rule.conditions(case),
            });
        }
    }
    let mut plans: Vec<Plan> = by_shape.iter().map(|cases| lowering.plan(cases)).collect();
    let mut reader = reads::Reader::new(schema, &lowering.exprs);
    for (plan, shape) in plans.iter_mut().zip(&schema.shapes) {
        plan.reads = reader.of_plan(*shape, &lowering.nodes, plan.decide, &plan.candidates);
    }
    Artifact {
        schema: schema.clone(),
        exprs: lowering.exprs,
        nodes: lowering.nodes,
        plans,
        rules: rules.iter().map(|rule| rule.info.clone()).collect(),
        files: files.to_vec(),
    }
}

/// Calls `visit` for each atom that a condition is taken apart into, as often as it is tested.
pub(crate) fn atoms(exprs: &Exprs, id: ExprId, visit: &mut impl FnMut(ExprId)) {
    match exprs.get(id) {
        Some(Expr::And(items) | Expr::Or(items)) => items.iter().for_each(|item| atoms(exprs, *item, visit)),
        Some(Expr::Not(operand)) => atoms(exprs, *operand, visit),
        Some(_) | None => visit(id),
    }
}

/// A rule in requests of one shape.
#[derive(Clone, Copy)]
struct Case<'p> {
    rule: RuleId,
    effect: Effect,
    case: &'p RuleCase,
    conditions: &'p Conditions,
}

/// The arenas that grow.
struct Lowering<'p> {
    source: &'p Exprs,
    exprs: Exprs,
    /// The atoms and their parts that are in the artifact already.
    copied: FxHashMap<ExprId, ExprId>,
    nodes: Vec<Node>,
    index: FxHashMap<Node, NodeId>,
}

/// Where a decision goes on after a question.
#[derive(Clone, Copy)]
struct Ways {
    yes: NodeId,
    no: NodeId,
}

impl<'p> Lowering<'p> {
    fn new(source: &'p Exprs) -> Self {
        Self {
            source,
            exprs: Exprs::default(),
            copied: FxHashMap::default(),
            nodes: Vec::new(),
            index: FxHashMap::default(),
        }
    }

    fn plan(&mut self, cases: &[Case<'_>]) -> Plan {
        // From the last question to the first: what a rule that does not fire leads to is there already.
        let mut decide = self.node(Node::DenyByDefault);
        for wanted in [Effect::Permit, Effect::Forbid] {
            for case in cases.iter().rev().filter(|case| case.effect == wanted) {
                let fires = match case.effect {
                    Effect::Forbid => Node::Deny(case.rule),
                    Effect::Permit => Node::Allow(case.rule),
                };
                let yes = self.node(fires);
                decide = self.fires(*case, Ways { yes, no: decide });
            }
        }
        let (yes, no) = (self.node(Node::Fires), self.node(Node::Rests));
        let candidates = cases
            .iter()
            .map(|case| self.candidate(*case, Ways { yes, no }))
            .collect();
        Plan {
            decide,
            candidates,
            reads: reads::Reads::default(),
        }
    }

    fn candidate(&mut self, case: Case<'_>, ways: Ways) -> Candidate {
        let Conditions {
            clauses, obligations, ..
        } = case.conditions;
        Candidate {
            rule: case.rule,
            fires: self.fires(case, ways),
            head: self.copy(case.case.head),
            holder: self.copy(case.case.holder),
            clauses: clauses
                .iter()
                .map(|clause| clause.map(|id| self.copy(id)))
                .collect(),
            obligations: obligations
                .iter()
                .map(|obliged| Obliged {
                    obligation: obliged.obligation,
                    fields: self.copy(obliged.fields),
                })
                .collect(),
        }
    }

    /// Whether a rule fires.
    fn fires(&mut self, case: Case<'_>, ways: Ways) -> NodeId {
        let Case {
            effect,
            case,
            conditions,
            ..
        } = case;
        let fits = match effect {
            Effect::Permit => {
                let yes = self.ask(Question::IsTrue, conditions.defined, ways);
                self.ask(Question::IsTrue, case.condition, Ways { yes, no: ways.no })
            }
            Effect::Forbid => self.ask(
                Question::IsFalse,
                case.condition,
                Ways {
                    yes: ways.no,
                    no: ways.yes,
                },
            ),
        };
        self.ask(
            Question::IsTrue,
            case.head,
            Ways {
                yes: fits,
                no: ways.no,
            },
        )
    }

    /// A question of a condition. Recursion is bounded by how deep conditions are nested.
    fn ask(&mut self, question: Question, id: ExprId, ways: Ways) -> NodeId {
        let source = self.source;
        match (source.get(id), question) {
            (Some(Expr::Literal(Literal::Bool(truth))), _) => {
                let answer = *truth == (question == Question::IsTrue);
                if answer { ways.yes } else { ways.no }
            }
            (Some(Expr::Not(operand)), Question::IsTrue) => self.ask(Question::IsFalse, *operand, ways),
            (Some(Expr::Not(operand)), Question::IsFalse) => self.ask(Question::IsTrue, *operand, ways),
            (Some(Expr::And(items)), Question::IsTrue) | (Some(Expr::Or(items)), Question::IsFalse) => {
                let each = |yes, item: &ExprId| self.ask(question, *item, Ways { yes, no: ways.no });
                items.iter().rev().fold(ways.yes, each)
            }
            (Some(Expr::And(items)), Question::IsFalse) | (Some(Expr::Or(items)), Question::IsTrue) => {
                let each = |no, item: &ExprId| self.ask(question, *item, Ways { yes: ways.yes, no });
                items.iter().rev().fold(ways.no, each)
            }
            (Some(_) | None, _) => {
                let atom = self.copy(id);
                let Ways { yes, no } = ways;
                if yes == no {
                    yes
                } else {
                    self.node(Node::Test {
                        question,
                        atom,
                        yes,
                        no,
                    })
                }
            }
        }
    }

    /// The one node of this form.
    fn node(&mut self, node: Node) -> NodeId {
        *self.index.entry(node).or_insert_with(|| {
            self.nodes.push(node);
            NodeId(u32::try_from(self.nodes.len() - 1).unwrap_or(u32::MAX))
        })
    }

    /// The expression in the artifact, after its operands.
    fn copy(&mut self, id: ExprId) -> ExprId {
        if let Some(copied) = self.copied.get(&id) {
            return *copied;
        }
        let Some(expr) = self.source.get(id) else {
            return id;
        };
        let mut expr = expr.clone();
        expr.map_operands(|operand| self.copy(operand));
        let copied = ExprId(u32::try_from(self.exprs.len()).unwrap_or(u32::MAX));
        self.exprs.0.push(expr);
        self.copied.insert(id, copied);
        copied
    }
}
