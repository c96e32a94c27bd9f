//! What the parser makes of texts that it can read.

use dictum_syntax::ast::{
    Actions, DeclarationKind, EntityRef, Expr, ExprKind, File, Held, Ident, TestEntity, TestItem,
    TypeExprKind, With,
};
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
        ExprKind::AndThen(operands) => list("and then", &operands.iter().collect::<Vec<_>>()),
        ExprKind::OrElse(operands) => list("or else", &operands.iter().collect::<Vec<_>>()),
        ExprKind::If(condition, then, otherwise) => list("if", &[condition, then, otherwise]),
        ExprKind::Has(of, path) => list("has", &[of, path]),
        ExprKind::Is(of, ty, None) => list(&format!("is {}", ty.name), &[of]),
        ExprKind::Is(of, ty, Some(ancestor)) => list(&format!("is {} in", ty.name), &[of, ancestor]),
        ExprKind::IsEmpty(of) => list("is empty", &[of]),
        ExprKind::Like(of, pattern, _) => format!("(like {} {:?})", show(of), pattern.0),
        ExprKind::Otherwise(a, b) => list("otherwise", &[a, b]),
        ExprKind::Call(function, arguments) => {
            let arguments: Vec<&Expr> = arguments.iter().collect();
            list(&format!("{}()", function.name), &arguments)
        }
        ExprKind::Matches(of, pattern) => format!("(matches {} {:?})", show(of), pattern.value),
        ExprKind::Quantified(quantifier, variable, over, body) => {
            list(&format!("{quantifier:?} {} in", variable.name), &[over, body])
        }
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
fn paths_with_keys() {
    check("a has b[\"k\"]", "(has a ([] b \"k\"))");
    check(
        "a.b has c[d.e].f and g",
        "(and (has (.b a) (.f ([] c (.e d)))) g)",
    );
}

