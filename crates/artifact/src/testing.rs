//! A small policy, made by hand, that the tests of several modules use.

use std::sync::Arc;

use crate::dag::{
    Artifact, Candidate, Clause, Effect, Node, NodeId, Obliged, Plan, Position, Question, Rule, RuleId,
};
use crate::expr::{Arithmetic, Comparison, Expr, ExprId, Exprs, Literal, Quantifier};
use crate::ops::WEEKDAY;
use crate::reads::{Reader, Reads};
use crate::regex::Regex;
use crate::schema::{
    ActionDef, ActionId, EntityTypeDef, EntityTypeId, EnumDef, EnumId, Field, Fields, ObligationDef,
    ObligationId, RecordId, RoleDef, RoleId, Schema, Shape, Type, TypeId,
};
use crate::value::Duration;
use crate::zone::Zone;

pub(crate) const DOCUMENT: EntityTypeId = EntityTypeId(0);
pub(crate) const FOLDER: EntityTypeId = EntityTypeId(1);
pub(crate) const GROUP: EntityTypeId = EntityTypeId(2);
pub(crate) const REGION: EntityTypeId = EntityTypeId(3);
pub(crate) const USER: EntityTypeId = EntityTypeId(4);

pub(crate) const EDIT: ActionId = ActionId(0);
pub(crate) const READ: ActionId = ActionId(2);
pub(crate) const VIEW: ActionId = ActionId(3);
pub(crate) const WRITE: ActionId = ActionId(4);

pub(crate) const EDITOR: RoleId = RoleId(0);
pub(crate) const OWNER: RoleId = RoleId(1);
pub(crate) const VIEWER: RoleId = RoleId(2);

pub(crate) const CLEARANCE: EnumId = EnumId(0);

/// The types of [`schema`], by what they are.
pub(crate) mod types {
    use super::TypeId;

    pub(crate) const BOOL: TypeId = TypeId(0);
    pub(crate) const INT: TypeId = TypeId(1);
    pub(crate) const DECIMAL: TypeId = TypeId(2);
    pub(crate) const STRING: TypeId = TypeId(3);
    pub(crate) const TIMESTAMP: TypeId = TypeId(4);
    pub(crate) const DURATION: TypeId = TypeId(5);
    pub(crate) const IP: TypeId = TypeId(6);
    pub(crate) const CLEARANCE: TypeId = TypeId(7);
    pub(crate) const USER: TypeId = TypeId(8);
    pub(crate) const STRINGS: TypeId = TypeId(9);
    pub(crate) const LIMITS: TypeId = TypeId(10);
    pub(crate) const META: TypeId = TypeId(11);
    pub(crate) const TOKEN: TypeId = TypeId(12);
    pub(crate) const USERS: TypeId = TypeId(13);
}

fn fields(of: &[(&str, TypeId, bool)]) -> Fields {
    let field = |(name, ty, optional): &(&str, TypeId, bool)| Field {
        name: (*name).to_owned(),
        ty: *ty,
        optional: *optional,
        most: None,
    };
    Fields(of.iter().map(field).collect())
}

fn entity(name: &str, parents: &[EntityTypeId], attributes: Fields) -> EntityTypeDef {
    EntityTypeDef {
        name: name.to_owned(),
        parents: parents.to_vec(),
        ancestors: parents.to_vec(),
        attributes,
        closed: None,
    }
}

fn action(name: &str, groups: &[ActionId], context: Option<u32>) -> ActionDef {
    ActionDef {
        name: name.to_owned(),
        groups: groups.to_vec(),
        context: context.map(RecordId),
    }
}

fn role(name: &str, grantable: bool, carriers: &[RoleId]) -> RoleDef {
    RoleDef {
        name: name.to_owned(),
        on: vec![DOCUMENT],
        grantable,
        carriers: carriers.to_vec(),
    }
}

