//! The values of the language, as plain owned data: what JSON and fixtures are read into, what the reference
//! evaluator computes with, and what the runtime interns.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use crate::naming;
use crate::schema::{EntityTypeId, EnumId, Schema};

mod time;

pub use time::{DAY, DURATION_UNITS, Duration, Timestamp};

/// Why a text is not a literal of its kind. `Display` says what was expected, in the words of an error message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiteralError(pub String);

impl fmt::Display for LiteralError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for LiteralError {}

fn literal_error<T>(message: impl Into<String>) -> Result<T, LiteralError> {
    Err(LiteralError(message.into()))
}

/// An exact number with four digits after the point, held as ten-thousandths.
///
/// ```
/// use dictum_artifact::value::Decimal;
/// let price = Decimal::parse("1.50").unwrap();
/// assert_eq!(price.ten_thousandths(), 15_000);
/// assert_eq!(price.to_string(), "1.5");
/// assert!(Decimal::parse("0.00001").is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Decimal(i64);

impl Decimal {
    /// How many units one is made of.
    pub const SCALE: i64 = 10_000;

    /// The decimal of so many ten-thousandths.
    #[must_use]
    pub const fn from_ten_thousandths(units: i64) -> Self {
        Self(units)
    }

    /// The value in ten-thousandths.
    #[must_use]
    pub const fn ten_thousandths(self) -> i64 {
        self.0
    }

    /// Reads `-12.5`, `3`, `0.0001`: an optional sign, digits, and at most four digits after the point.
    ///
    /// # Errors
    /// When the text has another form, more than four digits after the point, or does not fit 64 bits.
    pub fn parse(text: &str) -> Result<Self, LiteralError> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
        let all_digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
        if !all_digits(whole) || !all_digits(fraction) {
            return literal_error(format!("`{text}` is not a decimal, such as `12.5`"));
        }
        if fraction.len() > 4 {
            return literal_error(format!("`{text}` has more than four digits after the point"));
        }
        let whole: Option<i128> = whole.parse().ok();
        let fraction: Option<i128> = format!("{fraction:0<4}").parse().ok();
        whole
            .zip(fraction)
            .and_then(|(w, f)| w.checked_mul(i128::from(Self::SCALE))?.checked_add(f))
            .map(|units| if negative { -units } else { units })
            .and_then(|units| i64::try_from(units).ok())
            .map(Self)
            .ok_or_else(|| {
                LiteralError(format!(
                    "`{text}` does not fit a decimal (at most 922337203685477.5807)"
                ))
            })
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = self.0.unsigned_abs();
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, fraction) = (units / 10_000, units % 10_000);
        let digits = format!("{fraction:04}");
        let digits = digits.trim_end_matches('0');
        write!(
            f,
            "{sign}{whole}.{}",
            if digits.is_empty() { "0" } else { digits }
        )
    }
}

/// An IPv4 or IPv6 address with the length of its network's prefix, as interfaces are configured. A network is its first
/// address with the length; a single address has the full length.
///
/// An IPv4-mapped IPv6 address (`::ffff:10.0.0.1`, as dual-stack sockets report it) is the IPv4 address, so that no
/// rule about a network can be passed by writing the address the other way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Network(IpNet);

