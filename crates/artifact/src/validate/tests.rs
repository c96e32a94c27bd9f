//! Artifacts that are valid, and each way in which one is not.

use super::*;
use crate::dag::{Effect, Node, NodeId, RuleId};
use crate::expr::{Arithmetic, Comparison, Expr, ExprId, Exprs, Literal, Pattern, Property};
use crate::schema::{ActionId, EntityTypeId, EnumId, Field, Fields, RecordId, RoleId, Type, TypeId};
use crate::testing::{DOCUMENT, EXPRS, FOLDER, OWNER, VIEWER, WRITE, artifact, types, update_reads};

mod forms;

/// Checks what is said of the test artifact after a change.
fn check(change: impl FnOnce(&mut Artifact), expected: &str) {
    check_exactly(
        |a| {
            change(a);
            update_reads(a);
        },
        expected,
    );
}

/// The same, with plans that say what they read without the change.
fn check_exactly(change: impl FnOnce(&mut Artifact), expected: &str) {
    let mut changed = artifact();
    change(&mut changed);
    let said = validate(&changed)
        .err()
        .map(|invalid| invalid.to_string())
        .unwrap_or_default();
    assert_eq!(said, expected);
}

#[test]
fn the_artifact_of_the_tests_is_valid() {
    check(|_| {}, "");
}

#[test]
fn schemas() {
    check(
        |a| a.schema.types[9] = Type::Set(TypeId(99)),
        "type 9 is made of something that does not come before it",
    );
    check(
        |a| a.schema.types[9] = Type::Set(TypeId(9)),
        "type 9 is made of something that does not come before it",
    );
    check(
        |a| a.schema.types[1] = Type::Bool,
        "type 1 is the same as one before it",
    );
    check(
        |a| a.schema.types[7] = Type::Enum(EnumId(2)),
        "type 7 refers to an enum that is not there",
    );
    check(
        |a| a.schema.records[0].0[0].ty = types::META,
        "type 11 is made of something that does not come before it",
    );
    check(
        |a| a.schema.records[2].0[0].ty = TypeId(99),
        "record type 2 refers to a type that is not there",
    );
    check(
        |a| a.schema.records[3].0.swap(0, 1),
        "record type 3 has fields that are not in order, or repeat",
    );
    check(
        |a| a.schema.records[3] = a.schema.records[2].clone(),
        "record type 3 is the same as one before it",
    );
    check(|a| a.schema.enums[0].variants.clear(), "enum 0 has too few names");
    check(
        |a| a.schema.enums[0].variants[1] = "open".to_owned(),
        "enum 0 has names that are not in order, or repeat",
    );
    check(
        |a| a.schema.enums.swap(0, 1),
        "the artifact has enums that are not in order, or repeat",
    );
    check(
        |a| a.schema.entity_types.swap(0, 1),
        "the artifact has entity types that are not in order, or repeat",
    );
    check(
        |a| a.schema.entity_types[0].ancestors.clear(),
        "entity type 0 has other ancestors than its parents give it",
    );
    check(
        |a| a.schema.entity_types[0].ancestors = vec![DOCUMENT, FOLDER],
        "entity type 0 has other ancestors than its parents give it",
    );
    check(
        |a| a.schema.entity_types[1].parents = vec![FOLDER, EntityTypeId(4)],
        "entity type 0 has other ancestors than its parents give it",
    );
    check(
        |a| a.schema.entity_types[3].closed = Some(vec!["us".into(), "eu".into()]),
        "entity type 3 has ids that are not in order, or repeat",
    );
    check(
        |a| a.schema.actions[4].groups = vec![ActionId(4)],
        "action 4 is in a group without being in that group's groups",
    );
    check(
        |a| a.schema.actions[4].groups = vec![ActionId(9)],
        "action 4 refers to a group that is not there",
    );
    check(
        |a| a.schema.actions[2].context = Some(RecordId(0)),
        "action 2 has no required `now: Timestamp`, though grants may expire",
    );
    check(
        |a| {
            a.schema.actions[2].context = Some(RecordId(0));
            a.schema.has_now = false;
        },
        "expression 6 is not well-typed",
    );
    check(
        |a| a.schema.roles[2].carriers = vec![VIEWER, OWNER],
        "role 2 has carriers that are not in order, or repeat",
    );
    check(
        |a| a.schema.roles[2].carriers = vec![OWNER, VIEWER],
        "role 2 is carried by other roles than those that include it",
    );
    check(
        |a| a.schema.roles[2].carriers = vec![],
        "role 2 is carried by other roles than those that include it",
    );
    check(
        |a| a.schema.roles[1].on = vec![EntityTypeId(7)],
        "role 1 refers to an entity type that is not there",
    );
    check(
        |a| a.schema.shapes.swap(0, 1),
        "the artifact has request shapes that are not in order, or repeat",
    );
    check(
        |a| a.schema.shapes[0].action = ActionId(0),
        "request shape 0 is of a group of actions",
    );
    check(
        |a| a.schema.shapes[4].resource = EntityTypeId(7),
        "request shape 4 refers to an entity type that is not there",
    );
}

