//! The canonical layout of short texts.

use dictum_syntax::ast::File;
use dictum_syntax::diagnostic::Severity;
use dictum_syntax::format::format;
use dictum_syntax::lexer;
use dictum_syntax::parse;
use dictum_syntax::source::Sources;

/// Formats a text that can be read, and asserts all that holds of every layout: it reads as the same tree and has the same
/// tokens and comments, and its own layout is the same.
pub(crate) fn formatted(text: &str) -> String {
    let mut sources = Sources::new();
    let id = sources.add("a.dictum", text);
    let once = format(&sources, id).unwrap_or_else(|errors| panic!("{errors:?}\n{text}"));
    let again = sources.add("b.dictum", once.as_str());
    let twice = format(&sources, again).unwrap_or_else(|errors| panic!("{errors:?}\n{once}"));
    let changed = once
        .lines()
        .zip(twice.lines())
        .find(|(once, twice)| once != twice);
    assert_eq!(
        changed, None,
        "a second time:\n{twice}\n-- once:\n{once}\n-- of:\n{text}"
    );
    assert_eq!(once, twice);
    assert_eq!(tokens(text), tokens(&once), "{text}\n--\n{once}");
    let (before, _) = parse(&sources, id);
    let (after, mut diagnostics) = parse(&sources, again);
    diagnostics.retain(|found| found.severity == Severity::Error);
    assert_eq!(diagnostics, [], "{once}");
    assert_eq!(tree(&before), tree(&after), "{text}\n--\n{once}");
    assert!(
        !once.lines().any(|line| line.ends_with([' ', '\t', '\r'])),
        "{once}"
    );
    assert!(
        !once.contains("\n\n\n") && !once.starts_with('\n') && !once.ends_with("\n\n"),
        "{once}"
    );
    once
}

/// Tokens and comments, but for commas.
fn tokens(text: &str) -> Vec<&str> {
    let tokens = lexer::tokens(text);
    let texts = tokens
        .iter()
        .map(|token| token.text(text).trim_end_matches([' ', '\t', '\r']));
    texts.filter(|token| *token != ",").collect()
}

/// A tree without its places.
fn tree(file: &File) -> String {
    let shown = format!("{:?}", file.declarations);
    let mut parts = shown.split("Span {");
    let mut tree = parts.next().unwrap_or_default().to_owned();
    tree.extend(parts.map(|part| part.split_once('}').map_or("", |(_, rest)| rest)));
    tree
}

fn check(text: &str, expected: &str) {
    assert_eq!(formatted(text), expected, "{text}");
}

/// A text that is formatted already.
fn stays(text: &str) {
    check(text, text);
}

#[test]
fn one_line_where_it_fits() {
    check(
        "entity   A\n  in B,C\n{a:Int b?:Set < { c : Map<Int> } >,}=[ \"x\" ,\"y\",]",
        "entity A in B, C { a: Int, b?: Set<{ c: Map<Int> }> } = [\"x\", \"y\"]\n",
    );
    check("ordered\nenum E{a,b,}", "ordered enum E { a, b }\n");
    check("type T={a:Int}", "type T = { a: Int }\n");
    check("context{}enum E{}", "context {}\nenum E {}\n");
    check(
        "action a,b in c by A,B on C{d:Int}",
        "action a, b in c by A, B on C { d: Int }\n",
    );
    check(
        "role r on A includes s,t{a,b,}held by grant or when x",
        "role r on A includes s, t { a, b } held by grant or when x\n",
    );
    check(
        "role r on A held by grant role s on A held when x",
        "role r on A held by grant\nrole s on A held when x\n",
    );
    check(
        "l:permit A in B::\"b\",r,A::\"c\" to any on C in D::\"d\"\n  when x\n  unless y",
        "l: permit A in B::\"b\", r, A::\"c\" to any on C in D::\"d\" when x unless y\n",
    );
    check(
        "forbid anyone to a,b on anything because \"c\"",
        "forbid anyone to a, b on anything because \"c\"\n",
    );
    check("@a @b ( \"c\" ) entity A", "@a\n@b(\"c\")\nentity A\n");
    check("", "");
    check(" \n\n", "");
}

