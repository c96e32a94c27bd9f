//! What the checker lets pass is never undefined for want of something that may be absent: over a store that describes
//! every entity, any condition that it accepts is true or false.
//!
//! Conditions are put together without regard to types or presence, so most are refused; what is left is what the
//! checker has to be right about. `DICTUM_SEED` chooses them.

use dictum_artifact::json;
use dictum_compiler::reference::Reference;
use dictum_compiler::{Program, compile};
use dictum_syntax::source::Sources;
use dictum_tests::generate::rng::Rng;

const SCHEMA: &str = "
entity G in G
entity User in G { a: Bool, b?: Bool, u?: User, r?: { x: Bool, y?: Bool }, m: Map<Bool>, o: User }
entity Service { b?: Bool, c: Bool, u?: User, o: Service }
entity Doc in G { a: Bool, o: User, b?: Bool }
entity Img { b: Bool, o: Service }
context { q?: Bool, z: Bool, w?: { v?: Bool } }
action read by User, Service on Doc, Img
action write by User on Doc { why?: Bool }
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
const ACCEPTED: usize = 150;

fn entity(rng: &mut Rng, steps: usize) -> String {
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

fn read(rng: &mut Rng) -> String {
    if rng.chance(20) {
        return rng
            .one(&["context.q", "context.z", "context.w.v", "context.why"])
            .to_owned();
    }
    let entity = entity(rng, 2);
    format!(
        "{entity}.{}",
        rng.one(&["a", "b", "b", "b", "c", "r.x", "r.y", "m[\"0\"]", "m[\"1\"]"])
    )
}

fn presence(rng: &mut Rng) -> String {
    if rng.chance(20) {
        let asked = [
            "context has q",
            "context has w",
            "context has w.v",
            "context has why",
        ];
        return rng.one(&asked).to_owned();
    }
    let entity = entity(rng, 1);
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
    ];
    format!("{entity}{}", rng.one(&asked))
}

fn condition(rng: &mut Rng, depth: usize) -> String {
    if depth == 0 {
        return match rng.below(12) {
            0..=4 => read(rng),
            5..=8 => presence(rng),
            9 => format!("{} is {}", entity(rng, 1), rng.one(&["User", "Service", "Doc"])),
            10 => rng
                .one(&["action == read", "action == write", "true", "false"])
                .to_owned(),
            _ => format!("{} in {}", entity(rng, 1), entity(rng, 1)),
        };
    }
    let below = depth - 1;
    let part = |rng: &mut Rng| condition(rng, below);
    match rng.below(12) {
        0..=2 => format!("({} and {})", part(rng), part(rng)),
        3 => format!("({} and {} and {})", presence(rng), part(rng), part(rng)),
        4 => format!("(not ({}) or {})", presence(rng), part(rng)),
        5 => format!("({} or {})", part(rng), part(rng)),
        6 => format!("not ({})", part(rng)),
        7 => format!("(if {} then {} else {})", part(rng), part(rng), part(rng)),
        8 => format!("(if {} then {} else {})", presence(rng), part(rng), part(rng)),
        9 => format!("({} ?? {})", read(rng), part(rng)),
        10 => format!(
            "({} otherwise {})",
            part(rng),
            rng.one(&["true", "false", "(context has q)"])
        ),
        _ => format!("({} == {})", part(rng), part(rng)),
    }
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
        for (ty, properties) in [
            (
                "User",
                fields(&["\"a\": BOOL", &o, &map], &["\"b\": BOOL", &u, &record], rng),
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

fn compiled(text: &str) -> Option<Program> {
    let mut sources = Sources::new();
    sources.add("presence.dictum", text);
    let (program, diagnostics) = compile(&sources);
    assert!(
        program.is_some() || !diagnostics.is_empty(),
        "refused without a word:\n{text}"
    );
    program
}

#[test]
fn what_is_accepted_is_defined_where_everything_is_described() {
    let seed = std::env::var("DICTUM_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok())
        .unwrap_or(20_260_105);
    println!("DICTUM_SEED={seed}");
    let mut rng = Rng::new(seed);
    let (mut accepted, mut held) = (0, [0_usize; 2]);
    while accepted < ACCEPTED {
        let depth = rng.between(1, 3);
        let condition = condition(&mut rng, depth);
        let (head, shapes) = rng.one(&HEADS);
        let text =
            format!("{SCHEMA}yes: permit {head} when {condition}\nno: permit {head} unless {condition}\n");
        let Some(program) = compiled(&text) else { continue };
        accepted += 1;
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
    // Were one of the two rare, little would have been tried.
    let [yes, no] = held;
    assert!(
        yes * 10 > no && no * 10 > yes,
        "true {yes} times, false {no} times"
    );
}
