//! Quantifiers, tables, obligations and what plans say, and each way in which they are not valid.

use std::sync::Arc;

use super::*;
use crate::expr::Quantifier;
use crate::reads::Reads;
use crate::regex::Regex;
use crate::schema::ObligationId;
use crate::testing::{digits, quantified, zone};
use crate::zone::Zone;

/// Adds expressions to the test artifact, of which nothing need be reached.
fn add_all(exprs: Vec<Expr>) -> impl FnOnce(&mut Artifact) {
    move |a| a.exprs.0.extend(exprs)
}

fn user(level: u32) -> Expr {
    Expr::Variable {
        level,
        ty: types::USER,
    }
}

/// `any x in principal.friends: …`
fn any(level: u32, body: ExprId) -> Expr {
    quantified(Quantifier::Any, level, ExprId(26), body, 10)
}

#[test]
fn maps_are_constants() {
    let map = |entries: &[(&str, u32)]| {
        let entries = entries.iter().map(|(key, value)| ((*key).into(), ExprId(*value)));
        add_all(vec![Expr::Map(types::DURATION, entries.collect())])
    };
    check(map(&[]), "");
    check(map(&[("a", 12), ("b", 12)]), "");
    check(
        map(&[("b", 12), ("a", 12)]),
        "expression 43 has keys that are not in order, or repeat",
    );
    check(
        map(&[("a", 12), ("a", 12)]),
        "expression 43 has keys that are not in order, or repeat",
    );
    check(
        map(&[("a", 13)]),
        "expression 43 is a map of something that is no constant",
    );
    check(
        map(&[("a", 99)]),
        "expression 43 is a map of something that is no constant",
    );
    check(
        add_all(vec![Expr::Map(TypeId(99), vec![])]),
        "expression 43 refers to a type that is not there",
    );
    // Typed as all else.
    check_atom(
        Expr::HasKey {
            map: ExprId(33),
            key: ExprId(16),
        },
        true,
    );
    check(
        |a| a.exprs.0[33] = Expr::Map(types::INT, vec![("day".into(), ExprId(12))]),
        "expression 33 is not well-typed",
    );
}

#[test]
fn tables() {
    let matches = |change: fn(&mut Regex)| {
        let mut regex = digits();
        change(&mut regex);
        add_all(vec![Expr::Matches(ExprId(16), Arc::new(regex))])
    };
    check(matches(|_| {}), "");
    check(
        matches(|r| r.start = 9),
        "expression 43 has a table that is no automaton",
    );
    check(
        matches(|r| r.accepting = vec![false; 1 << 17].into()),
        "expression 43 has states of a regular expression that take too much memory",
    );
    check_atom(Expr::Matches(ExprId(12), Arc::new(digits())), false);

    // As large as a table may be, and as many of them as there may be.
    let large = Arc::new(Regex {
        class_count: 256,
        transitions: vec![0; 2_000 * 256].into(),
        accepting: vec![false; 2_000].into(),
        start: 0,
        ..digits()
    });
    let many = |count| add_all(vec![Expr::Matches(ExprId(16), Arc::clone(&large)); count]);
    check(many(16), "");
    check(
        many(17),
        "the artifact has regular expressions that take too much memory",
    );

    let local = |change: fn(&mut Zone)| {
        let mut zone = zone();
        change(&mut zone);
        add_all(vec![Expr::Local(ExprId(13), Arc::new(zone))])
    };
    check(local(|_| {}), "");
    check(
        local(|z| z.first = 100_000),
        "expression 43 has a table that is of no time zone",
    );
    check(
        local(|z| z.changes = [(1, 0), (0, 0)].into()),
        "expression 43 has a table that is of no time zone",
    );
    check(
        local(|z| z.changes = (0..20_000).map(|at| (at, 0)).collect()),
        "expression 43 has changes of a time zone that take too much memory",
    );
    check(
        |a| {
            a.exprs.0[31] = Expr::Local(ExprId(12), Arc::new(zone()));
        },
        "expression 31 is not well-typed",
    );
    // What it shows can be out of range.
    check(
        add_all(vec![Expr::Otherwise(ExprId(4), ExprId(32))]),
        "expression 43 has a default that can be undefined",
    );
}

