//! What the checker lets pass is never undefined for want of something that may be absent: over a store that describes
//! every entity, any condition that it accepts is true or false.
//!
//! Conditions, and what obligations say where they hold, are put together without regard to types or presence, so most are
//! refused; what is left is what the checker has to be right about. `DICTUM_SEED` chooses them (`now` makes new ones).

use dictum_artifact::json;
use dictum_compiler::lint::{Level, Levels};
use dictum_compiler::reference::Reference;
use dictum_compiler::{Program, Settings, compile_with};
use dictum_syntax::diagnostic::Diagnostic;
use dictum_syntax::source::Sources;
use dictum_tests::generate::rng::Rng;

const SCHEMA: &str = "
entity G in G
entity User in G {
  a: Bool, b?: Bool, u?: User, r?: { x: Bool, y?: Bool }, m: Map<Bool>, o: User, s: Set<User, 3>, t?: Map<User, 2>
}
entity Service { b?: Bool, c: Bool, u?: User, o: Service }
entity Doc in G { a: Bool, o: User, b?: Bool }
entity Img { b: Bool, o: Service }
context { q?: Bool, z: Bool, w?: { v?: Bool } }
action read by User, Service on Doc, Img
action write by User on Doc { why?: Bool }
obligation told { x: Bool, y?: Bool }
const key = \"0\"
fn has_b(x: User) = x has b
fn lacks_b(x: User) = not (x has b)
fn b_holds(x: User, y: Bool) = x has b and (x.b or y)
fn b_fails(x: User) = not has_b(x) or not x.b
fn has_u_b(x: User) = x has u and not lacks_b(x.u)
fn b_there(x: User, y: Bool) = if has_b(x) then x.b or true else false
fn keyed(m: Map<Bool>, k: String) = m has k
fn some_b(x: User) = any v in x.s: has_b(v) and v.b
fn same(x: User) = x.o
";

/// The kinds of requests: principal type, action, resource type.
const SHAPES: [(&str, &str, &str); 5] = [
    ("User", "read", "Doc"),
    ("User", "read", "Img"),
    ("Service", "read", "Doc"),
    ("Service", "read", "Img"),
    ("User", "write", "Doc"),
];

/// Heads, with the shapes that they fit.
const HEADS: [(&str, &[usize]); 4] = [
    ("anyone to read on anything", &[0, 1, 2, 3]),
    ("anyone to any on anything", &[0, 1, 2, 3, 4]),
    ("User to any on Doc", &[0, 4]),
    ("User to read on Doc", &[0]),
];

/// How many conditions the checker must have accepted before the test is over.
const ACCEPTED: usize = 90;

/// A path to an entity; `within` a quantifier, from its variable too.
fn entity(rng: &mut Rng, steps: usize, within: bool) -> String {
    if rng.chance(5) {
        return format!("same({})", entity(rng, steps, within));
    }
    if within && rng.chance(50) {
        return if rng.chance(75) { "v" } else { "v.o" }.to_owned();
    }
    let root = rng.one(&[
        "principal",
        "principal",
        "resource",
        "User::\"1\"",
        "Service::\"1\"",
        "G::\"1\"",
    ]);
    (0..rng.below(steps + 1)).fold(root.to_owned(), |path, _| {
        format!("{path}.{}", rng.one(&["u", "o"]))
    })
}

fn read(rng: &mut Rng, within: bool) -> String {
    if rng.chance(20) {
        return rng
            .one(&["context.q", "context.z", "context.w.v", "context.why"])
            .to_owned();
    }
    let entity = entity(rng, 2, within);
    format!(
        "{entity}.{}",
        rng.one(&[
            "a", "b", "b", "b", "c", "r.x", "r.y", "m[\"0\"]", "m[\"1\"]", "m[key]"
        ])
    )
}

fn presence(rng: &mut Rng, within: bool) -> String {
    if rng.chance(30) {
        let of = entity(rng, 1, within);
        let asked = rng.one(&[
            "has_b(OF)",
            "has_b(OF)",
            "lacks_b(OF)",
            "not lacks_b(OF)",
            "b_holds(OF, true)",
            "not b_fails(OF)",
            "has_u_b(OF)",
            "b_there(OF, false)",
            "keyed(OF.m, \"0\")",
            "keyed(OF.m, key)",
            "some_b(OF)",
        ]);
        return asked.replace("OF", &of);
    }
    if rng.chance(20) {
        let asked = [
            "context has q",
            "context has w",
            "context has w.v",
            "context has why",
        ];
        return rng.one(&asked).to_owned();
    }
    let entity = entity(rng, 1, within);
    let asked = [
        " has b",
        " has b",
        " has u",
        " has u.b",
        " has o.b",
        " has r",
        " has r.y",
        ".m has \"0\"",
        ".m has \"1\"",
        ".m has key",
        " has t",
    ];
    format!("{entity}{}", rng.one(&asked))
}

