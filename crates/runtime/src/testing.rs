//! A small policy by hand, for tests of what needs no compiler.
//!
//! ```text
//! entity Doc in Folder { labels: Set<String>, level: Int, owner: User, pairs: Set<{ n: Int, s?: String }>, tags: Map<String> }
//! entity Folder in Folder
//! entity Group in Group
//! entity User in Group { boss?: User, name: String }
//! context { ip: Ip, note?: String, now: Timestamp }
//! action read by User on Doc
//! role editor on Doc includes reader    role reader on Doc
//! obligation notify { note?: String, to: User }
//! ```

use std::sync::Arc;

use dictum_artifact::dag::{
    Artifact, Candidate, Clause, Effect, Node, NodeId, Obliged, Plan, Position, Question, Rule, RuleId,
};
use dictum_artifact::data::{Dataset, Entity, Grant, Request, Scope};
use dictum_artifact::expr::{Expr, ExprId, Exprs, Literal, Quantifier};
use dictum_artifact::reads::{Reader, Reads};
use dictum_artifact::regex::Regex;
use dictum_artifact::schema::{
    ActionDef, ActionId, EntityTypeDef, EntityTypeId, EnumDef, Field, Fields, ObligationDef, ObligationId,
    RecordId, RoleDef, RoleId, Schema, Shape, Type, TypeId,
};
use dictum_artifact::value::{EntityUid, Network, Timestamp, Value};

use crate::{Policy, Store};

pub(crate) const DOC: EntityTypeId = EntityTypeId(0);
pub(crate) const FOLDER: EntityTypeId = EntityTypeId(1);
pub(crate) const GROUP: EntityTypeId = EntityTypeId(2);
pub(crate) const USER: EntityTypeId = EntityTypeId(3);

pub(crate) const INT: TypeId = TypeId(0);
pub(crate) const STRING: TypeId = TypeId(1);
pub(crate) const A_USER: TypeId = TypeId(2);
pub(crate) const PAIR: TypeId = TypeId(7);
pub(crate) const A_NETWORK: TypeId = TypeId(4);
pub(crate) const LABEL_SET: TypeId = TypeId(5);

pub(crate) const PAIR_RECORD: RecordId = RecordId(1);
pub(crate) const NOTIFY_RECORD: RecordId = RecordId(2);

/// The attributes of a document.
pub(crate) const LABELS: u32 = 0;
pub(crate) const LEVEL: u32 = 1;
pub(crate) const OWNER: u32 = 2;
pub(crate) const PAIRS: u32 = 3;
pub(crate) const TAGS: u32 = 4;

/// The attributes of a user.
pub(crate) const BOSS: u32 = 0;
pub(crate) const NAME: u32 = 1;

/// The fields of the context.
pub(crate) const IP: u32 = 0;
pub(crate) const NOTE: u32 = 1;
pub(crate) const NOW: u32 = 2;

pub(crate) const EDITOR: RoleId = RoleId(0);
pub(crate) const READER: RoleId = RoleId(1);

fn fields(fields: &[(&str, TypeId, bool)]) -> Fields {
    Fields(
        fields
            .iter()
            .map(|(name, ty, optional)| Field {
                name: (*name).into(),
                ty: *ty,
                optional: *optional,
                most: None,
            })
            .collect(),
    )
}

fn entity_type(name: &str, parents: &[EntityTypeId], attributes: Fields) -> EntityTypeDef {
    EntityTypeDef {
        name: name.into(),
        parents: parents.to_vec(),
        ancestors: parents.to_vec(),
        attributes,
        closed: None,
    }
}