/// Users in groups, documents in folders, every type of value.
pub(crate) fn schema() -> Schema {
    let named = |name: &str, variants: &[&str]| EnumDef {
        name: name.to_owned(),
        ordered: true,
        variants: variants.iter().map(|&v| v.to_owned()).collect(),
    };
    let document = fields(&[
        ("level", types::CLEARANCE, false),
        ("limits", types::LIMITS, true),
        ("meta", types::META, true),
        ("owner", types::USER, false),
        ("price", types::DECIMAL, true),
    ]);
    let user = fields(&[
        ("born", types::TIMESTAMP, true),
        ("email", types::STRING, false),
        ("friends", types::USERS, true),
        ("manager", types::USER, true),
    ]);
    let friends = |mut fields: Fields| {
        for field in fields.0.iter_mut().filter(|field| field.name == "friends") {
            field.most = Some(3);
        }
        fields
    };
    Schema {
        types: vec![
            Type::Bool,
            Type::Int,
            Type::Decimal,
            Type::String,
            Type::Timestamp,
            Type::Duration,
            Type::Ip,
            Type::Enum(CLEARANCE),
            Type::Entity(USER),
            Type::Set(types::STRING),
            Type::Map(types::DURATION),
            Type::Record(RecordId(0)),
            Type::Record(RecordId(1)),
            Type::Set(types::USER),
        ],
        enums: vec![
            named("Clearance", &["open", "internal", "secret"]),
            named(WEEKDAY.0, &WEEKDAY.1),
        ],
        records: vec![
            fields(&[("from", types::IP, true), ("size", types::INT, false)]),
            fields(&[("mfa", types::BOOL, false), ("scopes", types::STRINGS, true)]),
            fields(&[("now", types::TIMESTAMP, false), ("token", types::TOKEN, false)]),
            fields(&[
                ("now", types::TIMESTAMP, false),
                ("reason", types::STRING, true),
                ("token", types::TOKEN, false),
            ]),
            fields(&[("acr", types::STRING, false), ("by", types::USER, true)]),
        ],
        entity_types: vec![
            entity("Document", &[FOLDER], document),
            entity("Folder", &[FOLDER], Fields::default()),
            entity("Group", &[GROUP], Fields::default()),
            EntityTypeDef {
                closed: Some(vec!["eu".to_owned(), "us".to_owned()]),
                ..entity("Region", &[], Fields::default())
            },
            entity("User", &[GROUP], friends(user)),
        ],
        actions: vec![
            action("edit", &[], None),
            action("enter", &[], Some(2)),
            action("read", &[], Some(2)),
            action("view", &[], Some(2)),
            action("write", &[EDIT], Some(3)),
        ],
        roles: vec![
            role("editor", true, &[EDITOR]),
            role("owner", false, &[]),
            role("viewer", true, &[EDITOR, VIEWER]),
        ],
        shapes: [(1, REGION), (2, DOCUMENT), (3, USER), (4, DOCUMENT), (4, FOLDER)]
            .into_iter()
            .map(|(action, resource)| Shape {
                principal: USER,
                action: ActionId(action),
                resource,
            })
            .collect(),
        obligations: vec![ObligationDef {
            name: "step_up".to_owned(),
            record: RecordId(4),
        }],
        has_now: true,
    }
}

/// `[0-9]+`
pub(crate) fn digits() -> Regex {
    let mut classes = [0; 256];
    classes[usize::from(b'0')..=usize::from(b'9')].fill(1);
    Regex {
        pattern: "[0-9]+".into(),
        classes: classes.into(),
        class_count: 2,
        transitions: [0, 0, 0, 2, 0, 2].into(),
        accepting: [false, false, true].into(),
        start: 1,
    }
}

/// One hour ahead, from 1970 on.
pub(crate) fn zone() -> Zone {
    Zone {
        name: "Test/Zone".into(),
        first: 0,
        changes: [(0, 3_600)].into(),
    }
}

/// How many expressions there are in [`exprs`].
pub(crate) const EXPRS: u32 = 43;

/// Expressions over requests to read a document.
pub(crate) fn exprs() -> Exprs {
    let id = ExprId;
    let limits = vec![("day".into(), id(12)), ("night".into(), id(12))];
    Exprs(vec![
        Expr::Principal,                                        // 0
        Expr::Resource,                                         // 1
        Expr::Context,                                          // 2
        Expr::Attribute { of: id(1), index: 3 },                // 3: resource.owner
        Expr::Equal(id(0), id(3)),                              // 4
        Expr::Field { of: id(2), index: 1 },                    // 5: context.token
        Expr::Field { of: id(5), index: 0 },                    // 6: context.token.mfa
        Expr::Literal(Literal::Enum(CLEARANCE, 1)),             // 7
        Expr::Attribute { of: id(1), index: 0 },                // 8: resource.level
        Expr::Compare(Comparison::Less, id(8), id(7)),          // 9
        Expr::GrantHeld(VIEWER),                                // 10
        Expr::HasAttribute { of: id(0), index: 3 },             // 11
        Expr::Literal(Literal::Duration(Duration(1))),          // 12
        Expr::Field { of: id(2), index: 0 },                    // 13: context.now
        Expr::Arithmetic(Arithmetic::Add, id(13), id(12)),      // 14
        Expr::Compare(Comparison::LessOrEqual, id(14), id(13)), // 15
        Expr::Literal(Literal::String("eng".into())),           // 16
        Expr::Literal(Literal::Entity(GROUP, "eng".into())),    // 17
        Expr::EntityIn(id(0), id(17)),                          // 18
        Expr::Set(types::USER, vec![id(0), id(3)]),             // 19
        Expr::EntityInSet(id(3), id(19)),                       // 20
        Expr::Literal(Literal::Bool(false)),                    // 21
        Expr::Otherwise(id(9), id(21)),                         // 22
        Expr::And(vec![id(9), id(22)]),                         // 23
        Expr::Attribute { of: id(0), index: 1 },                // 24: principal.email
        Expr::StartsWith(id(24), id(16)),                       // 25
        Expr::Attribute { of: id(0), index: 2 },                // 26: principal.friends
        Expr::Variable {
            level: 0,
            ty: types::USER,
        }, // 27
        Expr::Attribute { of: id(27), index: 1 },               // 28: x0.email
        Expr::Matches(id(28), Arc::new(digits())),              // 29
        quantified(Quantifier::Any, 0, id(26), id(29), 20),     // 30
        Expr::Local(id(13), Arc::new(zone())),                  // 31
        Expr::Compare(Comparison::Less, id(13), id(31)),        // 32
        Expr::Map(types::DURATION, limits),                     // 33
        Expr::HasKey {
            map: id(33),
            key: id(24),
        }, // 34
        Expr::Variable {
            level: 0,
            ty: types::DURATION,
        }, // 35
        Expr::Equal(id(35), id(12)),                            // 36
        quantified(Quantifier::Count, 0, id(33), id(36), 2),    // 37
        Expr::Literal(Literal::Int(1)),                         // 38
        Expr::Compare(Comparison::LessOrEqual, id(38), id(37)), // 39
        Expr::And(vec![id(32), id(34), id(39)]),                // 40
        Expr::Literal(Literal::Bool(true)),                     // 41
        Expr::Record(RecordId(4), vec![Some(id(16)), None]),    // 42
    ])
}