fn condition(rng: &mut Rng, depth: usize, within: bool) -> String {
    if depth == 0 {
        return match rng.below(12) {
            0..=4 => read(rng, within),
            5..=8 => presence(rng, within),
            9 => format!(
                "{} is {}",
                entity(rng, 1, within),
                rng.one(&["User", "Service", "Doc"])
            ),
            10 => rng
                .one(&["action == read", "action == write", "true", "false"])
                .to_owned(),
            _ => format!("{} in {}", entity(rng, 1, within), entity(rng, 1, within)),
        };
    }
    let below = depth - 1;
    let part = |rng: &mut Rng| condition(rng, below, within);
    let presence = |rng: &mut Rng| presence(rng, within);
    match rng.below(15) {
        12..=14 => quantified(rng, below, within),
        0..=2 => format!("({} and {})", part(rng), part(rng)),
        3 => format!("({} and {} and {})", presence(rng), part(rng), part(rng)),
        4 => format!("(not ({}) or {})", presence(rng), part(rng)),
        5 => format!("({} or {})", part(rng), part(rng)),
        6 => format!("not ({})", part(rng)),
        7 => format!("(if {} then {} else {})", part(rng), part(rng), part(rng)),
        8 => format!("(if {} then {} else {})", presence(rng), part(rng), part(rng)),
        9 => format!("({} ?? {})", read(rng, within), part(rng)),
        10 => format!(
            "({} otherwise {})",
            part(rng),
            rng.one(&["true", "false", "(context has q)"])
        ),
        _ => format!("({} == {})", part(rng), part(rng)),
    }
}

/// A quantifier over a set or a map of users, which may have to be there.
fn quantified(rng: &mut Rng, depth: usize, within: bool) -> String {
    let of = entity(rng, 1, within);
    let (guard, over) = match rng.below(6) {
        0 => (format!("{of} has t and "), format!("{of}.t")),
        1 => (String::new(), format!("[{of}, principal]")),
        2 => (String::new(), format!("{of}.t")),
        _ => (String::new(), format!("{of}.s")),
    };
    let body = condition(rng, depth, true);
    match rng.below(5) {
        0 | 1 => format!("({guard}(any v in {over}: {body}))"),
        2 | 3 => format!("({guard}(all v in {over}: {body}))"),
        _ => format!("({guard}(count v in {over}: {body}) > 1)"),
    }
}

/// What a rule says where its conditions hold: perhaps of what is there only then.
fn told(rng: &mut Rng, conditions: &[&str]) -> String {
    let said = match rng.below(4) {
        // Something that the conditions are about.
        0 | 1 => {
            let text = rng.one(conditions);
            let paths = text.split(|c: char| !(c.is_alphanumeric() || "._:\"".contains(c)));
            let paths: Vec<&str> = paths
                .filter(|path| path.ends_with(".b") || path.ends_with(".y"))
                .collect();
            rng.pick(&paths)
                .map_or_else(|| read(rng, false), |path| (*path).to_owned())
        }
        2 => read(rng, false),
        _ => condition(rng, 1, false),
    };
    let optional = if rng.chance(30) { ", y: true" } else { "" };
    format!("with told {{ x: {said}{optional} }}")
}

/// A store in which ids 0 to 2 of every type are described.
fn store(rng: &mut Rng) -> String {
    let mut entities = Vec::new();
    for id in 0..3 {
        let fields = |required: &[&str], optional: &[&str], rng: &mut Rng| {
            let mut fields: Vec<String> = required.iter().map(|field| (*field).to_owned()).collect();
            fields.extend(
                optional
                    .iter()
                    .filter(|_| rng.chance(50))
                    .map(|field| (*field).to_owned()),
            );
            fields
                .join(", ")
                .replace("BOOL", if rng.chance(50) { "true" } else { "false" })
        };
        let other = |rng: &mut Rng| rng.below(3);
        let (o, u) = (
            format!("\"o\": \"{}\"", other(rng)),
            format!("\"u\": \"{}\"", other(rng)),
        );
        let record = fields(&["\"x\": BOOL"], &["\"y\": BOOL"], rng);
        let record = format!("\"r\": {{{record}}}");
        let map = fields(&[], &["\"0\": true", "\"1\": BOOL"], rng);
        let map = format!("\"m\": {{{map}}}");
        let set = format!(
            "\"s\": [{}]",
            rng.one(&["", "\"0\"", "\"1\", \"2\"", "\"0\", \"1\", \"2\""])
        );
        let users = format!("\"t\": {{\"a\": \"{}\", \"b\": \"{}\"}}", other(rng), other(rng));
        for (ty, properties) in [
            (
                "User",
                fields(
                    &["\"a\": BOOL", &o, &map, &set],
                    &["\"b\": BOOL", &u, &record, &users],
                    rng,
                ),
            ),
            ("Service", fields(&["\"c\": BOOL", &o], &["\"b\": BOOL", &u], rng)),
            ("Doc", fields(&["\"a\": BOOL", &o], &["\"b\": BOOL"], rng)),
            ("Img", fields(&["\"b\": BOOL", &o], &[], rng)),
        ] {
            entities.push(format!(
                "{{\"type\": \"{ty}\", \"id\": \"{id}\", \"properties\": {{{properties}}}}}"
            ));
        }
    }
    format!("{{\"entities\": [{}]}}", entities.join(", "))
}