#[test]
fn deep_types() {
    let nest = |levels: u32| {
        move |a: &mut Artifact| {
            let first = a.schema.types.len() as u32;
            a.schema.types.push(Type::Set(types::INT));
            a.schema
                .types
                .extend((1..levels).map(|n| Type::Set(TypeId(first + n - 1))));
        }
    };
    check(nest(255), "");
    check(nest(256), "type 269 is nested too deep");
}

#[test]
fn expressions_anywhere() {
    // Expression 0 stays what others are made of; what is added is reached by nothing.
    let add = |expr: Expr| move |a: &mut Artifact| a.exprs.0.push(expr);
    check(
        add(Expr::Not(ExprId(EXPRS))),
        "expression 43 is made of something that does not come before it",
    );
    check(
        add(Expr::And(vec![ExprId(4)])),
        "expression 43 has too few operands",
    );
    check(
        add(Expr::Like(ExprId(16), Pattern(vec![]))),
        "expression 43 has too few pieces",
    );
    check(
        add(Expr::Set(TypeId(99), vec![])),
        "expression 43 refers to a type that is not there",
    );
    check(
        add(Expr::Record(RecordId(99), vec![])),
        "expression 43 refers to a record type that is not there",
    );
    check(
        add(Expr::GrantHeld(RoleId(3))),
        "expression 43 refers to a role that is not there",
    );
    check(
        add(Expr::Literal(Literal::Enum(EnumId(0), 3))),
        "expression 43 is a literal of no value",
    );
    check(
        add(Expr::Literal(Literal::Entity(EntityTypeId(3), "mars".into()))),
        "expression 43 is a literal of no value",
    );
    check(
        add(Expr::Literal(Literal::Entity(EntityTypeId(3), "eu".into()))),
        "",
    );
    check(
        add(Expr::Coalesce(ExprId(0), ExprId(0))),
        "expression 43 gives a default for what cannot be absent",
    );
    check(
        add(Expr::Otherwise(ExprId(4), ExprId(4))),
        "expression 43 has a default that can be undefined",
    );
    check(add(Expr::Otherwise(ExprId(4), ExprId(6))), "");
    let chain = |levels: u32| {
        move |a: &mut Artifact| {
            a.exprs.0.push(Expr::Not(ExprId(25)));
            a.exprs
                .0
                .extend((1..levels).map(|n| Expr::Not(ExprId(EXPRS + n - 1))));
        }
    };
    check(chain(MAX_EXPR_DEPTH - 3), "");
    check(
        chain(MAX_EXPR_DEPTH - 2),
        &format!("expression {} is nested too deep", EXPRS + MAX_EXPR_DEPTH - 3),
    );
}

/// Checks an expression as the question of a node that requests to read a document come to.
fn check_atom(atom: Expr, is_valid: bool) {
    let mut changed = artifact();
    let id = ExprId(changed.exprs.len() as u32);
    changed.exprs.0.push(atom.clone());
    let Some(Node::Test { atom: slot, .. }) = changed.nodes.get_mut(11) else {
        panic!("not a test")
    };
    *slot = id;
    update_reads(&mut changed);
    assert_eq!(
        validate(&changed).is_ok(),
        is_valid,
        "{atom:?}: {:?}",
        validate(&changed)
    );
}