impl Network {
    /// An address and a prefix length. A prefix that is shorter than what wraps an IPv4 address reaches beyond all of these, and
    /// the address stays one of IPv6.
    ///
    /// # Errors
    /// When the prefix is too long for the address.
    pub fn new(addr: IpAddr, prefix: u8) -> Result<Self, LiteralError> {
        let (addr, prefix) = match addr {
            IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
                Some(v4) if (96..=128).contains(&prefix) => (IpAddr::V4(v4), prefix - 96),
                _ => (addr, prefix),
            },
            IpAddr::V4(_) => (addr, prefix),
        };
        match IpNet::new(addr, prefix) {
            Ok(net) => Ok(Self(net)),
            Err(_) => literal_error(format!("the prefix `/{prefix}` is too long for `{addr}`")),
        }
    }

    /// Reads `10.0.0.1`, `10.0.0.0/8`, `10.1.2.3/8`, `::1`, `fd00::/8`.
    ///
    /// ```
    /// use dictum_artifact::value::Network;
    /// let office = Network::parse("10.0.0.0/8").unwrap();
    /// assert!(office.contains(Network::parse("10.1.2.3").unwrap()));
    /// assert_eq!(Network::parse("::ffff:10.1.2.3").unwrap(), Network::parse("10.1.2.3").unwrap());
    /// let host = Network::parse("10.0.0.1/8").unwrap();
    /// assert!(host != office && host.network() == office && host.contains(office));
    /// ```
    ///
    /// # Errors
    /// When the text is neither an address nor a network, or the prefix is too long.
    pub fn parse(text: &str) -> Result<Self, LiteralError> {
        let (addr, prefix) = match text.split_once('/') {
            Some((addr, prefix)) => (addr, Some(prefix)),
            None => (text, None),
        };
        let malformed = || {
            LiteralError(format!(
                "`{text}` is not an IP address or network, such as `10.0.0.0/8` or `::1`"
            ))
        };
        let addr: IpAddr = addr.parse().map_err(|_| malformed())?;
        let full = if addr.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            None => full,
            Some(digits) if digits.len() <= 3 && digits.bytes().all(|b| b.is_ascii_digit()) => {
                digits.parse().map_err(|_| malformed())?
            }
            Some(_) => return Err(malformed()),
        };
        Self::new(addr, prefix)
    }

    /// Whether the whole network of `other` lies in this one's; bits beyond the prefixes do not matter. Networks of different
    /// versions never do.
    #[must_use]
    pub fn contains(self, other: Self) -> bool {
        self.0.contains(&other.0)
    }

    /// The network without an address in it: the bits beyond the prefix are zero.
    #[must_use]
    pub fn network(self) -> Self {
        Self(self.0.trunc())
    }

    /// The address, with its bits beyond the prefix.
    #[must_use]
    pub fn addr(self) -> IpAddr {
        self.0.addr()
    }

    /// The prefix length.
    #[must_use]
    pub fn prefix(self) -> u8 {
        self.0.prefix_len()
    }

    /// Whether a network read from bytes keeps what [`Network::new`] promises.
    #[must_use]
    pub fn is_canonical(self) -> bool {
        Self::new(self.addr(), self.prefix()) == Ok(self)
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.prefix_len() == self.0.max_prefix_len() {
            write!(f, "{}", self.0.addr())
        } else {
            write!(f, "{}", self.0)
        }
    }
}

/// A typed id: which entity, whether or not anything describes it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EntityUid {
    /// The entity's type.
    pub ty: EntityTypeId,
    /// Its id.
    pub id: Arc<str>,
}

/// A value, whole and owned. The order is a canonical one for sets; it is not the language's `<`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Value {
    /// A `Bool`.
    Bool(bool),
    /// An `Int`.
    Int(i64),
    /// A `Decimal`.
    Decimal(Decimal),
    /// A `String`.
    String(Arc<str>),
    /// A `Timestamp`.
    Timestamp(Timestamp),
    /// A `Duration`.
    Duration(Duration),
    /// An `Ip`.
    Ip(Network),
    /// A name of an enum, by its position.
    Enum(EnumId, u32),
    /// An entity.
    Entity(EntityUid),
    /// A set.
    Set(BTreeSet<Value>),
    /// A map.
    Map(BTreeMap<Arc<str>, Value>),
    /// A record: a value for each field of its type, in the order of their names; `None` where an optional field is absent.
    Record(Vec<Option<Value>>),
}

