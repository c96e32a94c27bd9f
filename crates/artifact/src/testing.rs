//! A small policy, made by hand, that the tests of several modules use.

use crate::dag::{Artifact, Candidate, Effect, Node, NodeId, Plan, Position, Question, Rule, RuleId};
use crate::expr::{Arithmetic, Comparison, Expr, ExprId, Exprs, Literal};
use crate::ops::WEEKDAY;
use crate::schema::{
    ActionDef, ActionId, EntityTypeDef, EntityTypeId, EnumDef, EnumId, Field, Fields, RecordId, RoleDef,
    RoleId, Schema, Shape, Type, TypeId,
};
use crate::value::Duration;

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
        ],
        entity_types: vec![
            entity("Document", &[FOLDER], document),
            entity("Folder", &[FOLDER], Fields::default()),
            entity("Group", &[GROUP], Fields::default()),
            EntityTypeDef {
                closed: Some(vec!["eu".to_owned(), "us".to_owned()]),
                ..entity("Region", &[], Fields::default())
            },
            entity("User", &[GROUP], user),
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
        has_now: true,
    }
}

/// An expression of every kind, over requests to read a document.
pub(crate) fn exprs() -> Exprs {
    let id = ExprId;
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
    ])
}

/// A rule.
pub(crate) fn rule(label: &str, effect: Effect) -> Rule {
    Rule {
        label: label.to_owned(),
        effect,
        role: None,
        reason: None,
        docs: Some("A rule.".to_owned()),
        annotations: vec![("ticket".to_owned(), "1".to_owned())],
        position: Position {
            file: 0,
            line: 1,
            column: 1,
        },
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
    let plan = |decide, candidates: &[(u32, u32)]| Plan {
        decide: NodeId(decide),
        candidates: candidates
            .iter()
            .map(|(rule, fires)| Candidate {
                rule: RuleId(*rule),
                fires: NodeId(*fires),
            })
            .collect(),
    };
    Artifact {
        schema: schema(),
        exprs: exprs(),
        nodes: vec![
            Node::DenyByDefault,              // 0
            Node::Deny(RuleId(0)),            // 1
            Node::Allow(RuleId(1)),           // 2
            Node::Fires,                      // 3
            Node::Rests,                      // 4
            test(Question::IsTrue, 10, 2, 0), // 5: grant held?
            test(Question::IsTrue, 4, 2, 5),  // 6: owner?
            test(Question::IsFalse, 6, 1, 6), // 7: no second factor?
            test(Question::IsTrue, 10, 3, 4), // 8
            test(Question::IsTrue, 4, 3, 8),  // 9
            test(Question::IsFalse, 6, 3, 4), // 10
            test(Question::IsTrue, 20, 2, 7), // 11
            test(Question::IsTrue, 18, 2, 0), // 12
        ],
        plans: vec![
            plan(0, &[]),
            plan(11, &[(0, 10), (1, 9)]),
            plan(12, &[(1, 3)]),
            plan(6, &[(1, 9)]),
            plan(0, &[]),
        ],
        rules: vec![rule("mfa", Effect::Forbid), rule("mine", Effect::Permit)],
        files: vec!["policy.dictum".to_owned()],
    }
}
