//! The definition of each operator on scalars and text. The constant folder, the reference evaluator and the runtime
//! all call these, so that an operator means one thing.

use std::cmp::Ordering;
use std::net::IpAddr;

use ipnet::{Ipv4Net, Ipv6Net};

use crate::expr::{Arithmetic, Comparison, Pattern, Property};
use crate::regex::Regex;
use crate::schema::{EnumId, Type};
use crate::value::{DAY, Decimal, Duration, Network, Timestamp};
use crate::zone::Zone;

/// A value without parts and without text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scalar {
    /// A `Bool`.
    Bool(bool),
    /// An `Int`.
    Int(i64),
    /// A `Decimal`.
    Decimal(Decimal),
    /// A `Timestamp`.
    Timestamp(Timestamp),
    /// A `Duration`.
    Duration(Duration),
    /// An `Ip`.
    Ip(Network),
    /// A name of an enum, by its position.
    Enum(EnumId, u32),
}

/// The names of the built-in enum `Weekday`, in order, and the name itself.
pub const WEEKDAY: (&str, [&str; 7]) = (
    "Weekday",
    [
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
    ],
);

/// The type of `a OP b`, where the operator takes these types; `None` where it does not.
///
/// `Int`, `Decimal` and `Duration` add, subtract and multiply with their own kind (durations do not multiply with
/// durations, but with an `Int`, either way round); a `Duration` moves a `Timestamp`; two timestamps subtract to a `Duration`.
#[must_use]
pub fn arithmetic_type(op: Arithmetic, a: Type, b: Type) -> Option<Type> {
    match (op, a, b) {
        (_, Type::Int, Type::Int) => Some(Type::Int),
        (_, Type::Decimal, Type::Decimal) => Some(Type::Decimal),
        (Arithmetic::Add | Arithmetic::Subtract, Type::Duration, Type::Duration)
        | (Arithmetic::Multiply, Type::Duration, Type::Int)
        | (Arithmetic::Multiply, Type::Int, Type::Duration)
        | (Arithmetic::Subtract, Type::Timestamp, Type::Timestamp) => Some(Type::Duration),
        (Arithmetic::Add | Arithmetic::Subtract, Type::Timestamp, Type::Duration)
        | (Arithmetic::Add, Type::Duration, Type::Timestamp) => Some(Type::Timestamp),
        _ => None,
    }
}

/// `a OP b`. `None` on overflow (and on operands that [`arithmetic_type`] refuses).
#[must_use]
pub fn arithmetic(op: Arithmetic, a: Scalar, b: Scalar) -> Option<Scalar> {
    let apply = |a: i64, b: i64| match op {
        Arithmetic::Add => a.checked_add(b),
        Arithmetic::Subtract => a.checked_sub(b),
        Arithmetic::Multiply => a.checked_mul(b),
    };
    match (op, a, b) {
        (_, Scalar::Int(a), Scalar::Int(b)) => apply(a, b).map(Scalar::Int),
        (Arithmetic::Multiply, Scalar::Decimal(a), Scalar::Decimal(b)) => multiply(a, b).map(Scalar::Decimal),
        (Arithmetic::Add | Arithmetic::Subtract, Scalar::Decimal(a), Scalar::Decimal(b)) => {
            apply(a.ten_thousandths(), b.ten_thousandths())
                .map(|n| Scalar::Decimal(Decimal::from_ten_thousandths(n)))
        }
        (Arithmetic::Add | Arithmetic::Subtract, Scalar::Duration(a), Scalar::Duration(b)) => {
            apply(a.0, b.0).map(|n| Scalar::Duration(Duration(n)))
        }
        (Arithmetic::Multiply, Scalar::Duration(Duration(a)), Scalar::Int(b))
        | (Arithmetic::Multiply, Scalar::Int(b), Scalar::Duration(Duration(a)))
        | (Arithmetic::Subtract, Scalar::Timestamp(Timestamp(a)), Scalar::Timestamp(Timestamp(b))) => {
            apply(a, b).map(|n| Scalar::Duration(Duration(n)))
        }
        (
            Arithmetic::Add | Arithmetic::Subtract,
            Scalar::Timestamp(Timestamp(a)),
            Scalar::Duration(Duration(b)),
        )
        | (Arithmetic::Add, Scalar::Duration(Duration(a)), Scalar::Timestamp(Timestamp(b))) => {
            apply(a, b).map(|n| Scalar::Timestamp(Timestamp(n)))
        }
        _ => None,
    }
}