#[test]
fn expressions_on_one_line() {
    let check = |text: &str, expected: &str| {
        check(
            &format!("permit A to b on C when {text}"),
            &format!("permit A to b on C when {expected}\n"),
        );
    };
    check("a==b and(c or not d)", "a == b and (c or not d)");
    check("-a- -b*3+- -c", "-a - -b * 3 + --c");
    check("a . b ( c , d , ) [ e ]", "a.b(c, d)[e]");
    check("[ a,b , ] contains   all [ ]", "[a, b] contains all []");
    check("{a:1 b:{},}.a is empty", "{ a: 1, b: {} }.a is empty");
    check(
        "x is A in B :: \"b\" or m has \"k\"",
        "x is A in B::\"b\" or m has \"k\"",
    );
    check(
        "if a then b else if c then d else e",
        "if a then b else if c then d else e",
    );
    check(
        "a??b like \"x*\" otherwise false",
        "a ?? b like \"x*\" otherwise false",
    );
    check("a . b . c . d", "a.b.c.d");
}

#[test]
fn clauses_on_lines_of_their_own() {
    check(
        "r: permit User to read on Document when principal.department == resource.department and principal.clearance >= resource.classification unless resource.closed",
        "r: permit User to read on Document
  when principal.department == resource.department
   and principal.clearance >= resource.classification
  unless resource.closed
",
    );
    check(
        "r: forbid User to read on Document unless aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa and bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb or ccccccccccccccccccccccccc and ddddddddddddddddddd because \"because\"",
        "r: forbid User to read on Document
  unless aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa and bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb
      or ccccccccccccccccccccccccc and ddddddddddddddddddd
  because \"because\"
",
    );
    stays(
        "role developer on Route { safe, POST, PUT, PATCH }
  held when principal.roles contains \"developer\"
        and principal.department == resource.service.department
",
    );
    stays(
        "r: permit User to read on Document
  when (aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
        or bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb.ccccccccccc)
   and dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd
         == eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee
",
    );
    stays(
        "r: permit User to read on Document
  when if principal is User then aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
       else if principal is Service then bbbbbbbbbbbbbbbbbbbbbbbbbbbbbb
       else ccccccccccccccccccccccc
",
    );
    stays(
        "r: permit Aaaaaaaaaaaaaaaaaaaaaaaaaaa, Bbbbbbbbbbbbbbbbbbbbbbbbbb, Cccccccccccccccccccccccccc,
    Ddddddddd to aaaaaaaaaaaaaaaaaaaaaaaaa, bbbbbbbbbbbbbbbbbbbbbb, cccccccccccccccccccccccc,
    ddddddddddddddd, eeeeeeeee on Ffffffffffffffffffffffff
  when x
",
    );
}

#[test]
fn braces() {
    // Fields that do not fit, or that the source opens a line for, stand one on a line.
    stays("entity A {\n  a: Int\n  b: Int\n}\n");
    check(
        "entity A {\n  a: Int, b: Int }",
        "entity A {\n  a: Int\n  b: Int\n}\n",
    );
    check("entity A { a: Int,\n b: Int,\n}", "entity A { a: Int, b: Int }\n");
    check(
        "entity A { aaaaaaaaaaaaaaaaaaaaaaaaaaa: String, bbbbbbbbbbbbbbbbbbbbbbbbbbbbb: String, cccccccccccccc: Int }",
        "entity A {
  aaaaaaaaaaaaaaaaaaaaaaaaaaa: String
  bbbbbbbbbbbbbbbbbbbbbbbbbbbbb: String
  cccccccccccccc: Int
}
",
    );
    stays("entity A {\n  a: Int\n\n  /// b\n  b: Int\n}\n");
    check(
        "entity A {\n\n  a: Int\n\n\n\n  b: Int\n\n}",
        "entity A {\n  a: Int\n\n  b: Int\n}\n",
    );
    // Values stand as many on a line as fit, or one on a line where they did.
    stays("enum E {\n  a, b\n}\n");
    stays("enum E {\n  a,\n  b\n}\n");
    check("enum E {\n  a,\n  b,\n  c, d }", "enum E {\n  a, b, c, d\n}\n");
    check(
        "fixture f { User::\"u\" { aaaaaaaaaaaaaaaaaaaaa: \"aaaaaaaaaaaaaaaaaaaaaaa\", bbbbbbbbbbbbbbbbbbb: 1, ccccccccccccccccccccc: 2, d: 3 } }",
        "fixture f {
  User::\"u\" {
    aaaaaaaaaaaaaaaaaaaaa: \"aaaaaaaaaaaaaaaaaaaaaaa\", bbbbbbbbbbbbbbbbbbb: 1,
    ccccccccccccccccccccc: 2, d: 3
  }
}
",
    );
    stays(
        "r: permit User to read on Document
  when context.source in [
         ip\"10.0.0.0/8\", ip\"203.0.113.0/24\", ip\"2001:db8:ac::/48\", ip\"192.0.2.0/24\",
         ip\"198.51.100.0/24\"
       ]
   and context.mfa
",
    );
}