fn request(rng: &mut Rng, (principal, action, resource): (&str, &str, &str)) -> String {
    let mut context = vec![format!("\"z\": {}", rng.chance(50))];
    let mut optional = vec![
        "\"q\": true",
        "\"q\": false",
        "\"w\": {}",
        "\"w\": {\"v\": true}",
        "\"w\": {\"v\": false}",
    ];
    if action == "write" {
        optional.push("\"why\": true");
    }
    rng.shuffle(&mut optional);
    let mut names = Vec::new();
    for field in optional.into_iter().take(rng.below(4)) {
        let name = &field[..4];
        if !names.contains(&name) {
            names.push(name);
            context.push(field.to_owned());
        }
    }
    format!(
        "{{\"subject\": {{\"type\": \"{principal}\", \"id\": \"{}\"}}, \"action\": {{\"name\": \"{action}\"}}, \
          \"resource\": {{\"type\": \"{resource}\", \"id\": \"{}\"}}, \"context\": {{{}}}}}",
        rng.below(3),
        rng.below(3),
        context.join(", ")
    )
}

fn without_lints(sources: &Sources) -> (Option<Program>, Vec<Diagnostic>) {
    let settings = Settings {
        lints: Levels::all(Level::Allow),
        ..Settings::default()
    };
    compile_with(sources, &settings)
}

fn compiled(text: &str) -> Option<Program> {
    let mut sources = Sources::new();
    sources.add("presence.dictum", text);
    let (program, diagnostics) = without_lints(&sources);
    assert!(
        program.is_some() || !diagnostics.is_empty(),
        "refused without a word:\n{text}"
    );
    program
}

fn now() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| since.as_millis() as u64)
}

#[test]
fn what_is_accepted_is_defined_where_everything_is_described() {
    let seed = std::env::var("DICTUM_SEED")
        .ok()
        .and_then(|seed| match seed.as_str() {
            "now" => Some(now()),
            seed => seed.parse().ok(),
        })
        .unwrap_or(20_260_105);
    println!("DICTUM_SEED={seed}");
    let mut rng = Rng::new(seed);
    let mut sources = Sources::new();
    sources.add("presence.dictum", SCHEMA);
    assert_eq!(without_lints(&sources).1, [], "the schema is right");
    let (mut accepted, mut obliged, mut held) = (0, 0, [0_usize; 2]);
    let wanted = std::env::var("DICTUM_CONDITIONS")
        .ok()
        .and_then(|count| count.parse().ok())
        .unwrap_or(ACCEPTED);
    while accepted < wanted {
        let depth = rng.between(1, 3);
        let [one, other] = [0, 1].map(|_| condition(&mut rng, depth, false));
        let (head, shapes) = rng.one(&HEADS);
        let clauses = match rng.below(4) {
            0 => (
                format!("when {one} when {other}"),
                format!("unless {one} and {other}"),
            ),
            1 => (
                format!("when {one} unless {other}"),
                format!("unless {one} and not {other}"),
            ),
            _ => (format!("when {one}"), format!("unless {one}")),
        };
        let with = |rng: &mut Rng| {
            let is_said = rng.chance(40);
            if is_said {
                told(rng, &[&one, &other])
            } else {
                String::new()
            }
        };
        let (yes, no) = (with(&mut rng), with(&mut rng));
        let text = format!(
            "{SCHEMA}yes: permit {head} {} {yes}\nno: permit {head} {} {no}\n",
            clauses.0, clauses.1
        );
        let Some(program) = compiled(&text) else { continue };
        accepted += 1;
        obliged += usize::from(!yes.is_empty() || !no.is_empty());
        for _ in 0..4 {
            let store = store(&mut rng);
            let data = json::read_dataset(&program.schema, &[("store", &store)]).expect("the store is right");
            let engine = Reference::new(&program, &data);
            for shape in shapes {
                let request = request(&mut rng, SHAPES[*shape]);
                let read = json::read_request(&program.schema, "request", &request);
                let outcome = engine
                    .decide(&read.expect("the request is right"))
                    .expect("it fits");
                let [rule] = outcome.rules.as_slice() else {
                    panic!("neither true nor false (DICTUM_SEED={seed}):\n{text}\n{request}\n{store}");
                };
                held[rule.index()] += 1;
            }
        }
    }
    println!("{accepted} accepted, {obliged} with obligations");
    assert!(obliged * 20 > accepted, "only {obliged} with obligations");
    // Were one of the two rare, little would have been tried.
    let [yes, no] = held;
    assert!(
        yes * 10 > no && no * 10 > yes,
        "true {yes} times, false {no} times"
    );
}