/// The product of two decimals, rounded to four digits, ties to the even one.
fn multiply(a: Decimal, b: Decimal) -> Option<Decimal> {
    let scale = i128::from(Decimal::SCALE);
    let exact = i128::from(a.ten_thousandths()) * i128::from(b.ten_thousandths());
    let (floor, rest) = (exact.div_euclid(scale), exact.rem_euclid(scale));
    let up = match (rest * 2).cmp(&scale) {
        Ordering::Less => 0,
        Ordering::Equal => floor.rem_euclid(2),
        Ordering::Greater => 1,
    };
    i64::try_from(floor + up).ok().map(Decimal::from_ten_thousandths)
}

/// `-a`. `None` on overflow (and for other types than `Int`, `Decimal` and `Duration`).
#[must_use]
pub fn negate(a: Scalar) -> Option<Scalar> {
    match a {
        Scalar::Int(n) => n.checked_neg().map(Scalar::Int),
        Scalar::Decimal(d) => d
            .ten_thousandths()
            .checked_neg()
            .map(|n| Scalar::Decimal(Decimal::from_ten_thousandths(n))),
        Scalar::Duration(d) => d.0.checked_neg().map(|n| Scalar::Duration(Duration(n))),
        Scalar::Bool(_) | Scalar::Timestamp(_) | Scalar::Ip(_) | Scalar::Enum(..) => None,
    }
}

/// `a < b` and `a <= b`, on two values of one type. `None` for values that have no order.
#[must_use]
pub fn compare(op: Comparison, a: Scalar, b: Scalar) -> Option<bool> {
    let order = match (a, b) {
        (Scalar::Int(a), Scalar::Int(b)) => a.cmp(&b),
        (Scalar::Decimal(a), Scalar::Decimal(b)) => a.cmp(&b),
        (Scalar::Timestamp(a), Scalar::Timestamp(b)) => a.cmp(&b),
        (Scalar::Duration(a), Scalar::Duration(b)) => a.cmp(&b),
        (Scalar::Enum(e, a), Scalar::Enum(f, b)) if e == f => a.cmp(&b),
        _ => return None,
    };
    Some(match op {
        Comparison::Less => order.is_lt(),
        Comparison::LessOrEqual => order.is_le(),
    })
}

/// The property of a scalar. `weekday` is the id of the built-in enum. `None` for a property that the type has not
/// ([`Property::Length`] and [`Property::Size`] are not of scalars).
#[must_use]
pub fn property(property: Property, value: Scalar, weekday: Option<EnumId>) -> Option<Scalar> {
    match value {
        Scalar::Ip(net) => Some(Scalar::Bool(match property {
            Property::IsV4 => net.addr().is_ipv4(),
            Property::IsV6 => net.addr().is_ipv6(),
            Property::IsLoopback => within(net, (127 << 24, 8), (1, 128)),
            Property::IsMulticast => within(net, (224 << 24, 4), (0xff << 120, 8)),
            Property::IsPrivate => {
                within(net, (10 << 24, 8), (0xfc << 120, 7))
                    || within(net, ((172 << 24) | (16 << 16), 12), (0xfc << 120, 7))
                    || within(net, ((192 << 24) | (168 << 16), 16), (0xfc << 120, 7))
            }
            _ => return None,
        })),
        Scalar::Timestamp(Timestamp(t)) => on_a_clock(property, i128::from(t), weekday),
        Scalar::Duration(Duration(d)) => match property {
            Property::InMilliseconds => Some(Scalar::Int(d)),
            Property::InSeconds => Some(Scalar::Int(d / 1_000)),
            Property::InMinutes => Some(Scalar::Int(d / 60_000)),
            Property::InHours => Some(Scalar::Int(d / 3_600_000)),
            Property::InDays => Some(Scalar::Int(d / DAY)),
            _ => None,
        },
        Scalar::Bool(_) | Scalar::Int(_) | Scalar::Decimal(_) | Scalar::Enum(..) => None,
    }
}

/// What a clock tells that shows an instant, which may be one that no `Timestamp` is. `None` where it is a date that starts
/// before all of these.
fn on_a_clock(property: Property, shown: i128, weekday: Option<EnumId>) -> Option<Scalar> {
    let day = i128::from(DAY);
    let time = shown.rem_euclid(day);
    match property {
        Property::TimeOfDay => i64::try_from(time).ok().map(|t| Scalar::Duration(Duration(t))),
        Property::Date => i64::try_from(shown - time)
            .ok()
            .map(|t| Scalar::Timestamp(Timestamp(t))),
        // 1970-01-01 was a Thursday, the fourth day from Monday.
        Property::Weekday => {
            let day = (shown.div_euclid(day) + 3).rem_euclid(7);
            weekday
                .zip(u32::try_from(day).ok())
                .map(|(e, day)| Scalar::Enum(e, day))
        }
        _ => None,
    }
}