#[test]
fn fixtures_and_tests() {
    check(
        "fixture f{A::\"a\"in B::\"b\",C::\"c\"{}}",
        "fixture f { A::\"a\" in B::\"b\", C::\"c\" {} }\n",
    );
    check(
        "fixture f{A::\"a\"{x:1}grant r on anything to A::\"a\"until time\"2026-01-01\"}",
        "fixture f {\n  A::\"a\" { x: 1 }\n  grant r on anything to A::\"a\" until time\"2026-01-01\"\n}\n",
    );
    check(
        "test\"t\"using f{context{a:1}allow A::\"a\"to b on C::\"c\"by r deny A::\"a\"to b on C::\"c\"given{a:2}by r,s}",
        "test \"t\" using f {
  context { a: 1 }
  allow A::\"a\" to b on C::\"c\" by r
  deny  A::\"a\" to b on C::\"c\" given { a: 2 } by r, s
}
",
    );
    // Without an `allow` there is nothing to align.
    stays("test \"t\" {\n  deny A::\"a\" to b on C::\"c\"\n\n  deny A::\"a\" to b on C::\"c\"\n}\n");
    check("test \"t\" { }", "test \"t\" {}\n");
    stays(
        "test \"t\" {
  deny Caller::\"con\" to POST on Route::\"/invoices/{id}\"
    given {
      now: time\"2026-01-10T10:00:00Z\",
      token: { issued_at: time\"2026-01-10T09:00:00Z\", expires_at: time\"2026-01-10T11:00:00Z\" }
    } by contractor_hours
}
",
    );
}

#[test]
fn blank_lines_between_declarations() {
    check(
        "\n\n\nentity A\n\n\n\nentity B\nentity C entity D\n\n",
        "entity A\n\nentity B\nentity C\nentity D\n",
    );
    check(
        "// a\n\n\n// b\n/// c\n\nentity A\n\n\n// d\n\n\n\n",
        "// a\n\n// b\n/// c\n\nentity A\n\n// d\n",
    );
}

#[test]
fn comments() {
    stays("entity A // a\n// b\n");
    stays("// only\n");
    check("   // a  \r\n\tentity A\t// b\t\r\n", "// a\nentity A // b\n");
    check(
        "entity A { // a\n b: Int, // b\n // c\n c: Int // d\n // e\n }",
        "entity A { // a\n  b: Int // b\n  // c\n  c: Int // d\n  // e\n}\n",
    );
    check("entity A {\n // a\n}", "entity A {\n  // a\n}\n");
    check("entity A { /// a\n}", "entity A { /// a\n}\n");
    check(
        "permit A // a\n to b on C when x",
        "permit A // a\n    to b on C\n  when x\n",
    );
    check(
        "permit A to b on C\n// a\nwhen x // b\n and y // c\n",
        "permit A to b on C\n  // a\n  when x // b\n   and y // c\n",
    );
    check(
        "permit A to b on C when x and // a\n y",
        "permit A to b on C\n  when x\n   and // a\n         y\n",
    );
    check(
        "permit A to b on C when [a, // a\n b\n // b\n , c // c\n ]",
        "permit A to b on C\n  when [\n         a, // a\n         b,\n         // b\n         c // c\n       ]\n",
    );
    check("entity // a\n A", "entity // a\n      A\n");
    check("@a // a\n// b\n@b\nentity A", "@a // a\n// b\n@b\nentity A\n");
    check(
        "test \"t\" {\n  // a\n\n  // b\n  deny A::\"a\" to b on C::\"c\"\n\n  // c\n\n}",
        "test \"t\" {\n  // a\n\n  // b\n  deny A::\"a\" to b on C::\"c\"\n\n  // c\n}\n",
    );
    check("type T = // a\n { a: Int }", "type T = // a\n  { a: Int }\n");
    check(
        "entity A { a: Int } // a\n = [ // b\n \"x\" ] // c",
        "entity A { a: Int } // a\n  = [ // b\n  \"x\"\n] // c\n",
    );
}

#[test]
fn what_is_broken_is_refused() {
    let mut sources = Sources::new();
    for text in [
        "entity A {",
        "entity A\nx",
        "}",
        "entity A { a: Int } }",
        "permit A to b on C when a < b < c",
    ] {
        let id = sources.add("a.dictum", text);
        let (_, diagnostics) = parse(&sources, id);
        assert!(!diagnostics.is_empty());
        assert_eq!(format(&sources, id), Err(diagnostics), "{text}");
    }
}

/// Every form of the language is in this text, which has its layout.
#[test]
fn everything_stays() {
    stays(include_str!("everything.dictum"));
}