#[test]
fn typing() {
    let [principal, resource, context] = [0, 1, 2].map(ExprId);
    let [level, now, duration, text, group, users, truth, email] =
        [8, 13, 12, 16, 17, 19, 21, 24].map(ExprId);
    check_atom(Expr::Equal(level, ExprId(7)), true);
    check_atom(Expr::Equal(principal, group), false);
    check_atom(Expr::Principal, false);
    check_atom(
        Expr::Attribute {
            of: resource,
            index: 5,
        },
        false,
    );
    check_atom(
        Expr::Attribute {
            of: context,
            index: 0,
        },
        false,
    );
    check_atom(
        Expr::HasAttribute {
            of: principal,
            index: 1,
        },
        true,
    );
    check_atom(
        Expr::HasAttribute {
            of: principal,
            index: 2,
        },
        true,
    );
    check_atom(
        Expr::HasField {
            of: ExprId(5),
            index: 1,
        },
        true,
    );
    check_atom(
        Expr::HasField {
            of: ExprId(5),
            index: 0,
        },
        false,
    );
    check_atom(
        Expr::HasField {
            of: ExprId(5),
            index: 2,
        },
        false,
    );
    check_atom(
        Expr::HasKey {
            map: context,
            key: text,
        },
        false,
    );
    check_atom(Expr::Not(truth), true);
    check_atom(Expr::Not(text), false);
    check_atom(Expr::And(vec![truth, text]), false);
    check_atom(Expr::If(truth, truth, ExprId(4)), true);
    check_atom(Expr::If(truth, truth, text), false);
    check_atom(Expr::If(truth, text, text), false);
    check_atom(Expr::Compare(Comparison::Less, email, text), false);
    check_atom(Expr::Compare(Comparison::Less, now, now), true);
    check_atom(Expr::Compare(Comparison::Less, now, duration), false);
    check_atom(Expr::EntityIn(principal, group), true);
    check_atom(Expr::EntityIn(principal, users), false);
    check_atom(Expr::EntityInSet(resource, users), true);
    check_atom(Expr::EntityInSet(resource, principal), false);
    check_atom(Expr::NetworkIn(text, text), false);
    check_atom(Expr::Contains(users, principal), true);
    check_atom(Expr::Contains(users, resource), false);
    check_atom(Expr::ContainsAll(users, users), true);
    check_atom(Expr::ContainsAny(users, principal), false);
    check_atom(Expr::IsEmpty(users), true);
    check_atom(Expr::IsEmpty(text), false);
    check_atom(Expr::Like(email, Pattern(vec!["".into()])), true);
    check_atom(Expr::Like(level, Pattern(vec!["".into()])), false);
    check_atom(Expr::EndsWith(email, now), false);
    check_atom(Expr::GrantHeld(OWNER), true);

    // What is no Bool itself, inside of something that is.
    let check_operand = |operand: Expr, ty: &str, is_valid: bool| {
        let mut changed = artifact();
        let id = changed.exprs.len() as u32;
        changed
            .exprs
            .0
            .extend([operand.clone(), Expr::Equal(ExprId(id), ExprId(id))]);
        let Some(Node::Test { atom, .. }) = changed.nodes.get_mut(11) else {
            panic!("not a test")
        };
        *atom = ExprId(id + 1);
        update_reads(&mut changed);
        assert_eq!(
            validate(&changed).is_ok(),
            is_valid,
            "{ty}: {operand:?}: {:?}",
            validate(&changed)
        );
    };
    check_operand(Expr::Arithmetic(Arithmetic::Subtract, now, now), "Duration", true);
    check_operand(Expr::Arithmetic(Arithmetic::Add, now, now), "none", false);
    check_operand(Expr::Negate(duration), "Duration", true);
    check_operand(Expr::Negate(now), "none", false);
    check_operand(Expr::Id(principal), "String", true);
    check_operand(Expr::Id(text), "none", false);
    check_operand(Expr::Property(Property::Length, text), "Int", true);
    check_operand(Expr::Property(Property::Size, users), "Int", true);
    check_operand(Expr::Property(Property::Size, text), "none", false);
    check_operand(Expr::Property(Property::Weekday, now), "Weekday", true);
    check_operand(Expr::Property(Property::Weekday, duration), "none", false);
    check_operand(Expr::Property(Property::InDays, duration), "Int", true);
    check_operand(Expr::Set(types::USER, vec![principal, group]), "none", false);
    check_operand(Expr::Set(types::STRING, vec![]), "Set<String>", true);
    check_operand(Expr::Record(RecordId(1), vec![Some(truth), None]), "record", true);
    check_operand(Expr::Record(RecordId(1), vec![None, None]), "none", false);
    check_operand(Expr::Record(RecordId(1), vec![Some(truth)]), "none", false);
    check_operand(Expr::Record(RecordId(1), vec![Some(text), None]), "none", false);
    check_operand(Expr::Coalesce(email, text), "none: not optional", false);
    check(|a| a.schema.enums[1].variants.swap(0, 1), "");
}

