//! What the parser makes of texts that it can read.

use dictum_syntax::ast::{Actions, DeclarationKind, EntityRef, Expr, ExprKind, File, Held, Ident};
use dictum_syntax::parse;
use dictum_syntax::source::Sources;

pub(crate) fn read(text: &str) -> File {
    let mut sources = Sources::new();
    let id = sources.add("a.dictum", text);
    let (file, diagnostics) = parse(&sources, id);
    assert_eq!(diagnostics, [], "{text}");
    assert_eq!(file.broken, [], "{text}");
    file
}

/// The expression after `when`, in prefix form.
fn check(expression: &str, expected: &str) {
    let file = read(&format!("permit User to read on Doc when {expression}"));
    let [declaration] = file.declarations.as_slice() else {
        panic!("{expression}")
    };
    let DeclarationKind::Rule(rule) = &declaration.kind else {
        panic!("{expression}")
    };
    assert_eq!(show(&rule.clauses[0].condition), expected, "{expression}");
}

fn show(expr: &Expr) -> String {
    let list = |word: &str, parts: &[&Expr]| {
        let parts: Vec<String> = parts.iter().map(|part| show(part)).collect();
        format!("({word} {})", parts.join(" "))
    };
    let entries = |entries: &[(Ident, Expr)]| {
        let parts: Vec<String> = entries
            .iter()
            .map(|(name, value)| format!("{}: {}", name.name, show(value)))
            .collect();
        format!("{{{}}}", parts.join(", "))
    };
    match &expr.kind {
        ExprKind::Bool(value) => value.to_string(),
        ExprKind::Int(value) => value.to_string(),
        ExprKind::Decimal(value) => format!("decimal {value}"),
        ExprKind::String(value) => format!("{value:?}"),
        ExprKind::Timestamp(value) => format!("time {value}"),
        ExprKind::Duration(value) => format!("duration {value}"),
        ExprKind::Ip(value) => format!("ip {value}"),
        ExprKind::Entity(EntityRef { ty, id, .. }) => format!("{}::{:?}", ty.name, id.value),
        ExprKind::Name(name) => name.clone(),
        ExprKind::Principal => "principal".to_owned(),
        ExprKind::Resource => "resource".to_owned(),
        ExprKind::Action => "action".to_owned(),
        ExprKind::Context => "context".to_owned(),
        ExprKind::Field(of, name) => list(&format!(".{}", name.name), &[of]),
        ExprKind::Method(of, name, arguments) => {
            let parts: Vec<&Expr> = std::iter::once(&**of).chain(arguments).collect();
            list(&format!(".{}()", name.name), &parts)
        }
        ExprKind::Index(of, key) => list("[]", &[of, key]),
        ExprKind::Set(elements) => {
            let parts: Vec<String> = elements.iter().map(show).collect();
            format!("[{}]", parts.join(", "))
        }
        ExprKind::Record(fields) => entries(fields),
        ExprKind::Not(operand) => list("not", &[operand]),
        ExprKind::Negate(operand) => list("neg", &[operand]),
        ExprKind::Binary(operator, a, b) => list(operator.symbol(), &[a, b]),
        ExprKind::And(operands) => list("and", &operands.iter().collect::<Vec<_>>()),
        ExprKind::Or(operands) => list("or", &operands.iter().collect::<Vec<_>>()),
        ExprKind::If(condition, then, otherwise) => list("if", &[condition, then, otherwise]),
        ExprKind::Has(of, path) => list("has", &[of, path]),
        ExprKind::Is(of, ty, None) => list(&format!("is {}", ty.name), &[of]),
        ExprKind::Is(of, ty, Some(ancestor)) => list(&format!("is {} in", ty.name), &[of, ancestor]),
        ExprKind::IsEmpty(of) => list("is empty", &[of]),
        ExprKind::Like(of, pattern, _) => format!("(like {} {:?})", show(of), pattern.0),
        ExprKind::Otherwise(a, b) => list("otherwise", &[a, b]),
    }
}

#[test]
fn connectives() {
    check("a or b and c", "(or a (and b c))");
    check("a and b or c and d or e", "(or (and a b) (and c d) e)");
    check("a and b and c", "(and a b c)");
    check("a and (b and c)", "(and a (and b c))");
    check("not a and b", "(and (not a) b)");
    check("not a == b", "(not (== a b))");
    check("not not a in b", "(not (not (in a b)))");
    check("a and not b or not c", "(or (and a (not b)) (not c))");
    check("a or b otherwise false", "(otherwise (or a b) false)");
    check("a otherwise b otherwise c", "(otherwise (otherwise a b) c)");
    check("a otherwise (b or c)", "(otherwise a (or b c))");
}