#[test]
fn names_between_backticks() {
    stays("entity `Ip` in `` { `a\\n`: Ip, `\\``: Set<`Set`> }\n");
    stays("`l\\u{1b}.`: permit `User` to `read` on `Ip` when `Weekday`.`monday` == `\\\\`\n");
}

#[test]
fn modules_and_paths() {
    check(
        "module a . b use c . d use e.{F,g,}",
        "module a.b\nuse c.d\nuse e.{F, g}\n",
    );
    check(
        "entity A in b . C { a : Set < d.E , 1_0 > }",
        "entity A in b.C { a: Set<d.E, 1_0> }\n",
    );
    check(
        "permit a . B :: \"x\" , c.d to e.f on g.H in i.J::\"k\" when l is m . N and o.P::\"q\".r",
        "permit a.B::\"x\", c.d to e.f on g.H in i.J::\"k\" when l is m.N and o.P::\"q\".r\n",
    );
    stays(
        "use aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.bbbbbbbbbbbbbbbbbbbb.{
  Cccccccccccccccccc, Ddddddddddddddddd, Eeeeeeeeeeeeeee, F
}
",
    );
}

#[test]
fn functions_and_constants() {
    check(
        "fn f(a:Int,b:{c:Int},)=a+b.c",
        "fn f(a: Int, b: { c: Int }) = a + b.c\n",
    );
    check("fn f ( ) = true", "fn f() = true\n");
    check("const C=f ( 1 , g() )", "const C = f(1, g())\n");
    stays(
        "const networks: Set<Ip> = [
  ip\"10.0.0.0/8\", ip\"11.0.0.0/8\", ip\"12.0.0.0/8\", ip\"13.0.0.0/8\", ip\"14.0.0.0/8\", ip\"15.0.0.0/8\"
]
",
    );
    stays(
        "fn f(user: User) =
  user.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa == 1
    and user.bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb == 2
    and user.ccccccccccccccccccc
  or true
",
    );
    stays(
        "fn has_long_list_of_parameters(
  first: Set<String>, second: Map<Int>, third: shop.people.User, fourth: Level
) = first contains \"first\" and third == fourth
",
    );
}

#[test]
fn quantifiers() {
    check(
        "permit A to b on C when any x in s:x and(count y in t . u:y==x)>1",
        "permit A to b on C when any x in s: x and (count y in t.u: y == x) > 1\n",
    );
    stays(
        "r: permit User to read on Order
  when any tag in resource.tags_of_the_order_that_are_long:
         tag matches r\"^[a-z]+\\.pdf$\" and tag.length > 10
         or tag == \"a very long text that takes much room\"
  when (all tag in resource.tags_of_the_order_that_are_long:
          tag matches r\"^[a-z]+\\.pdf$\" and tag.length > 10 or tag == \"a very long text\")
   and (count a in b: c) > 1
  when any tag in resource.tags_of_the_order_that_are_long:
         any tog in resource.tags_of_the_order_that_are_long: tag.length > tog.length
",
    );
}

#[test]
fn sequences() {
    check(
        "permit A to b on C when a and\n then b or c or(d or\n//why\n else e)",
        "permit A to b on C
  when a and then b
    or c
    or (d
        or
          //why
          else e)
",
    );
    stays(
        "r: permit User to read on Order
  when the_first_condition_of_several.is_long
   and then the_second_condition_of_several.is_long
   and then not (the_third_condition.is_long
                 or else the_fourth_condition_of_several_that_are_rather.long)
",
    );
}

#[test]
fn obligations() {
    check(
        "obligation a{} obligation b{c:Int}",
        "obligation a {}\nobligation b { c: Int }\n",
    );
    check(
        "forbid A to b on C with d{e:1},f because\"g\"",
        "forbid A to b on C with d { e: 1 }, f because \"g\"\n",
    );
    stays(
        "r: permit User to read on Order
  with step_up_with_a_long_name {
         acr: \"mfa\", level: Level.high, something: \"more of it\", and_more: 1
       },
       audit_with_a_long_name { aaaaaaaaaa: 1 }
",
    );
}

#[test]
fn tables() {
    check(
        "test \"t\" { for u in [A::\"a\" , A::\"b\",] { allow u to b on C::\"c\" deny u to b on u with d } }",
        "test \"t\" {
  for u in [A::\"a\", A::\"b\"] {
    allow u to b on C::\"c\"
    deny  u to b on u with d
  }
}
",
    );
    stays("test \"t\" { for u in [] { for v in [u] {} } }\n");
    stays("test \"t\" {\n  for u in [A::\"a\"] { // why\n    deny u to b on u // and\n  }\n}\n");
}