fn position(line: u32) -> Position {
    Position {
        file: 0,
        line,
        column: 1,
    }
}

/// A quantifier.
pub(crate) fn quantified(quantifier: Quantifier, level: u32, over: ExprId, body: ExprId, most: u32) -> Expr {
    Expr::Quantified {
        quantifier,
        level,
        over,
        body,
        most,
    }
}

/// A rule with one clause.
pub(crate) fn rule(label: &str, effect: Effect) -> Rule {
    Rule {
        label: label.to_owned(),
        effect,
        role: None,
        reason: None,
        docs: Some("A rule.".to_owned()),
        annotations: vec![("ticket".to_owned(), "1".to_owned())],
        clauses: vec![Clause {
            unless: effect == Effect::Forbid,
            text: "a condition".to_owned(),
            position: position(2),
        }],
        position: position(1),
    }
}

/// A policy with plans for all shapes of [`schema`].
pub(crate) fn artifact() -> Artifact {
    let test = |question, atom, yes, no| Node::Test {
        question,
        atom: ExprId(atom),
        yes: NodeId(yes),
        no: NodeId(no),
    };
    let candidate = |rule, fires, holder, clause: Option<u32>, obligations| Candidate {
        rule: RuleId(rule),
        fires: NodeId(fires),
        head: ExprId(41),
        holder: ExprId(holder),
        clauses: vec![clause.map(ExprId)],
        obligations,
    };
    let step_up = vec![Obliged {
        obligation: ObligationId(0),
        fields: ExprId(42),
    }];
    let nodes = vec![
        Node::DenyByDefault,               // 0
        Node::Deny(RuleId(0)),             // 1
        Node::Allow(RuleId(1)),            // 2
        Node::Fires,                       // 3
        Node::Rests,                       // 4
        test(Question::IsTrue, 10, 2, 0),  // 5: grant held?
        test(Question::IsTrue, 4, 2, 5),   // 6: owner?
        test(Question::IsFalse, 6, 1, 6),  // 7: no second factor?
        test(Question::IsTrue, 10, 3, 4),  // 8
        test(Question::IsTrue, 4, 3, 8),   // 9
        test(Question::IsFalse, 6, 3, 4),  // 10
        test(Question::IsTrue, 20, 2, 7),  // 11
        test(Question::IsTrue, 18, 2, 0),  // 12
        test(Question::IsTrue, 30, 2, 11), // 13
        test(Question::IsTrue, 40, 2, 13), // 14
    ];
    let (schema, exprs) = (schema(), exprs());
    let plans = [
        (0, vec![]),
        (
            14,
            vec![
                candidate(0, 10, 41, Some(6), vec![]),
                candidate(1, 9, 10, Some(4), step_up),
            ],
        ),
        (12, vec![candidate(1, 3, 41, None, vec![])]),
        (6, vec![candidate(1, 9, 10, Some(4), vec![])]),
        (0, vec![]),
    ];
    let plan = |(decide, candidates)| Plan {
        decide: NodeId(decide),
        candidates,
        reads: Reads::default(),
    };
    let mut artifact = Artifact {
        schema,
        exprs,
        nodes,
        plans: plans.into_iter().map(plan).collect(),
        rules: vec![rule("mfa", Effect::Forbid), rule("mine", Effect::Permit)],
        files: vec!["policy.dictum".to_owned()],
    };
    update_reads(&mut artifact);
    artifact
}

/// Makes the plans of an artifact say what they read.
pub(crate) fn update_reads(artifact: &mut Artifact) {
    let mut reader = Reader::new(&artifact.schema, &artifact.exprs);
    for (shape, plan) in artifact.schema.shapes.iter().zip(&mut artifact.plans) {
        plan.reads = reader.of_plan(*shape, &artifact.nodes, plan.decide, &plan.candidates);
    }
}
