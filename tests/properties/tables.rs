//! Tables that the compiler makes, of regular expressions and of time zones, say what others make of the same.

use dictum_artifact::data::{Dataset, Request};
use dictum_artifact::expr::Expr;
use dictum_artifact::json;
use dictum_artifact::ops;
use dictum_artifact::regex::Regex;
use dictum_artifact::value::Value;
use dictum_artifact::zone::Zone;
use dictum_compiler::codes;
use dictum_runtime::{Policy, Store};
use dictum_tests::generate::regexes;
use dictum_tests::generate::rng::Rng;
use jiff::Timestamp;
use jiff::tz::{TimeZone, TimeZoneDatabase};

use crate::worlds::{compile_texts, seed};

/// How many regular expressions are tried.
const REGEXES: usize = 600;

/// The automaton of a regular expression; `None` where it is too large.
fn automaton(pattern: &str) -> Option<std::sync::Arc<Regex>> {
    let text = format!(
        "entity User\naction act by User on User\ncontext {{ s: String }}\n\
         r: permit User to act on User when context.s matches r\"{pattern}\""
    );
    let (_, program, diagnostics) = compile_texts([text.as_str()]);
    let Some(program) = program else {
        for diagnostic in &diagnostics {
            assert_eq!(
                diagnostic.code,
                codes::REGEX_TOO_LARGE,
                "{pattern}: {} (DICTUM_SEED={})",
                diagnostic.message,
                seed()
            );
        }
        return None;
    };
    program.exprs.0.iter().find_map(|expr| match expr {
        Expr::Matches(_, regex) => Some(regex.clone()),
        _ => None,
    })
}

#[test]
fn expressions_match_what_they_match_elsewhere() {
    let mut rng = Rng::new(seed());
    let (mut too_large, mut matched, mut unmatched) = (0_usize, 0_usize, 0_usize);
    let mut texts: Vec<String> = (0..60).map(|_| regexes::text(&mut rng)).collect();
    texts.sort();
    texts.dedup();
    for _ in 0..REGEXES {
        let depth = rng.between(0, 3);
        let pattern = regexes::regex(&mut rng, depth);
        let Some(table) = automaton(&pattern) else {
            too_large += 1;
            continue;
        };
        let expected = regex::Regex::new(&format!("^(?:{pattern})$"));
        let expected = expected.unwrap_or_else(|error| panic!("{pattern}: {error} (DICTUM_SEED={})", seed()));
        for text in &texts {
            let found = ops::matches(&table, text);
            assert_eq!(
                found,
                expected.is_match(text),
                "r\"{pattern}\" and {text:?} (DICTUM_SEED={})",
                seed()
            );
            if found {
                matched += 1;
            } else {
                unmatched += 1;
            }
        }
    }
    println!("{matched} matches, {unmatched} others, {too_large} too large");
    assert!(too_large * 10 < REGEXES, "{too_large} expressions are too large");
    assert!(matched * 50 > unmatched, "{matched} of {unmatched} match");
}

/// A policy that says what the clocks of each zone show, and the zones.
fn clocks() -> (Vec<(String, TimeZone)>, dictum_compiler::Program) {
    let database = TimeZoneDatabase::bundled();
    let zones: Vec<(String, TimeZone)> = database
        .available()
        .map(|name| {
            let zone = database
                .get(name.as_str())
                .expect("a zone that is listed is there");
            (name.to_string(), zone)
        })
        .collect();
    let mut text = "entity User\naction act by User on User\ncontext { t: Timestamp }\n\
                    obligation shown { zone: String, time: Duration, date: Timestamp, day: Weekday }\n"
        .to_owned();
    for (name, _) in &zones {
        let at = format!("context.t.at(\"{name}\")");
        text.push_str(&format!(
            "permit User to act on User with shown {{ zone: \"{name}\", time: {at}.time_of_day, date: {at}.date, day: {at}.weekday }}\n"
        ));
    }
    let (_, program, diagnostics) = compile_texts([text.as_str()]);
    (zones, program.unwrap_or_else(|| panic!("{diagnostics:?}")))
}