#[test]
fn quantifiers_bind_their_variables() {
    check(add_all(vec![any(0, ExprId(29))]), "");
    check(
        add_all(vec![any(8, ExprId(29))]),
        "expression 43 is in more than 8 quantifiers",
    );
    check(
        add_all(vec![user(8)]),
        "expression 43 is in more than 8 quantifiers",
    );
    check(
        add_all(vec![Expr::Variable {
            level: 0,
            ty: TypeId(99),
        }]),
        "expression 43 refers to a type that is not there",
    );
    // Two types at one level.
    check(
        add_all(vec![Expr::Set(types::USER, vec![ExprId(27), ExprId(35)])]),
        "expression 43 has a variable that is of no quantifier around it",
    );
    // A set that is made of the variable itself.
    check(
        add_all(vec![
            Expr::Set(types::USER, vec![ExprId(27)]),
            quantified(Quantifier::All, 0, ExprId(43), ExprId(29), 1),
        ]),
        "expression 44 has a variable that is of no quantifier around it",
    );
    // One of the same level, or of a lower one, inside.
    let inside = |outer: u32, inner: u32| {
        add_all(vec![
            user(inner),
            Expr::Equal(ExprId(43), ExprId(0)),
            any(inner, ExprId(44)),
            any(outer, ExprId(45)),
        ])
    };
    check(inside(0, 1), "");
    check(inside(1, 7), "");
    check(
        inside(0, 0),
        "expression 46 has a variable that is of no quantifier around it",
    );
    check(
        inside(1, 0),
        "expression 46 has a variable that is of no quantifier around it",
    );
    // Beside each other, and in the set, they may be of the same level.
    check(
        add_all(vec![
            any(0, ExprId(29)),
            Expr::If(ExprId(43), ExprId(19), ExprId(26)),
            quantified(Quantifier::All, 0, ExprId(44), ExprId(29), 1),
        ]),
        "",
    );
    // A level that none is of.
    check(
        add_all(vec![
            user(1),
            Expr::Equal(ExprId(43), ExprId(0)),
            any(0, ExprId(44)),
        ]),
        "expression 45 has a variable that is of no quantifier around it",
    );
}

#[test]
fn what_is_asked_leaves_no_variable_open() {
    let said = "expression 29 has a variable that is of no quantifier around it";
    let ask = |a: &mut Artifact| {
        if let Some(Node::Test { atom, .. }) = a.nodes.get_mut(12) {
            *atom = ExprId(29);
        }
    };
    check(ask, said);
    check(|a| a.plans[1].candidates[0].head = ExprId(29), said);
    check(|a| a.plans[1].candidates[0].holder = ExprId(29), said);
    check(|a| a.plans[1].candidates[0].clauses[0] = Some(ExprId(29)), said);
    check(
        |a| a.plans[1].candidates[1].obligations[0].fields = ExprId(29),
        said,
    );
}

#[test]
fn quantifiers_are_typed() {
    let check_quantified = |over: u32, body: u32, is_valid: bool| {
        let most = 5;
        check_atom(
            quantified(Quantifier::Any, 0, ExprId(over), ExprId(body), most),
            is_valid,
        );
    };
    check_quantified(26, 29, true);
    check_quantified(26, 4, true);
    check_quantified(33, 36, true);
    // The variable is a duration, and the set one of users; and the other way round.
    check_quantified(26, 36, false);
    check_quantified(33, 29, false);
    check_quantified(0, 29, false);
    check_quantified(26, 28, false);
    let count = quantified(Quantifier::Count, 0, ExprId(26), ExprId(29), 1);
    check_atom(count, false);
}

#[test]
fn how_many_elements_are_looked_at() {
    let most = |over: u32, most: u32| {
        add_all(vec![quantified(
            Quantifier::All,
            0,
            ExprId(over),
            ExprId(21),
            most,
        )])
    };
    check(most(26, 1_000_000), "");
    check(most(26, 0), "");
    check(
        most(26, 1_000_001),
        "expression 43 looks at a wrong number of elements",
    );
    check(most(33, 2), "");
    check(most(33, 1), "expression 43 looks at a wrong number of elements");
    check(most(19, 1), "expression 43 looks at a wrong number of elements");
}

#[test]
fn steps_of_quantifiers() {
    let id = ExprId;
    let exprs = Exprs(vec![
        Expr::Principal,                                           // 1
        user(0),                                                   // 1
        Expr::Equal(id(0), id(1)),                                 // 1 + 2
        Expr::Attribute { of: id(0), index: 2 },                   // 1 + 1
        quantified(Quantifier::Any, 0, id(3), id(2), 100),         // 1 + 2 + 100 * 4
        Expr::Set(types::USER, vec![id(0); 5]),                    // 6
        quantified(Quantifier::Any, 0, id(5), id(2), 100),         // 1 + 6 + 5 * 4 + 6 + 6 * 6 * 2
        quantified(Quantifier::Count, 0, id(3), id(2), 1_000_000), // 1 + 2 + 1000000 * 4
        Expr::Set(types::USERS, vec![id(5)]),                      // 7
        quantified(Quantifier::Any, 0, id(8), id(2), 1),           // 1 + 7 + 4 * (7 * 7 * 4) + 7 + 7 * 7 * 4
        Expr::Literal(Literal::Int(1)),                            // 1
        Expr::Set(types::INT, vec![id(10); 5]),                    // 6
        quantified(Quantifier::Any, 0, id(11), id(2), 100),        // 1 + 6 + 5 * 4
        quantified(Quantifier::Any, 1, id(3), id(4), 100),         // 1 + 2 + 100 * (403 + 1)
        Expr::Local(id(0), Arc::new(zone())),                      // 2
        Expr::Matches(id(0), Arc::new(digits())),                  // 2
    ]);
    let expected = [1, 1, 3, 2, 403, 6, 105, 4_000_003, 7, 995, 1, 6, 27, 40_403, 2, 2];
    assert_eq!(steps(&exprs), expected);
}