/// Whether the whole network of `net` lies in the IPv4 network or the IPv6 network given as (address bits, prefix).
fn within(net: Network, v4: (u32, u8), v6: (u128, u8)) -> bool {
    match net.addr() {
        IpAddr::V4(addr) => {
            net.prefix() >= v4.1 && Ipv4Net::new(v4.0.into(), v4.1).is_ok_and(|known| known.contains(&addr))
        }
        IpAddr::V6(addr) => {
            net.prefix() >= v6.1 && Ipv6Net::new(v6.0.into(), v6.1).is_ok_and(|known| known.contains(&addr))
        }
    }
}

/// The length of a text, in code points.
#[must_use]
pub fn length(text: &str) -> i64 {
    i64::try_from(text.chars().count()).unwrap_or(i64::MAX)
}

/// `text like pattern`: the pieces stand in the text in their order, the first at its start, the last at its end.
/// Linear in the text for each piece.
///
/// ```
/// use dictum_artifact::{expr::Pattern, ops::like};
/// let pdf = Pattern(vec!["".into(), ".pdf".into()]);
/// assert!(like(&pdf, "plan.pdf") && !like(&pdf, "plan.pdf.exe"));
/// ```
#[must_use]
pub fn like(pattern: &Pattern, text: &str) -> bool {
    let Some((first, rest)) = pattern.0.split_first() else {
        return text.is_empty();
    };
    let Some((last, middle)) = rest.split_last() else {
        return text == &**first;
    };
    let Some(mut text) = text
        .strip_prefix(&**first)
        .and_then(|text| text.strip_suffix(&**last))
    else {
        return false;
    };
    for piece in middle {
        match text.split_once(&**piece) {
            Some((_, after)) => text = after,
            None => return false,
        }
    }
    true
}

/// `text matches r"…"`: the expression matches all of the text. Linear in the text.
#[must_use]
pub fn matches(regex: &Regex, text: &str) -> bool {
    regex.is_match(text)
}

/// What clocks in a zone show at an instant, as the instant at which those in UTC show the same. `None` where there is no
/// such instant in 64 bits.
///
/// ```
/// use dictum_artifact::{ops::local, value::Timestamp, zone::Zone};
/// let zone = Zone { name: "Test/Zone".into(), first: -3_600, changes: [(0, 3_600)].into() };
/// assert_eq!(local(Timestamp(-1), &zone), Some(Timestamp(-3_600_001)));
/// assert_eq!(local(Timestamp(0), &zone), Some(Timestamp(3_600_000)));
/// assert_eq!(local(Timestamp(i64::MAX), &zone), None);
/// ```
#[must_use]
pub fn local(instant: Timestamp, zone: &Zone) -> Option<Timestamp> {
    i64::try_from(shown(instant, zone)).ok().map(Timestamp)
}

/// The time of day, the date or the weekday that clocks in a zone show at an instant: the property of what [`local`] gives,
/// and defined near the ends of time too, where clocks show what is beyond. `None` for a date that starts before all instants
/// or after them, and for other properties.
///
/// ```
/// use dictum_artifact::{expr::Property, ops::{Scalar, local_property}, value::{Duration, Timestamp}, zone::Zone};
/// let zone = Zone { name: "Test/Zone".into(), first: 3_600, changes: [].into() };
/// let time = Scalar::Duration(Duration::parse("8h12m55s807ms").unwrap());
/// assert_eq!(local_property(Property::TimeOfDay, Timestamp::MAX, &zone, None), Some(time));
/// ```
#[must_use]
pub fn local_property(
    property: Property,
    instant: Timestamp,
    zone: &Zone,
    weekday: Option<EnumId>,
) -> Option<Scalar> {
    on_a_clock(property, shown(instant, zone), weekday)
}

/// What clocks in a zone show, in milliseconds.
fn shown(Timestamp(instant): Timestamp, zone: &Zone) -> i128 {
    let offset = zone.offset_at(instant.div_euclid(1_000));
    i128::from(instant) + i128::from(offset) * 1_000
}