impl Value {
    /// The value as the language writes it, for people. Record fields are shown by position where no type is at hand.
    #[must_use]
    pub fn display(&self, schema: &Schema) -> String {
        let list = |items: &mut dyn Iterator<Item = String>| items.collect::<Vec<_>>().join(", ");
        match self {
            Self::Bool(b) => b.to_string(),
            Self::Int(n) => n.to_string(),
            Self::Decimal(d) => d.to_string(),
            Self::String(s) => quote(s),
            Self::Timestamp(t) => format!("time\"{t}\""),
            Self::Duration(d) => d.to_string(),
            Self::Ip(net) => format!("ip\"{net}\""),
            Self::Enum(e, variant) => schema
                .enum_def(*e)
                .and_then(|d| d.variants.get(*variant as usize))
                .map_or_else(|| "?".to_owned(), |name| naming::written(name).into_owned()),
            Self::Entity(uid) => uid.display(schema),
            Self::Set(items) => format!("[{}]", list(&mut items.iter().map(|v| v.display(schema)))),
            Self::Map(entries) => format!(
                "{{ {} }}",
                list(
                    &mut entries
                        .iter()
                        .map(|(k, v)| format!("{}: {}", quote(k), v.display(schema)))
                )
            ),
            Self::Record(fields) => format!(
                "{{ {} }}",
                list(
                    &mut fields
                        .iter()
                        .map(|v| v.as_ref().map_or_else(|| "_".to_owned(), |v| v.display(schema)))
                )
            ),
        }
    }
}

impl EntityUid {
    /// `User::"ann"`.
    #[must_use]
    pub fn display(&self, schema: &Schema) -> String {
        let ty = schema.entity_type(self.ty);
        let ty = ty.map_or_else(|| "?".to_owned(), |d| naming::written_path(&d.name));
        format!("{ty}::{}", quote(&self.id))
    }
}

/// A text as a string literal of the language.
#[must_use]
pub fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => out.push_str(&format!("\\u{{{:x}}}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn addresses() {
        let check = |text: &str, expected: Option<(&str, &str)>| {
            let found = Network::parse(text).ok();
            let found = found.map(|address| (address.to_string(), address.network().to_string()));
            let found = found
                .as_ref()
                .map(|(own, network)| (own.as_str(), network.as_str()));
            assert_eq!(found, expected, "{text}");
        };
        check("10.1.2.3", Some(("10.1.2.3", "10.1.2.3")));
        check("10.1.2.3/32", Some(("10.1.2.3", "10.1.2.3")));
        check("10.1.2.3/8", Some(("10.1.2.3/8", "10.0.0.0/8")));
        check("10.1.2.3/0", Some(("10.1.2.3/0", "0.0.0.0/0")));
        check("FD00:0::1/8", Some(("fd00::1/8", "fd00::/8")));
        check("::ffff:10.1.2.3", Some(("10.1.2.3", "10.1.2.3")));
        check("::ffff:10.1.2.3/104", Some(("10.1.2.3/8", "10.0.0.0/8")));
        check("::ffff:10.1.2.3/96", Some(("10.1.2.3/0", "0.0.0.0/0")));
        check(
            "::ffff:10.1.2.3/95",
            Some(("::ffff:10.1.2.3/95", "::fffe:0:0/95")),
        );
        check("::10.1.2.3/128", Some(("::a01:203", "::a01:203")));
        check("10.1.2.3/33", None);
        check("::1/129", None);
        check("10.1.2.3/", None);
        check("10.1.2.3/+8", None);
        check("10.1.2.3/8/8", None);
    }

    proptest! {
        #[test]
        fn written_addresses(addr: std::net::IpAddr, v4: std::net::Ipv4Addr, prefix in 0..=128_u8) {
            let mapped = IpAddr::V6(v4.to_ipv6_mapped());
            for addr in [addr, mapped, IpAddr::V4(v4)] {
                if let Ok(address) = Network::new(addr, prefix) {
                    prop_assert_eq!(Network::parse(&address.to_string()), Ok(address));
                    prop_assert!(address.is_canonical() && address.network().is_canonical());
                    prop_assert!(address.contains(address.network()) && address.network().contains(address));
                }
            }
        }
    }
}
