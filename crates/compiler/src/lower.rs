//! A checked program to an artifact: for each request shape the DAG that decides, and a DAG for each rule by itself.
//!
//! A condition can be undefined, so a node asks one of two questions of an atom, is it true or is it false, and both
//! have an answer. A permit fires where its condition is true; a forbid, where it is not false. `and`, `or` and `not`
//! are taken apart into tests of their operands (`and` is true where all operands are, and false where one is), and so are
//! `and then` and `or else`; any other operator is a part of an atom.
//!
//! What stands on the left of `and then` may have to be asked for all three of its values at once. An atom is two tests
//! then, a sequence those of its operands, and `and` and `or` are an atom: each of these is as large as what it is made of.
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

/// Which of its values a condition is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// Whether it is true.
    True,
    /// Whether it is false.
    False,
    /// Which of the three it has.
    All,
}

impl Asked {
    pub(crate) fn negated(self) -> Self {
        match self {
            Self::True => Self::False,
            Self::False => Self::True,
            Self::All => Self::All,
        }
    }
}

/// Calls `visit` for each atom that a condition is taken apart into, as often as it is tested. Recursion is bounded by how
/// deep conditions are nested.
pub(crate) fn atoms(exprs: &Exprs, id: ExprId, asked: Asked, visit: &mut impl FnMut(ExprId)) {
    // Operands that lead to the next one where they have this value are asked for all three, if that is not the question.
    let mut sequence = |items: &[ExprId], leads_on: Asked| {
        for (at, item) in items.iter().enumerate() {
            let is_last = at + 1 == items.len();
            let asked = if is_last || asked == leads_on {
                asked
            } else {
                Asked::All
            };
            atoms(exprs, *item, asked, visit);
        }
    };
    match (exprs.get(id), asked) {
        (Some(Expr::And(items) | Expr::Or(items)), Asked::True | Asked::False) => {
            items.iter().for_each(|item| atoms(exprs, *item, asked, visit));
        }
        (Some(Expr::AndThen(items)), _) => sequence(items, Asked::True),
        (Some(Expr::OrElse(items)), _) => sequence(items, Asked::False),
        (Some(Expr::Not(operand)), _) => atoms(exprs, *operand, asked.negated(), visit),
        (Some(_) | None, Asked::True | Asked::False) => visit(id),
        (Some(_) | None, Asked::All) => {
            visit(id);
            visit(id);
        }
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

/// Where a rule's tests lead.
#[derive(Clone, Copy)]
struct Ways {
    yes: NodeId,
    no: NodeId,
}

/// Where a decision goes on after a condition, by the value of that.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Targets {
    if_true: NodeId,
    if_false: NodeId,
    if_undefined: NodeId,
}

impl Targets {
    /// The question whose answer tells which way to go, where one is enough.
    fn question(self) -> Option<Question> {
        if self.if_undefined == self.if_false {
            Some(Question::IsTrue)
        } else if self.if_undefined == self.if_true {
            Some(Question::IsFalse)
        } else {
            None
        }
    }

    /// The same question, with what is undefined going the way that this one gives it.
    fn undefined_as(self, question: Question) -> Self {
        let if_undefined = match question {
            Question::IsTrue => self.if_false,
            Question::IsFalse => self.if_true,
        };
        Self { if_undefined, ..self }
    }
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
        let Ways { yes, no } = ways;
        let fits = match effect {
            Effect::Permit => {
                let defined = self.ask_whether_true(conditions.defined, ways);
                self.ask_whether_true(case.condition, Ways { yes: defined, no })
            }
            Effect::Forbid => self.ask(
                case.condition,
                Targets {
                    if_true: yes,
                    if_false: no,
                    if_undefined: yes,
                },
            ),
        };
        self.ask_whether_true(case.head, Ways { yes: fits, no })
    }

    fn ask_whether_true(&mut self, id: ExprId, ways: Ways) -> NodeId {
        let targets = Targets {
            if_true: ways.yes,
            if_false: ways.no,
            if_undefined: ways.no,
        };
        self.ask(id, targets)
    }

    /// What a condition is. Recursion is bounded by how deep conditions are nested, and each part is asked once.
    fn ask(&mut self, id: ExprId, targets: Targets) -> NodeId {
        let source = self.source;
        let Targets {
            if_true,
            if_false,
            if_undefined,
        } = targets;
        let settled_by_true = |if_false| Targets { if_false, ..targets };
        let settled_by_false = |if_true| Targets { if_true, ..targets };
        match (source.get(id), targets.question()) {
            (Some(Expr::Literal(Literal::Bool(true))), _) => if_true,
            (Some(Expr::Literal(Literal::Bool(false))), _) => if_false,
            (Some(Expr::Not(operand)), _) => {
                let negated = Targets {
                    if_true: if_false,
                    if_false: if_true,
                    if_undefined,
                };
                self.ask(*operand, negated)
            }
            (Some(Expr::AndThen(items)), _) => {
                let each = |next, item: &ExprId| self.ask(*item, settled_by_false(next));
                items.iter().rev().fold(if_true, each)
            }
            (Some(Expr::OrElse(items)), _) => {
                let each = |next, item: &ExprId| self.ask(*item, settled_by_true(next));
                items.iter().rev().fold(if_false, each)
            }
            // What is undefined goes the way of what is not settled, so that the next operand is asked there too.
            (Some(Expr::And(items)), Some(question)) => {
                let each =
                    |next, item: &ExprId| self.ask(*item, settled_by_false(next).undefined_as(question));
                items.iter().rev().fold(if_true, each)
            }
            (Some(Expr::Or(items)), Some(question)) => {
                let each =
                    |next, item: &ExprId| self.ask(*item, settled_by_true(next).undefined_as(question));
                items.iter().rev().fold(if_false, each)
            }
            (Some(_) | None, question) => {
                let atom = self.copy(id);
                match question {
                    Some(Question::IsTrue) => self.test(Question::IsTrue, atom, if_true, if_false),
                    Some(Question::IsFalse) => self.test(Question::IsFalse, atom, if_false, if_true),
                    None => {
                        let no = self.test(Question::IsFalse, atom, if_false, if_undefined);
                        self.test(Question::IsTrue, atom, if_true, no)
                    }
                }
            }
        }
    }

    fn test(&mut self, question: Question, atom: ExprId, yes: NodeId, no: NodeId) -> NodeId {
        if yes == no {
            return yes;
        }
        self.node(Node::Test {
            question,
            atom,
            yes,
            no,
        })
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