#[test]
fn what_one_shape_lets_others_may_not() {
    // The owner of a resource, in the plans for requests to enter a region and to write to a folder.
    check(
        |a| a.plans[0].decide = NodeId(6),
        "expression 3 is not well-typed",
    );
    check(
        |a| a.plans[4].decide = NodeId(6),
        "expression 3 is not well-typed",
    );
    check(|a| a.plans[4].decide = NodeId(5), "");
    check(|a| a.plans[1].candidates[1].fires = NodeId(3), "");
}

#[test]
fn plans_and_nodes() {
    check(
        |a| a.plans.truncate(4),
        "the artifact has more or fewer plans than request shapes",
    );
    check(
        |a| a.plans[0].decide = NodeId(3),
        "the plan of request shape 0 leads to leaves of the wrong kind",
    );
    check(
        |a| a.plans[0].decide = NodeId(99),
        "the plan of request shape 0 refers to a node that is not there",
    );
    check(
        |a| a.plans[1].candidates[0].fires = NodeId(1),
        "the plan of request shape 1 leads to leaves of the wrong kind",
    );
    check(
        |a| a.plans[1].candidates.swap(0, 1),
        "the plan of request shape 1 has candidates that are not in order, or repeat",
    );
    check(
        |a| a.plans[1].candidates[1].rule = RuleId(7),
        "the plan of request shape 1 refers to a rule that is not there",
    );
    check(
        |a| a.nodes[1] = Node::Deny(RuleId(1)),
        "node 1 names a rule of the wrong effect",
    );
    check(
        |a| a.nodes[2] = Node::Allow(RuleId(0)),
        "node 2 names a rule of the wrong effect",
    );
    check(
        |a| a.nodes[2] = Node::Allow(RuleId(2)),
        "node 2 refers to a rule that is not there",
    );
    check(
        |a| a.nodes.swap(5, 6),
        "node 5 is made of something that does not come before it",
    );
    check(
        |a| a.nodes[2] = Node::Fires,
        "node 5 leads to leaves of the wrong kind",
    );
    check(
        |a| a.rules[1].effect = Effect::Forbid,
        "node 2 names a rule of the wrong effect",
    );
    check(
        |a| a.rules[1].role = Some(RoleId(3)),
        "rule 1 refers to a role that is not there",
    );
    check(|a| a.files.clear(), "rule 0 refers to a file that is not there");
    check(
        |a| {
            if let Some(Node::Test { atom, .. }) = a.nodes.get_mut(12) {
                *atom = ExprId(99);
            }
        },
        "node 12 refers to an expression that is not there",
    );
    check(
        |a| a.schema.actions[WRITE.index()].context = None,
        "request shape 3 is of a group of actions",
    );
}

#[test]
fn steps_of_sets() {
    let id = ExprId;
    let exprs = Exprs(vec![
        Expr::Principal,                                    // 1
        Expr::Set(types::USER, vec![id(0); 9]),             // 10
        Expr::Contains(id(1), id(0)),                       // 1 + 11 + 10 * 1 * 2
        Expr::ContainsAll(id(1), id(1)),                    // 1 + 20 + 10 * 10 * 2
        Expr::Set(types::USERS, vec![id(1)]),               // 11
        Expr::Equal(id(4), id(4)),                          // 1 + 22 + 11 * 11 * 4
        Expr::Coalesce(id(0), id(0)),                       // 1 + 2 + 1
        Expr::Property(Property::Size, id(1)),              // 1 + 10 + 10 * 10 * 2
        Expr::Record(RecordId(0), vec![None, Some(id(0))]), // 1 + 1 + 1
        Expr::Field { of: id(8), index: 1 },                // 1 + 3 + 3
        Expr::Field { of: id(0), index: 1 },                // 1 + 1
    ]);
    assert_eq!(steps(&exprs), [1, 10, 32, 221, 11, 507, 4, 211, 3, 7, 2]);
}