/// The first second and the last that are tried, in years from -9000 to 9000.
const SECONDS: (i64, i64) = (-346_000_000_000, 221_000_000_000);

#[test]
fn clocks_show_what_they_show_elsewhere() {
    let (zones, program) = clocks();
    assert!(zones.len() > 400, "{} zones", zones.len());
    let tables: Vec<&Zone> = program
        .exprs
        .0
        .iter()
        .filter_map(|expr| match expr {
            Expr::Local(_, zone) => Some(&**zone),
            _ => None,
        })
        .collect();
    let mut rng = Rng::new(seed());
    let random = |rng: &mut Rng| {
        let (low, high) = SECONDS;
        low + i64::try_from(rng.number() % (high - low).unsigned_abs()).unwrap_or(0)
    };
    for (name, zone) in &zones {
        let Some(table) = tables.iter().find(|table| *table.name == **name) else {
            panic!("there is no table of {name}")
        };
        let mut seconds: Vec<i64> = (0..200).map(|_| random(&mut rng)).collect();
        // The changes of a century in the far future, and all that are listed.
        let later = Timestamp::from_second(random(&mut rng).abs() / 2).expect("a time");
        let changes = zone
            .following(later)
            .take(200)
            .map(|change| change.timestamp().as_second());
        let listed = table.changes.iter().map(|(second, _)| *second);
        for change in changes.chain(listed) {
            seconds.extend([change - 1, change, change + 1]);
        }
        for second in seconds {
            let expected = zone
                .to_offset(Timestamp::from_second(second).expect("a time"))
                .seconds();
            assert_eq!(
                table.offset_at(second),
                expected,
                "{name} at {second} (DICTUM_SEED={})",
                seed()
            );
        }
    }
}

#[test]
fn policies_ask_clocks() {
    let (zones, program) = clocks();
    let policy = Policy::new(program.artifact.clone()).expect("it is valid");
    let store = Store::new(&std::sync::Arc::new(policy), &Dataset::default()).expect("nothing is data");
    let mut rng = Rng::new(seed());
    for _ in 0..12 {
        let ms = i64::try_from(rng.number() % 8_000_000_000_000).unwrap_or(0) - 2_000_000_000_000;
        let now = Timestamp::from_millisecond(ms).expect("a time");
        let text = format!(
            r#"{{"subject":{{"type":"User","id":"a"}},"action":{{"name":"act"}},"resource":{{"type":"User","id":"a"}},"context":{{"t":"{now}"}}}}"#
        );
        let request: Request = json::read_request(&program.schema, "request", &text).expect("it fits");
        let explanation = store.bind(&request).expect("it fits").explain();
        assert_eq!(explanation.obligations.len(), zones.len());
        for (obligation, (name, zone)) in explanation.obligations.iter().zip(&zones) {
            let civil = zone.to_datetime(now);
            let midnight = TimeZone::UTC
                .to_timestamp(civil.date().at(0, 0, 0, 0))
                .expect("a day");
            let since = civil.duration_since(civil.date().at(0, 0, 0, 0)).as_millis();
            // In the order of their names: date, day, time, zone.
            let [date, day, time, shown] = obligation.fields.as_slice() else {
                panic!("{:?}", obligation.fields)
            };
            assert_eq!(*shown, Some(Value::String(name.as_str().into())));
            let weekday = civil.weekday().to_monday_zero_offset();
            let expected_date = dictum_artifact::value::Timestamp(midnight.as_millisecond());
            assert_eq!(*date, Some(Value::Timestamp(expected_date)), "{name} {now}");
            assert!(
                matches!(day, Some(Value::Enum(_, at)) if i64::from(*at) == i64::from(weekday)),
                "{name} {now} {day:?}"
            );
            let since = dictum_artifact::value::Duration(i64::try_from(since).unwrap_or(0));
            assert_eq!(*time, Some(Value::Duration(since)), "{name} {now}");
        }
    }
}
