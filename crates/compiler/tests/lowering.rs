//! What conditions become: the decision DAG of the only shape of small policies, as text.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::fmt::Write as _;

use dictum_artifact::dag::{Artifact, Node, NodeId, Question};
use dictum_artifact::expr::{Expr, ExprId};
use dictum_compiler::compile;
use dictum_syntax::source::Sources;

const SCHEMA: &str = "entity U { a: Bool, b: Bool, c: Bool, n: Int } entity D action read by U on D\n";

fn artifact(rules: &str) -> Artifact {
    let mut sources = Sources::new();
    sources.add("test.dictum", format!("{SCHEMA}{rules}"));
    let (program, diagnostics) = compile(&sources);
    program.unwrap_or_else(|| panic!("{diagnostics:#?}")).artifact
}

/// The DAG from its root on: `a? -> yes : no`, where `a?` asks whether `a` is true and `a-?` whether it is false.
fn dag(artifact: &Artifact, root: NodeId) -> String {
    let label = |rule: usize| artifact.rules[rule].label.clone();
    match artifact.nodes[root.index()] {
        Node::Test {
            question,
            atom,
            yes,
            no,
        } => {
            let sign = match question {
                Question::IsTrue => "",
                Question::IsFalse => "-",
            };
            format!(
                "({}{sign}? {} : {})",
                atom_text(artifact, atom),
                dag(artifact, yes),
                dag(artifact, no)
            )
        }
        Node::Allow(rule) => format!("allow {}", label(rule.index())),
        Node::Deny(rule) => format!("deny {}", label(rule.index())),
        Node::DenyByDefault => "deny".to_owned(),
        Node::Fires => "fires".to_owned(),
        Node::Rests => "rests".to_owned(),
    }
}

fn atom_text(artifact: &Artifact, id: ExprId) -> String {
    match artifact.exprs.get(id).unwrap() {
        Expr::Attribute { index, .. } => ["a", "b", "c", "n"][*index as usize].to_owned(),
        Expr::Principal => "U".to_owned(),
        Expr::Resource => "D".to_owned(),
        expr => {
            let mut text = format!("{expr:?}")
                .split(['(', ' '])
                .next()
                .unwrap_or_default()
                .to_owned();
            expr.operands(|operand| write!(text, ".{}", atom_text(artifact, operand)).unwrap());
            text
        }
    }
}

fn check(rules: &str, expected: &str) {
    let artifact = artifact(rules);
    assert_eq!(dag(&artifact, artifact.plans[0].decide), expected, "{rules}");
}

#[test]
fn a_permit_asks_whether_its_condition_is_true() {
    check("x: permit U to read on D", "allow x");
    check("x: permit U to read on D when principal.a", "(a? allow x : deny)");
    check(
        "x: permit U to read on D unless principal.a",
        "(a-? allow x : deny)",
    );
    check(
        "x: permit U to read on D when principal.a and principal.b",
        "(a? (b? allow x : deny) : deny)",
    );
    check(
        "x: permit U to read on D when principal.a or principal.b",
        "(a? allow x : (b? allow x : deny))",
    );
}

#[test]
fn a_forbid_asks_whether_its_condition_is_false() {
    check("x: forbid U to read on D", "deny x");
    check("x: forbid U to read on D when principal.a", "(a-? deny : deny x)");
    check(
        "x: forbid U to read on D unless principal.a",
        "(a? deny : deny x)",
    );
    check(
        "x: forbid U to read on D when principal.a and principal.b",
        "(a-? deny : (b-? deny : deny x))",
    );
}

#[test]
fn negation_swaps_the_question() {
    check(
        "x: permit U to read on D when not (principal.a and principal.b)",
        "(a-? allow x : (b-? allow x : deny))",
    );
    check(
        "x: permit U to read on D when not not principal.a",
        "(a? allow x : deny)",
    );
    check(
        "x: permit U to read on D when principal.n != 1",
        "(Equal.n.Literal-? allow x : deny)",
    );
}

#[test]
fn sequences_tell_three_values_apart_where_it_matters() {
    check(
        "x: permit U to read on D when principal.a and then principal.b",
        "(a? (b? allow x : deny) : deny)",
    );
    check(
        "x: permit U to read on D when principal.a or else principal.b",
        "(a? allow x : (a-? (b? allow x : deny) : deny))",
    );
    check(
        "x: forbid U to read on D when principal.a and then principal.b",
        "(a? (b-? deny : deny x) : (a-? deny : deny x))",
    );
    check(
        "x: forbid U to read on D when principal.a or else principal.b",
        "(a-? (b-? deny : deny x) : deny x)",
    );
    check(
        "x: forbid U to read on D when (principal.a and principal.b) and then principal.c",
        "(And.a.b? (c-? deny : deny x) : (And.a.b-? deny : deny x))",
    );
}