#[test]
fn expensive_expressions() {
    // Each holds the one before it twice.
    let doubled = |times: u32| {
        move |a: &mut Artifact| {
            let twice = |of: u32| Expr::And(vec![ExprId(of), ExprId(of)]);
            a.exprs.0.push(twice(25));
            a.exprs.0.extend((1..times).map(|n| twice(EXPRS + n - 1)));
            let last = ExprId(EXPRS + times - 1);
            if let Some(Node::Test { atom, .. }) = a.nodes.get_mut(12) {
                *atom = last;
            }
        }
    };
    // `principal.email` is an attribute of users, which the principals of the plan of node 12 are.
    check(doubled(17), "");
    check(
        doubled(18),
        "expression 60 could take 1310719 steps, which is too many",
    );
    check(
        doubled(200),
        &format!("expression 242 could take {} steps, which is too many", u64::MAX),
    );
}

#[test]
fn long_walks() {
    // A chain of questions, none of them expensive, that all have to be asked.
    let chain = |nodes: u32| {
        let mut changed = artifact();
        let atom = ExprId(changed.exprs.len() as u32);
        let elements = vec![ExprId(0); 1_000];
        changed.exprs.0.extend([
            Expr::Set(types::USER, elements),
            Expr::EntityInSet(ExprId(0), atom),
        ]);
        let first = changed.nodes.len() as u32;
        for n in 0..nodes {
            let next = NodeId(if n == 0 { 0 } else { first + n - 1 });
            let atom = ExprId(atom.0 + 1);
            changed.nodes.push(Node::Test {
                question: crate::dag::Question::IsTrue,
                atom,
                yes: next,
                no: next,
            });
        }
        changed.plans[0].decide = NodeId(first + nodes - 1);
        update_reads(&mut changed);
        validate(&changed)
    };
    assert_eq!(chain(30_000), Ok(()));
    assert!(matches!(
        chain(40_000),
        Err(Invalid {
            place: Place::Plan(0),
            problem: Problem::TooManySteps(_)
        })
    ));
}

#[test]
fn much_to_check() {
    // As many entity types as fit, each in all of them: checking the ancestors would take the third power.
    let mut changed = artifact();
    let first = changed.schema.entity_types.len() as u32;
    let all: Vec<EntityTypeId> = (first..first + 1_000).map(EntityTypeId).collect();
    for n in 0..1_000 {
        let mut def = changed.schema.entity_types[2].clone();
        def.name = format!("Z{n:04}");
        (def.parents, def.ancestors) = (all.clone(), all.clone());
        changed.schema.entity_types.push(def);
    }
    assert!(matches!(
        validate(&changed),
        Err(Invalid {
            problem: Problem::TooMuchWork,
            ..
        })
    ));
}

#[test]
fn constants_that_share_their_parts_count_each_of_them() {
    let mut artifact = artifact();
    let record = RecordId(u32::try_from(artifact.schema.records.len()).unwrap());
    let ty = TypeId(0);
    let field = |name: &str| Field {
        name: name.to_owned(),
        ty,
        optional: false,
        most: None,
    };
    artifact.schema.records.push(Fields(vec![field("a"), field("b")]));
    artifact.exprs.0.push(Expr::Literal(Literal::Bool(true)));
    for _ in 0..60 {
        let last = ExprId(u32::try_from(artifact.exprs.len() - 1).unwrap());
        artifact
            .exprs
            .0
            .push(Expr::Record(record, vec![Some(last), Some(last)]));
    }
    let problem = validate(&artifact).unwrap_err().problem;
    assert!(matches!(problem, Problem::TooManySteps(_)), "{problem:?}");
}

#[test]
fn long_texts_take_more_steps() {
    let text = |length| Exprs(vec![Expr::Literal(Literal::String("x".repeat(length).into()))]);
    assert_eq!(steps(&text(255)), [1]);
    assert_eq!(steps(&text(1 << 20)), [1 + (1 << 12)]);
    let mut like = text(0);
    like.0.push(Expr::Like(ExprId(0), Pattern(vec!["".into(); 512])));
    assert_eq!(steps(&like), [1, 4]);
}