#[test]
fn deep_quantifiers() {
    // Each looks at a set as deep as itself: on a stack they all stand in one another.
    let nested = |depth: u32| {
        move |a: &mut Artifact| {
            let mut over = 26;
            for _ in 0..depth {
                a.exprs.0.push(Expr::If(ExprId(41), ExprId(over), ExprId(26)));
                over = a.exprs.len() as u32 - 1;
            }
            let mut body = 41;
            for level in (0..8).rev() {
                a.exprs
                    .0
                    .push(quantified(Quantifier::Any, level, ExprId(over), ExprId(body), 1));
                body = a.exprs.len() as u32 - 1;
            }
        }
    };
    check(nested(60), "");
    check(nested(61), "expression 111 is nested too deep");
}

#[test]
fn obligations() {
    check(
        |a| a.schema.obligations[0].record = RecordId(99),
        "obligation 0 refers to a record type that is not there",
    );
    check(
        |a| a.schema.obligations.push(a.schema.obligations[0].clone()),
        "the artifact has obligations that are not in order, or repeat",
    );
    check(
        |a| a.schema.obligations[0].record = RecordId(0),
        "expression 42 is not well-typed",
    );
    check(
        |a| a.plans[1].candidates[1].obligations[0].obligation = ObligationId(1),
        "the plan of request shape 1 refers to an obligation that is not there",
    );
    check(
        |a| a.plans[1].candidates[1].obligations[0].fields = ExprId(41),
        "expression 41 is not well-typed",
    );
    check(
        |a| a.plans[1].candidates[1].obligations[0].fields = ExprId(99),
        "the plan of request shape 1 refers to an expression that is not there",
    );
}

#[test]
fn candidates() {
    check(
        |a| a.plans[1].candidates[0].clauses.clear(),
        "the plan of request shape 1 has more or fewer conditions than a rule has clauses",
    );
    check(
        |a| a.rules[0].clauses.clear(),
        "the plan of request shape 1 has more or fewer conditions than a rule has clauses",
    );
    check(
        |a| a.rules[0].clauses[0].position.file = 1,
        "rule 0 refers to a file that is not there",
    );
    check(|a| a.plans[1].candidates[0].clauses[0] = None, "");
    check(
        |a| a.plans[1].candidates[0].clauses[0] = Some(ExprId(0)),
        "expression 0 is not well-typed",
    );
    check(
        |a| a.plans[1].candidates[0].head = ExprId(1),
        "expression 1 is not well-typed",
    );
    check(
        |a| a.plans[1].candidates[0].holder = ExprId(99),
        "the plan of request shape 1 refers to an expression that is not there",
    );
    check(
        |a| a.plans[2].candidates[0].clauses[0] = Some(ExprId(9)),
        "expression 9 is not well-typed",
    );
}

#[test]
fn fields_with_limits() {
    check(
        |a| a.schema.entity_types[4].attributes.0[2].most = Some(0),
        "entity type 4 has a limit of elements where there can be none",
    );
    check(
        |a| a.schema.entity_types[4].attributes.0[1].most = Some(1),
        "entity type 4 has a limit of elements where there can be none",
    );
    check(|a| a.schema.records[1].0[1].most = Some(7), "");
}

#[test]
fn plans_say_what_they_read() {
    let said = "the plan of request shape 1 says of decisions that they read something else than they do";
    check_exactly(|a| a.plans[1].reads.principal.attributes.push(3), said);
    check_exactly(|a| a.plans[1].reads.principal.attributes.clear(), said);
    check_exactly(|a| a.plans[1].reads.resource.ancestors = false, said);
    check_exactly(|a| a.plans[1].reads.context.clear(), said);
    check_exactly(|a| a.plans[1].reads.others.clear(), said);
    check_exactly(|a| a.plans[1].reads.grants.clear(), said);
    check_exactly(|a| a.plans[1].reads = Reads::default(), said);
}