#[test]
fn comparisons() {
    check("a == b", "(== a b)");
    check("a != b and c <= d", "(and (!= a b) (<= c d))");
    check("a + 1 < b * 2", "(< (+ a 1) (* b 2))");
    check("a ?? b == c", "(== (?? a b) c)");
    check("a in [b, c]", "(in a [b, c])");
    check("a contains b", "(contains a b)");
    check(
        "a contains all [b] or a contains any c",
        "(or (contains all a [b]) (contains any a c))",
    );
    check("a is empty and b", "(and (is empty a) b)");
    check("principal is User", "(is User principal)");
    check(
        "principal is User in Group::\"g\" or b",
        "(or (is User in principal Group::\"g\") b)",
    );
    check("a like \"x*\\*\"", "(like a [\"x\", \"*\"])");
    check("resource has a.b and c", "(and (has resource (.b a)) c)");
    check("m has \"k\"", "(has m \"k\")");
    check("(a < b) == c", "(== (< a b) c)");
}

#[test]
fn arithmetic() {
    check("a + b - c + d", "(+ (- (+ a b) c) d)");
    check("a + b * c", "(+ a (* b c))");
    check("a * b * c", "(* (* a b) c)");
    check("a - -b", "(- a (neg b))");
    check("-a * b", "(* (neg a) b)");
    check("-a.b", "(neg (.b a))");
    check("--a", "(neg (neg a))");
    check("a ?? b ?? c", "(?? a (?? b c))");
    check("a ?? b + 1", "(?? a (+ b 1))");
    check("a -1", "(- a 1)");
}

#[test]
fn operands() {
    check("context.now.weekday", "(.weekday (.now context))");
    check("a.f(b, c,).g", "(.g (.f() a b c))");
    check("a.f()", "(.f() a)");
    check("m[\"k\"][l]", "([] ([] m \"k\") l)");
    check("{ a: 1 b: {} }.a", "(.a {a: 1, b: {}})");
    check("[]", "[]");
    check("[a, [b],]", "[a, [b]]");
    check("User::\"a b\"", "User::\"a b\"");
    check("`x-y`.`in`", "(.in x-y)");
    check("Clearance.secret", "(.secret Clearance)");
    check("action in edit", "(in action edit)");
    check("if a then b else c", "(if a b c)");
    check(
        "if a then b else if c then d else e or f",
        "(if a b (if c d (or e f)))",
    );
    check("if if a then b else c then d else e", "(if (if a b c) d e)");
}