#[test]
fn a_sequence_of_what_is_never_undefined_is_and_or_or() {
    let schema = "entity U { a: Bool } entity D context { k: Bool } action read by U on D\n";
    let exprs = |condition: &str| {
        let mut sources = Sources::new();
        let rule = format!("x: forbid U to read on D when {condition}");
        sources.add("test.dictum", format!("{schema}{rule}"));
        compile(&sources).0.unwrap().artifact.exprs
    };
    let (sequence, kleene) = ("context.k and then principal.a", "context.k and principal.a");
    assert_eq!(exprs(sequence), exprs(kleene));
    let (sequence, kleene) = ("context.k or else principal.a", "context.k or principal.a");
    assert_eq!(exprs(sequence), exprs(kleene));
}

#[test]
fn alternations_of_sequences_are_linear() {
    let nest = |levels: usize, joints: &[&str]| {
        (0..levels).fold("principal.a".to_owned(), |inner, level| {
            let joint = joints[level % joints.len()];
            format!("({inner} {joint} principal.n == {level})")
        })
    };
    let all = [
        &["and then", "or else"][..],
        &["or else", "and then"],
        &["and then", "or"],
        &["and", "or else"],
        &["and then", "and", "or else", "or"],
    ];
    for joints in all {
        for effect in ["permit", "forbid"] {
            let rule = format!("x: {effect} U to read on D when {}", nest(100, joints));
            let artifact = artifact(&rule);
            // Two tests of each atom, once in the shape's DAG and once in the rule's own; four leaves.
            let nodes = artifact.nodes.len();
            assert!(nodes <= 2 * 2 * 101 + 4, "{nodes} of {effect} with {joints:?}");
            assert!(artifact.exprs.len() <= 5 * 101, "{}", artifact.exprs.len());
            let steps = dictum_artifact::validate::steps(&artifact.exprs);
            let most = artifact.nodes.iter().map(|node| match node {
                Node::Test { atom, .. } => steps[atom.index()],
                Node::Allow(_) | Node::Deny(_) | Node::DenyByDefault | Node::Fires | Node::Rests => 0,
            });
            assert!(most.sum::<u64>() <= 10 * 2 * 2 * 101, "{joints:?}");
        }
    }
}

#[test]
fn other_operators_are_atoms() {
    check(
        "x: permit U to read on D when (if principal.a then principal.b else principal.c) and principal.b",
        "(If.a.b.c? (b? allow x : deny) : deny)",
    );
    check(
        "x: permit U to read on D when principal.a otherwise false",
        "(Otherwise.a.Literal? allow x : deny)",
    );
}

#[test]
fn forbids_come_first_and_then_permits_each_in_the_order_of_the_source() {
    check(
        "p: permit U to read on D when principal.a
         f: forbid U to read on D when principal.b
         q: permit U to read on D when principal.c",
        "(b-? (a? allow p : (c? allow q : deny)) : deny f)",
    );
}

#[test]
fn the_head_is_asked_before_the_condition() {
    check(
        "x: forbid U::\"u\" to read on D when principal.a",
        "(Equal.U.Literal? (a-? deny : deny x) : deny)",
    );
}

#[test]
fn a_role_as_who_is_a_part_of_the_condition() {
    check(
        "role r on D {} held when principal.a  x: forbid r to read on D when principal.b",
        "(a-? deny : (b-? deny : deny x))",
    );
    check("role r on D { read }", "(GrantHeld? allow r : deny)");
}

#[test]
fn a_rule_that_cannot_fire_leaves_no_node() {
    check("x: permit U to read on D when principal.a and false", "deny");
    check("role r on D { read } held when false", "deny");
}

#[test]
fn equal_parts_are_one_node() {
    let rules: String = (0..100)
        .map(|i| format!("r{i}: permit U to read on D when principal.a and principal.n == {i}\n"))
        .collect();
    let artifact = artifact(&rules);
    // A test of `a`, a test of `n` and a leaf for each rule, once in the shape's DAG and once in the rule's own; three leaves.
    assert!(artifact.nodes.len() <= 100 * 5 + 3, "{}", artifact.nodes.len());
    assert_eq!(artifact.plans[0].candidates.len(), 100);
}

#[test]
fn a_long_chain_is_linear() {
    let terms: Vec<String> = (0..20_000).map(|i| format!("principal.n == {i}")).collect();
    let artifact = artifact(&format!("x: permit U to read on D when {}", terms.join(" or ")));
    assert!(artifact.nodes.len() <= 2 * 20_000 + 5, "{}", artifact.nodes.len());
}

#[test]
fn the_same_source_gives_the_same_artifact() {
    let rules =
        "role r on D { read }  x: permit r, U::\"u\" to read on D when principal.a or principal.n in [1, 2]";
    assert_eq!(artifact(rules), artifact(rules));
}