/// The schema above.
pub(crate) fn schema() -> Schema {
    let weekday = dictum_artifact::ops::WEEKDAY;
    Schema {
        types: vec![
            Type::Int,
            Type::String,
            Type::Entity(USER),
            Type::Timestamp,
            Type::Ip,
            Type::Set(STRING),
            Type::Map(STRING),
            Type::Record(PAIR_RECORD),
            Type::Set(PAIR),
        ],
        enums: vec![EnumDef {
            name: weekday.0.into(),
            ordered: true,
            variants: weekday.1.map(str::to_owned).to_vec(),
        }],
        records: vec![
            fields(&[
                ("ip", TypeId(4), false),
                ("note", STRING, true),
                ("now", TypeId(3), false),
            ]),
            fields(&[("n", INT, false), ("s", STRING, true)]),
            fields(&[("note", STRING, true), ("to", A_USER, false)]),
        ],
        entity_types: vec![
            entity_type(
                "Doc",
                &[FOLDER],
                fields(&[
                    ("labels", TypeId(5), false),
                    ("level", INT, false),
                    ("owner", A_USER, false),
                    ("pairs", TypeId(8), false),
                    ("tags", TypeId(6), false),
                ]),
            ),
            entity_type("Folder", &[FOLDER], Fields::default()),
            entity_type("Group", &[GROUP], Fields::default()),
            entity_type(
                "User",
                &[GROUP],
                fields(&[("boss", A_USER, true), ("name", STRING, false)]),
            ),
        ],
        actions: vec![ActionDef {
            name: "read".into(),
            groups: vec![],
            context: Some(RecordId(0)),
        }],
        roles: vec![
            RoleDef {
                name: "editor".into(),
                on: vec![DOC],
                grantable: true,
                carriers: vec![EDITOR],
            },
            RoleDef {
                name: "reader".into(),
                on: vec![DOC],
                grantable: true,
                carriers: vec![EDITOR, READER],
            },
        ],
        shapes: vec![Shape {
            principal: USER,
            action: ActionId(0),
            resource: DOC,
        }],
        obligations: vec![ObligationDef {
            name: "notify".into(),
            record: NOTIFY_RECORD,
        }],
        has_now: true,
    }
}

/// An expression as a tree; [`Tree::add`] puts it into an arena.
#[derive(Clone)]
pub(crate) struct Tree(Arc<dyn Fn(&mut Exprs) -> ExprId>);

impl Tree {
    /// The expression that `make` makes of its operands.
    pub(crate) fn new<const N: usize>(
        operands: [Tree; N],
        make: impl Fn([ExprId; N]) -> Expr + 'static,
    ) -> Self {
        Self(Arc::new(move |exprs| {
            let expr = make(operands.clone().map(|operand| operand.add(exprs)));
            let position = exprs
                .0
                .iter()
                .position(|known| *known == expr)
                .unwrap_or_else(|| {
                    exprs.0.push(expr);
                    exprs.len() - 1
                });
            ExprId(u32::try_from(position).unwrap())
        }))
    }

    /// Adds the expression, and gives its id.
    pub(crate) fn add(&self, exprs: &mut Exprs) -> ExprId {
        (self.0)(exprs)
    }
}

/// A literal.
pub(crate) fn literal(literal: Literal) -> Tree {
    Tree::new([], move |[]| Expr::Literal(literal.clone()))
}

/// An `Int`.
pub(crate) fn int(n: i64) -> Tree {
    literal(Literal::Int(n))
}

/// A `Bool`.
pub(crate) fn bool(b: bool) -> Tree {
    literal(Literal::Bool(b))
}

/// A `String`.
pub(crate) fn text(text: &str) -> Tree {
    literal(Literal::String(text.into()))
}

/// An entity.
pub(crate) fn entity(ty: EntityTypeId, id: &str) -> Tree {
    literal(Literal::Entity(ty, id.into()))
}

/// `principal`.
pub(crate) fn principal() -> Tree {
    Tree::new([], |[]| Expr::Principal)
}

/// `resource`.
pub(crate) fn resource() -> Tree {
    Tree::new([], |[]| Expr::Resource)
}

/// A field of the context.
pub(crate) fn context(index: u32) -> Tree {
    field(Tree::new([], |[]| Expr::Context), index)
}

/// `of.attribute`.
pub(crate) fn attribute(of: Tree, index: u32) -> Tree {
    Tree::new([of], move |[of]| Expr::Attribute { of, index })
}

/// `of.field`.
pub(crate) fn field(of: Tree, index: u32) -> Tree {
    Tree::new([of], move |[of]| Expr::Field { of, index })
}

/// `a == b`.
pub(crate) fn equal(a: Tree, b: Tree) -> Tree {
    Tree::new([a, b], |[a, b]| Expr::Equal(a, b))
}

/// `[a, b]`.
pub(crate) fn set<const N: usize>(ty: TypeId, items: [Tree; N]) -> Tree {
    Tree::new(items, move |items| Expr::Set(ty, items.to_vec()))
}