#[test]
fn literals() {
    check("1_000", "1000");
    check("-9223372036854775808", "-9223372036854775808");
    check("- 9223372036854775808", "-9223372036854775808");
    check("-7", "(neg 7)");
    check("1.5", "decimal 1.5");
    check("1h30m", "duration 1h30m");
    check("15m.in_minutes", "(.in_minutes duration 15m)");
    check("true", "true");
    check(r#""a\n\t\"\\\u{e9}""#, r#""a\n\t\"\\é""#);
    check("time\"2026-01-05\"", "time 2026-01-05T00:00:00Z");
    check("ip\"10.0.0.0/8\"", "ip 10.0.0.0/8");
}

/// The docs and annotations of each declaration and field, as `name: docs @annotations`.
fn check_docs(text: &str, expected: &[&str]) {
    let mut found = Vec::new();
    for declaration in read(text).declarations {
        let (name, fields) = match declaration.kind {
            DeclarationKind::Entity(entity) => (entity.name.name, entity.attributes),
            DeclarationKind::Context(context) => ("context".to_owned(), context.fields),
            _ => ("other".to_owned(), Vec::new()),
        };
        let mut line = format!("{name}: {}", declaration.docs.join("|"));
        for annotation in declaration.annotations {
            let text = annotation.text.map(|text| format!("({})", text.value));
            line += &format!(" @{}{}", annotation.name.name, text.unwrap_or_default());
        }
        found.push(line);
        found.extend(
            fields
                .into_iter()
                .map(|field| format!("  {}: {}", field.name.name, field.docs.join("|"))),
        );
    }
    assert_eq!(found, expected, "{text}");
}

#[test]
fn docs_and_annotations() {
    check_docs("/// a\n///  b \n///\nentity A", &["A: a| b|"]);
    check_docs("// no\n/// a\n// no\n/// b\nentity A", &["A: a|b"]);
    check_docs("/// a\n\nentity A", &["A: a"]);
    check_docs("//// no\nentity A", &["A: "]);
    check_docs(
        "/// a\n@x /// no\n@y(\"z\")\n/// b\nentity A",
        &["A: a|b @x @y(z)"],
    );
    check_docs("/// a\n@x\n/// b\n@y\n/// c\nentity A", &["A: a|b|c @x @y"]);
    check_docs("entity A /// no\nentity B", &["A: ", "B: "]);
    check_docs("entity A\n/// b\nentity B", &["A: ", "B: b"]);
    check_docs(
        "entity A {\n  /// x\n  a: Int, /// no\n  b: Int\n  /// c\n  c: Int\n  /// none\n}",
        &["A: ", "  a: x", "  b: ", "  c: c"],
    );
    check_docs(
        "/// of the file\r\n/// too\r\ncontext { }",
        &["context: of the file|too"],
    );
    check_docs("\u{feff}/// a\nentity A", &["A: a"]);
}

#[test]
fn declarations_keep_their_order_and_parts() {
    let file = read(
        "entity A in B, C { a?: Set<{ b: Map<Int> }> } = [\"x\", \"y\",]\n\
         ordered enum E { a, b }\n\
         action a, b in c by A on B, C { d: Int }\n\
         role r on A includes s, t { a, b, } held by grant or when x\n\
         l: forbid A in B::\"b\", r, A::\"c\" to any on anything when a unless b when c because \"d\"\n\
         fixture f { A::\"a\" in B::\"b\", C::\"c\" { x: 1 y: 2 } grant r on anything to A::\"a\" until time\"2026-01-01\" }\n\
         test \"t\" using f { context { a: 1 } deny A::\"a\" to a on B::\"b\" given { a: 2 } by l, r }",
    );
    let kinds: Vec<&DeclarationKind> = file
        .declarations
        .iter()
        .map(|declaration| &declaration.kind)
        .collect();
    let [
        entity,
        DeclarationKind::Enum(variants),
        action,
        role,
        rule,
        fixture,
        test,
    ] = kinds.as_slice()
    else {
        panic!("{kinds:?}")
    };
    let names = |list: &[Ident]| {
        list.iter()
            .map(|name| name.name.clone())
            .collect::<Vec<_>>()
            .join(" ")
    };
    let DeclarationKind::Entity(entity) = entity else {
        panic!()
    };
    assert_eq!(names(&entity.parents), "B C");
    assert!(entity.attributes[0].optional);
    assert_eq!(entity.ids.as_ref().map(Vec::len), Some(2));
    assert!(variants.ordered && variants.variants.len() == 2);
    let DeclarationKind::Action(action) = action else {
        panic!()
    };
    assert_eq!(
        (names(&action.names), names(&action.groups)),
        ("a b".to_owned(), "c".to_owned())
    );
    assert_eq!(
        (names(&action.by), names(&action.on)),
        ("A".to_owned(), "B C".to_owned())
    );
    assert_eq!(action.context.len(), 1);
    let DeclarationKind::Role(role) = role else {
        panic!()
    };
    assert_eq!(
        (names(&role.includes), names(&role.actions)),
        ("s t".to_owned(), "a b".to_owned())
    );
    assert!(matches!(role.held, Held::ByGrantOrWhen(_)));
    let DeclarationKind::Rule(rule) = rule else {
        panic!()
    };
    assert_eq!((rule.who.len(), rule.what.len(), rule.clauses.len()), (3, 1, 3));
    assert!(matches!(rule.actions, Actions::Any(_)));
    assert_eq!(
        rule.because.as_ref().map(|because| because.value.as_str()),
        Some("d")
    );
    let DeclarationKind::Fixture(fixture) = fixture else {
        panic!()
    };
    assert_eq!(fixture.items.len(), 2);
    let DeclarationKind::Test(test) = test else {
        panic!()
    };
    assert_eq!(
        (test.cases.len(), names(&test.cases[0].by)),
        (1, "l r".to_owned())
    );
    assert!(test.using.is_some() && test.context.is_some() && !test.cases[0].allow);
}

/// Layout has no meaning: a declaration is not over because its next line starts at the margin.
#[test]
fn any_line_may_start_at_the_margin() {
    for text in [
        "permit User to read on Doc when a >\n9 and b\n<\nc or\naction\n==\nread",
        "permit User to\nread\non\nDoc\nwhen\ncontext\n.a\nunless\n{\na\n:\n1\n}\n.\na",
        "type T =\nSet<\nInt\n>\nentity\nA\n{\na:\nInt\n}\n=\n[\n\"a\"\n]",
        "@a\n(\n\"b\"\n)\nl\n:\npermit\nA\n::\n\"a\"\nto\nany\non\nanything",
        "test\n\"t\"\nusing\nf\n{\ncontext\n{\n}\nallow\nA\n::\n\"a\"\nto\nb\non\nC\n::\n\"c\"\nby\nr\n}",
        "permit A to b on C when x ==\naction\nentity D",
        "permit A to b on C when x and\ncontext\nl: permit A to b on C",
        "action\na\n,\nb\nin\nc\nby\nA\non\nB",
    ] {
        read(text);
    }
}

#[test]
fn a_broken_declaration_hides_no_other() {
    let mut sources = Sources::new();
    let text = "entity A { a Int }\nentity B\npermit A too b on B\nrole r on A {\nentity C\n)\nentity D\nx y\nentity E";
    let id = sources.add("a", text);
    let (file, diagnostics) = parse(&sources, id);
    let names: Vec<String> = file
        .declarations
        .into_iter()
        .filter_map(|declaration| match declaration.kind {
            DeclarationKind::Entity(entity) => Some(entity.name.name),
            _ => None,
        })
        .collect();
    assert_eq!(names, ["B", "C", "D", "E"]);
    let lines: Vec<u32> = diagnostics
        .iter()
        .map(|found| sources.line_column(found.span).0)
        .collect();
    assert_eq!(lines, [1, 3, 4, 6, 8]);
    let broken: Vec<&str> = file.broken.into_iter().map(|span| sources.text(span)).collect();
    assert_eq!(
        broken,
        [
            "entity A { a Int }",
            "permit A too b on B",
            "role r on A {",
            ")",
            "x y"
        ]
    );
}