#[test]
fn sequences() {
    check("a and then b and then c", "(and then a b c)");
    check("a or else b or else c", "(or else a b c)");
    check("a or b and then c", "(or a (and then b c))");
    check("a or else b and c or else d", "(or else a (and b c) d)");
    check("(a and b) and then c", "(and then (and a b) c)");
    check("a and then not b == c", "(and then a (not (== b c)))");
    check(
        "if a and then b then c or else d else e",
        "(if (and then a b) (or else c d) e)",
    );
    check("a and then b otherwise false", "(otherwise (and then a b) false)");
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
    check(r"`a.b\n`.`c.d\u{6e}` == ``", "(== (.c.dn `a.b\n`) ``)");
    check(r#"`\`\\`.`\"\t`"#, "(.\"\t `\\`\\\\`)");
    check("`Weekday`.`Ip`", "(.Ip `Weekday`)");
    check("`weekday`.Ip", "(.Ip weekday)");
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
    check("-9223372036854775808ms", "duration -106751991167d7h12m55s808ms");
    check("-922337203685477.5808", "decimal -922337203685477.5808");
    check("-7", "(neg 7)");
    check("1.5", "decimal 1.5");
    check("1h30m", "duration 1h30m");
    check("15m.in_minutes", "(.in_minutes duration 15m)");
    check("true", "true");
    check(r#""a\n\t\"\\\u{e9}""#, r#""a\n\t\"\\é""#);
    check("time\"2026-01-05\"", "time 2026-01-05T00:00:00Z");
    check("time\"+012026-01-05\"", "time +012026-01-05T00:00:00Z");
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
    assert_eq!(
        (rule.head.who.len(), rule.head.what.len(), rule.clauses.len()),
        (3, 1, 3)
    );
    assert!(matches!(rule.head.actions, Actions::Any(_)));
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
    let [TestItem::Case(case)] = test.items.as_slice() else {
        panic!()
    };
    assert_eq!(names(&case.by), "l r");
    assert!(test.using.is_some() && test.context.is_some() && !case.allow);
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

#[test]
fn quantifiers_and_calls() {
    check("any x in s: x.ok and y", "(Any x in s (and (.ok x) y))");
    check(
        "all x in s.t: x in resource.labels or a",
        "(All x in (.t s) (or (in x (.labels resource)) a))",
    );
    check("(count x in s: x > 1) > 2", "(> (Count x in s (> x 1)) 2)");
    check("any x in a in b: c", "(Any x in (in a b) c)");
    check(
        "all x in s: any y in t: x == y",
        "(All x in s (Any y in t (== x y)))",
    );
    check("if any x in s: x then a else b", "(if (Any x in s x) a b)");
    check("any x in s: if x then a else b", "(Any x in s (if x a b))");
    check("any x in (if a then b else c): x", "(Any x in (if a b c) x)");
    check("not (any x in s: x) and b", "(and (not (Any x in s x)) b)");
    check("{ a: any x in s: x, b: 1 }.a", "(.a {a: (Any x in s x), b: 1})");
    check("f(any x in s: x, 1,)", "(f() (Any x in s x) 1)");
    check("f()", "(f() )");
    check("f(a, g(b)).c[0]", "([] (.c (f() a (g() b))) 0)");
    check("a.f(b)", "(.f() a b)");
    check("`f g`(a)", "(f g() a)");
    check(
        "context.now.at(\"Europe/Berlin\").time_of_day",
        "(.time_of_day (.at() (.now context) \"Europe/Berlin\"))",
    );
    check(r#"a matches r"\d+\.[a-z]""#, r#"(matches a "\\d+\\.[a-z]")"#);
    check(
        r#"not a.b matches r"" or c"#,
        r#"(or (not (matches (.b a) "")) c)"#,
    );
    check("{ \"x-y\": 1, z: 2 }[\"x-y\"]", "([] {x-y: 1, z: 2} \"x-y\")");
}

#[test]
fn paths() {
    check("a.b.c", "(.c (.b a))");
    check("a.b.User::\"x\".c", "(.c a.b.User::\"x\")");
    check("a . `b c` . User :: \"x\"", "a.b c.User::\"x\"");
    check("`Ip` . `b.c` . `Ip` :: \"x\"", "Ip.`b.c`.Ip::\"x\"");
    check("a is `Ip`", "(is `Ip` a)");
    check("a is Ip", "(is Ip a)");
    check("a is b.C in b.D::\"x\"", "(is b.C in a b.D::\"x\")");
    check("a is b.C", "(is b.C a)");
    check("a.b.f(x)", "(.f() (.b a) x)");
    let shown = |text: &str| format!("{:?}", read(text).declarations);
    for (text, expected) in [
        (
            "entity A in b.C, d.e.F { a: b.C, b: Set<b.D> }",
            vec!["b.C", "d.e.F", "b.D"],
        ),
        ("action a in b.c, d by e.F on g.H, I", vec!["b.c", "e.F", "g.H"]),
        (
            "role r on a.B includes c.d, e { f.g, h }",
            vec!["a.B", "c.d", "f.g"],
        ),
        (
            "permit a.B, c.D::\"x\", e in f.G::\"y\" to h.i on j.K, l.M in n.O::\"z\" with p.q",
            vec!["a.B", "c.D", "f.G", "h.i", "j.K", "l.M", "n.O", "p.q"],
        ),
        (
            "fixture f on a.g { a.B::\"x\" in a.C::\"y\" grant a.r on a.D::\"d\" to a.B::\"x\" }",
            vec!["a.g", "a.B", "a.C", "a.r", "a.D"],
        ),
        (
            "test \"t\" using a.f { allow b.C::\"x\" to d.e on f.G::\"y\" by h.i, j with k.l }",
            vec!["a.f", "b.C", "d.e", "f.G", "h.i", "k.l"],
        ),
        ("exclusive a.b, c.d on e.F", vec!["a.b", "c.d", "e.F"]),
        ("principals a.B, C", vec!["a.B"]),
        ("never a.r to any on a.B", vec!["a.r", "a.B"]),
    ] {
        let tree = shown(text);
        for name in expected {
            assert!(
                tree.contains(&format!("name: {name:?}")) || tree.contains(&format!("Name({name:?})")),
                "{text}: {name}"
            );
        }
    }
}

#[test]
fn modules_functions_and_constants() {
    let file = read(
        "module a.`b c`.d\nuse e.f\nuse e.{G, h,}\nuse e.i.J\n\
         fn f(a: Set<Int, 20>, b: { c: Map<x.Y, 1_000> },) = a contains b\n\
         fn g() = 1\nconst C = any x in s: x\nconst D: Set<Int> = []\nprincipals A, b.C",
    );
    let shown: Vec<String> = file
        .declarations
        .iter()
        .map(|declaration| match &declaration.kind {
            DeclarationKind::Module(module) => format!("module {}", module.path.name),
            DeclarationKind::Use(import) => {
                let names = import.names.iter().flatten().map(|name| name.name.as_str());
                format!("use {} {:?}", import.path.name, names.collect::<Vec<_>>())
            }
            DeclarationKind::Function(function) => {
                let parameters = function
                    .parameters
                    .iter()
                    .map(|parameter| parameter.name.name.as_str());
                let parameters: Vec<_> = parameters.collect();
                format!(
                    "fn {} {parameters:?} {}",
                    function.name.name,
                    show(&function.body)
                )
            }
            DeclarationKind::Const(constant) => {
                let ty = constant.ty.is_some();
                format!("const {} {ty} {}", constant.name.name, show(&constant.value))
            }
            DeclarationKind::Principals(principals) => format!("principals {}", principals.types.len()),
            other => format!("{other:?}"),
        })
        .collect();
    assert_eq!(
        shown,
        [
            "module a.b c.d",
            "use e.f []",
            "use e [\"G\", \"h\"]",
            "use e.i.J []",
            "fn f [\"a\", \"b\"] (contains a b)",
            "fn g [] 1",
            "const C false (Any x in s x)",
            "const D true []",
            "principals 2",
        ]
    );
    let DeclarationKind::Function(function) = &file.declarations[4].kind else {
        panic!()
    };
    let TypeExprKind::Set(_, Some(bound)) = function.parameters[0].ty.kind else {
        panic!()
    };
    assert_eq!(bound.most, 20);
}

#[test]
fn exclusive_roles_obligations_and_invariants() {
    let file = read(
        "sod: exclusive a, b, c on D, E because \"x\"\nobligation o { a: Int }\nobligation p\n\
         permit A to b on C when x with o { a: any y in s: y, b: 2 }, p\n\
         forbid A to b on C because \"y\" with p\nforbid A to b on C with p, o {} because \"y\"\n\
         l: never anyone to delete on D when not context.mfa unless x\nalways a.B to any on anything",
    );
    let shown: Vec<String> = file
        .declarations
        .iter()
        .map(|declaration| match &declaration.kind {
            DeclarationKind::Exclusive(exclusive) => format!(
                "exclusive {} {} {} {}",
                exclusive.label.is_some(),
                exclusive.roles.len(),
                exclusive.on.len(),
                exclusive.because.is_some()
            ),
            DeclarationKind::Obligation(obligation) => {
                format!("obligation {} {}", obligation.name.name, obligation.fields.len())
            }
            DeclarationKind::Rule(rule) => {
                let with = |with: &With| {
                    let fields = with.fields.as_ref().map(Vec::len);
                    format!(" {} {fields:?}", with.name.name)
                };
                let obligations: String = rule.obligations.iter().map(with).collect();
                format!("rule {}{obligations}", rule.because.is_some())
            }
            DeclarationKind::Invariant(invariant) => format!(
                "{} {} {}",
                invariant.always,
                invariant.label.is_some(),
                invariant.clauses.len()
            ),
            other => format!("{other:?}"),
        })
        .collect();
    assert_eq!(
        shown,
        [
            "exclusive true 3 2 true",
            "obligation o 1",
            "obligation p 0",
            "rule false o Some(2) p None",
            "rule true p None",
            "rule true p None o Some(0)",
            "false true 2",
            "true false 0",
        ]
    );
}

#[test]
fn tables_in_tests() {
    let file = read(
        "fixture f on a.g { A::\"x\" }\n\
         test \"t\" using f { context { a: 1 } for u in [A::\"x\", A::\"y\",] { allow u to b on C::\"c\" \
         for d in [] { deny u to b on d by r with o, p { a: 1 } given { a: 2 } } } allow A::\"x\" to b on C::\"c\" with o by r }",
    );
    let [fixture, test] = file.declarations.as_slice() else {
        panic!()
    };
    let DeclarationKind::Fixture(fixture) = &fixture.kind else {
        panic!()
    };
    assert_eq!(fixture.base.as_ref().map(|base| base.name.as_str()), Some("a.g"));
    let DeclarationKind::Test(test) = &test.kind else {
        panic!()
    };
    let [TestItem::For(outer), TestItem::Case(last)] = test.items.as_slice() else {
        panic!()
    };
    assert_eq!((outer.variable.name.as_str(), outer.values.len()), ("u", 2));
    let [TestItem::Case(first), TestItem::For(inner)] = outer.items.as_slice() else {
        panic!()
    };
    assert!(matches!(&first.principal, TestEntity::Variable(name) if name.name == "u"));
    assert!(matches!(&first.resource, TestEntity::Entity(_)));
    let [TestItem::Case(deny)] = inner.items.as_slice() else {
        panic!()
    };
    assert!(matches!(&deny.resource, TestEntity::Variable(name) if name.name == "d"));
    assert_eq!((deny.with.len(), deny.by.len(), deny.given.len()), (2, 1, 1));
    assert_eq!((last.with.len(), last.by.len()), (1, 1));
}

/// Whatever is broken, what stands at the margin behind it is read.
#[test]
fn broken_parts_end_at_the_next_declaration() {
    let whole = [
        "module a",
        "use a.{b}",
        "use a",
        "principals A",
        "obligation o { a: Int }",
        "obligation p",
        "fn f(a: Set<Int>) = any x in a: x > 1",
        "const c: Set<Int> = []",
        "const d = r.e",
        "l: exclusive a, b on C because \"d\"",
        "exclusive a, b on C",
        "l: never A to b on C",
        "always A to any on anything when action == b",
        "permit A to b on C with o { a: 1 }, p",
        "fixture f on g {}",
        "test \"t\" { for u in [] { allow u to b on u with o { a: 1 } } }",
        "context { a: Int }",
        "action e",
    ];
    let broken = [
        "use a.{b",
        "use a.",
        "principals A,",
        "obligation o {",
        "fn f(a: Set<",
        "fn f() =",
        "fn f(",
        "const c: Set<Int> = [",
        "const c = any x in s:",
        "const c = any x in",
        "const c =",
        "l: exclusive a,",
        "exclusive",
        "l: never",
        "permit A to b on C with",
        "permit A to b on C with o {",
        "permit A to b on C when a matches",
        "fixture f on",
        "test \"t\" { for u in [",
        "test \"t\" { for u in [] { allow u",
        "test \"t\" { context { a: 1 } for",
    ];
    for first in broken {
        for second in whole.iter().skip(1) {
            let mut sources = Sources::new();
            let id = sources.add("a", format!("module a\n{first}\n{second}\nentity Last"));
            let (file, diagnostics) = parse(&sources, id);
            // `action` and `context` may be what the line before asks for.
            let may_go_on = second.starts_with("context") || second.starts_with("action");
            let errors: Vec<&str> = diagnostics.iter().map(|found| found.message.as_str()).collect();
            assert!(errors.len() == 1 || may_go_on, "{first}\n{second}\n{errors:?}");
            assert!(file.declarations.len() == 3 || may_go_on, "{first}\n{second}");
        }
    }
    // On one line, too.
    for first in whole {
        for second in whole.iter().skip(1) {
            let text = format!("{first} {second}");
            let mut sources = Sources::new();
            let id = sources.add("a", text.as_str());
            let (file, diagnostics) = parse(&sources, id);
            assert_eq!((diagnostics.len(), file.declarations.len()), (0, 2), "{text}");
        }
    }
}