/// `{ n: a, s: b }`.
pub(crate) fn pair(n: Tree, s: Option<Tree>) -> Tree {
    match s {
        Some(s) => Tree::new([n, s], |[n, s]| Expr::Record(PAIR_RECORD, vec![Some(n), Some(s)])),
        None => Tree::new([n], |[n]| Expr::Record(PAIR_RECORD, vec![Some(n), None])),
    }
}

/// The element that the quantifier of a level looks at.
pub(crate) fn element(level: u32, ty: TypeId) -> Tree {
    Tree::new([], move |[]| Expr::Variable { level, ty })
}

/// `any x in over: body`, and so on, looking at so many elements at most.
pub(crate) fn quantified_most(quantifier: Quantifier, level: u32, over: Tree, body: Tree, most: u32) -> Tree {
    Tree::new([over, body], move |[over, body]| Expr::Quantified {
        quantifier,
        level,
        over,
        body,
        most,
    })
}

/// The same, looking at 10 elements at most.
pub(crate) fn quantified(quantifier: Quantifier, level: u32, over: Tree, body: Tree) -> Tree {
    quantified_most(quantifier, level, over, body, 10)
}

/// `{ "a": b }`
pub(crate) fn map<const N: usize>(ty: TypeId, entries: [(&'static str, Tree); N]) -> Tree {
    let keys = entries.each_ref().map(|(key, _)| *key);
    Tree::new(entries.map(|(_, value)| value), move |values| {
        let entries = keys.iter().zip(values);
        Expr::Map(ty, entries.map(|(key, value)| ((*key).into(), value)).collect())
    })
}

/// `text matches r"[a-z]+"`
pub(crate) fn matches_letters(text: Tree) -> Tree {
    let mut classes = [0; 256];
    classes[usize::from(b'a')..=usize::from(b'z')].fill(1);
    let regex = Arc::new(Regex {
        pattern: "[a-z]+".into(),
        classes: classes.into(),
        class_count: 2,
        transitions: [0, 0, 0, 2, 0, 2].into(),
        accepting: [false, false, true].into(),
        start: 1,
    });
    Tree::new([text], move |[text]| Expr::Matches(text, Arc::clone(&regex)))
}

/// A policy of permits and forbids, each firing where its expression, a `when`, is true.
pub(crate) fn artifact(rules: &[(Effect, Tree)]) -> Artifact {
    let mut exprs = Exprs::default();
    let mut nodes = vec![Node::DenyByDefault, Node::Fires, Node::Rests];
    let mut add = |node| {
        nodes.push(node);
        NodeId(u32::try_from(nodes.len() - 1).unwrap())
    };
    let mut candidates = Vec::new();
    let mut decide = NodeId(0);
    let mut order: Vec<usize> = (0..rules.len()).collect();
    // Built from the last that is asked to the first: forbids are asked before permits.
    order.sort_by_key(|at| std::cmp::Reverse((rules[*at].0, *at)));
    for at in order {
        let (effect, condition) = &rules[at];
        let rule = RuleId(u32::try_from(at).unwrap());
        let atom = condition.add(&mut exprs);
        let fires = add(Node::Test {
            question: Question::IsTrue,
            atom,
            yes: NodeId(1),
            no: NodeId(2),
        });
        candidates.push(Candidate {
            rule,
            fires,
            head: ExprId(0),
            holder: ExprId(0),
            clauses: vec![Some(atom)],
            obligations: vec![],
        });
        let leaf = add(match effect {
            Effect::Permit => Node::Allow(rule),
            Effect::Forbid => Node::Deny(rule),
        });
        decide = add(Node::Test {
            question: Question::IsTrue,
            atom,
            yes: leaf,
            no: decide,
        });
    }
    candidates.sort_by_key(|candidate| candidate.rule);
    let always = bool(true).add(&mut exprs);
    for candidate in &mut candidates {
        (candidate.head, candidate.holder) = (always, always);
    }
    let position = Position {
        file: 0,
        line: 1,
        column: 1,
    };
    let rule = |at: usize, effect: Effect| Rule {
        label: format!("rule{at}"),
        effect,
        role: None,
        reason: None,
        docs: None,
        annotations: vec![],
        clauses: vec![Clause {
            unless: false,
            text: "a condition".into(),
            position: position.clone(),
        }],
        position: position.clone(),
    };
    let mut artifact = Artifact {
        schema: schema(),
        exprs,
        nodes,
        plans: vec![Plan {
            decide,
            candidates,
            reads: Reads::default(),
        }],
        rules: rules
            .iter()
            .enumerate()
            .map(|(at, (effect, _))| rule(at, *effect))
            .collect(),
        files: vec!["by_hand.dictum".into()],
    };
    update_reads(&mut artifact);
    artifact
}

/// Makes the plan say what it reads.
pub(crate) fn update_reads(artifact: &mut Artifact) {
    let mut reader = Reader::new(&artifact.schema, &artifact.exprs);
    let plan = &mut artifact.plans[0];
    plan.reads = reader.of_plan(
        artifact.schema.shapes[0],
        &artifact.nodes,
        plan.decide,
        &plan.candidates,
    );
}

/// `with notify { note: a, to: b }` for one of the rules.
pub(crate) fn oblige(artifact: &mut Artifact, rule: usize, note: Option<Tree>, to: Tree) {
    let note = note.map(|note| note.add(&mut artifact.exprs));
    let fields = Tree::new([to], move |[to]| {
        Expr::Record(NOTIFY_RECORD, vec![note, Some(to)])
    });
    let obliged = Obliged {
        obligation: ObligationId(0),
        fields: fields.add(&mut artifact.exprs),
    };
    artifact.plans[0].candidates[rule].obligations.push(obliged);
    update_reads(artifact);
}

/// The store of a policy with these rules over [`data`].
pub(crate) fn store(rules: &[(Effect, Tree)]) -> Store {
    store_of(artifact(rules))
}

/// The store of a policy over [`data`].
pub(crate) fn store_of(artifact: Artifact) -> Store {
    let policy = Policy::new(artifact).unwrap();
    Store::new(&Arc::new(policy), &data()).unwrap()
}

/// An entity's name.
pub(crate) fn uid(ty: EntityTypeId, id: &str) -> EntityUid {
    EntityUid { ty, id: id.into() }
}

/// A set of texts.
pub(crate) fn texts(texts: &[&str]) -> Value {
    Value::Set(texts.iter().map(|text| Value::String((*text).into())).collect())
}

/// Ann is in `eng`, which is in `staff`; the document `plan` is Ann's, and in the folder `specs`, which is in `all`.
/// Editors of `specs` are the `staff`; `bob` reads `plan` until 1000. Nobody describes Bob and the document `memo`.
pub(crate) fn data() -> Dataset {
    let entity = |uid: EntityUid, attributes: Vec<Option<Value>>, parents: &[EntityUid]| Entity {
        uid,
        attributes,
        parents: parents.to_vec(),
    };
    let pair = |n: i64, s: Option<&str>| {
        Value::Record(vec![Some(Value::Int(n)), s.map(|s| Value::String(s.into()))])
    };
    let plan = vec![
        Some(texts(&["a", "b"])),
        Some(Value::Int(3)),
        Some(Value::Entity(uid(USER, "ann"))),
        Some(Value::Set([pair(1, Some("one")), pair(2, None)].into())),
        Some(Value::Map([("a".into(), Value::String("x".into()))].into())),
    ];
    Dataset {
        entities: vec![
            entity(
                uid(USER, "ann"),
                vec![None, Some(Value::String("Ann".into()))],
                &[uid(GROUP, "eng")],
            ),
            entity(uid(GROUP, "eng"), vec![], &[uid(GROUP, "staff")]),
            entity(uid(DOC, "plan"), plan, &[uid(FOLDER, "specs")]),
            entity(uid(FOLDER, "specs"), vec![], &[uid(FOLDER, "all")]),
        ],
        grants: vec![
            Grant {
                role: EDITOR,
                subject: uid(GROUP, "staff"),
                scope: Scope::Entity(uid(FOLDER, "specs")),
                until: None,
            },
            Grant {
                role: READER,
                subject: uid(USER, "bob"),
                scope: Scope::Entity(uid(DOC, "plan")),
                until: Some(Timestamp(1000)),
            },
        ],
    }
}

/// A request to read at the time 999, from `10.0.0.1`, without a note.
pub(crate) fn request(principal: &str, resource: &str) -> Request {
    Request {
        principal: uid(USER, principal),
        action: ActionId(0),
        resource: uid(DOC, resource),
        context: vec![
            Some(Value::Ip(Network::parse("10.0.0.1").unwrap())),
            None,
            Some(Value::Timestamp(Timestamp(999))),
        ],
        principal_attributes: vec![],
        resource_attributes: vec![],
    }
}
