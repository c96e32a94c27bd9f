//! The values of the language, as plain owned data: what JSON and fixtures are read into, what the reference
//! evaluator computes with, and what the runtime interns.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use crate::schema::{EntityTypeId, EnumId, Schema};

/// Milliseconds in a day.
pub const DAY: i64 = 86_400_000;

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
            .ok_or_else(|| LiteralError(format!("`{text}` does not fit a decimal (at most 922337203685477.5807)")))
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = self.0.unsigned_abs();
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, fraction) = (units / 10_000, units % 10_000);
        let digits = format!("{fraction:04}");
        let digits = digits.trim_end_matches('0');
        write!(f, "{sign}{whole}.{}", if digits.is_empty() { "0" } else { digits })
    }
}

/// An instant: milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// Reads an RFC 3339 instant (`2026-01-05T09:00:00Z`, `…+02:00`), or a date, which is its midnight in UTC.
    /// Digits beyond milliseconds are cut.
    ///
    /// ```
    /// use dictum_artifact::value::Timestamp;
    /// assert_eq!(Timestamp::parse("1970-01-02").unwrap(), Timestamp(86_400_000));
    /// assert_eq!(Timestamp::parse("1970-01-01T01:00:00+01:00").unwrap(), Timestamp(0));
    /// assert!(Timestamp::parse("yesterday").is_err());
    /// ```
    ///
    /// # Errors
    /// When the text is neither.
    pub fn parse(text: &str) -> Result<Self, LiteralError> {
        let expected = || {
            LiteralError(format!(
                "`{text}` is not a timestamp, such as `2026-01-05T09:00:00Z`, `2026-01-05T10:00:00+01:00` or `2026-01-05`"
            ))
        };
        if let Ok(date) = text.parse::<jiff::civil::Date>()
            && text.len() == 10
        {
            let midnight = jiff::tz::Offset::UTC.to_timestamp(date.at(0, 0, 0, 0)).map_err(|_| expected())?;
            return Ok(Self(midnight.as_millisecond()));
        }
        // jiff reads more than RFC 3339; what it reads beyond is refused, so that every back end reads the same.
        let bytes = text.as_bytes();
        let separated = bytes.get(10).is_some_and(|b| matches!(b, b'T' | b't' | b' '));
        if !separated || !bytes.iter().take(4).all(u8::is_ascii_digit) || text.contains('[') {
            return Err(expected());
        }
        let instant: jiff::Timestamp = text.parse().map_err(|_| expected())?;
        Ok(Self(instant.as_nanosecond().div_euclid(1_000_000).try_into().map_err(|_| expected())?))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(instant) => write!(f, "{instant}"),
            Err(_) => write!(f, "{}ms since 1970", self.0),
        }
    }
}

/// A span of time in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Duration(pub i64);

/// The units of a duration, longest first, in milliseconds.
pub const DURATION_UNITS: [(&str, i64); 5] =
    [("d", DAY), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

impl Duration {
    /// Reads `15m`, `2h30m`, `7d`, `250ms`: numbers with units from days to milliseconds, each unit once, longest
    /// first; a leading `-` negates the whole.
    ///
    /// ```
    /// use dictum_artifact::value::Duration;
    /// assert_eq!(Duration::parse("2h30m").unwrap(), Duration(9_000_000));
    /// assert_eq!(Duration(9_000_000).to_string(), "2h30m");
    /// assert!(Duration::parse("30m2h").is_err());
    /// ```
    ///
    /// # Errors
    /// When the text has another form or does not fit 64 bits.
    pub fn parse(text: &str) -> Result<Self, LiteralError> {
        let malformed = || {
            LiteralError(format!(
                "`{text}` is not a duration: numbers with the units `d`, `h`, `m`, `s`, `ms`, longest first, such as `2h30m`"
            ))
        };
        let (sign, mut rest) = match text.strip_prefix('-') {
            Some(rest) => (-1, rest),
            None => (1, text),
        };
        let mut units = DURATION_UNITS.as_slice();
        let mut total: i64 = 0;
        if rest.is_empty() {
            return Err(malformed());
        }
        while !rest.is_empty() {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            let (number, after) = rest.split_at(digits);
            let letters = after.bytes().take_while(u8::is_ascii_alphabetic).count();
            let (unit, after) = after.split_at(letters);
            let at = units.iter().position(|(name, _)| *name == unit).ok_or_else(malformed)?;
            if number.is_empty() {
                return Err(malformed());
            }
            let scale = units.get(at).map_or(1, |(_, scale)| *scale);
            total = number
                .parse::<i64>()
                .ok()
                .and_then(|n| n.checked_mul(scale)?.checked_mul(sign))
                .and_then(|n| total.checked_add(n))
                .ok_or_else(|| LiteralError(format!("`{text}` is too long for a duration")))?;
            units = units.get(at + 1..).unwrap_or_default();
            rest = after;
        }
        Ok(Self(total))
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 {
            return f.write_str("0s");
        }
        if self.0 < 0 {
            f.write_str("-")?;
        }
        let mut rest = self.0.unsigned_abs();
        for (name, scale) in DURATION_UNITS {
            let scale = scale.unsigned_abs();
            if rest >= scale {
                write!(f, "{}{name}", rest / scale)?;
                rest %= scale;
            }
        }
        Ok(())
    }
}

/// An IPv4 or IPv6 network; a single address is the network of its full length.
///
/// An IPv4-mapped IPv6 address (`::ffff:10.0.0.1`, as dual-stack sockets report it) is the IPv4 address, so that no
/// rule about a network can be passed by writing the address the other way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Network(IpNet);

impl Network {
    /// A network of an address and a prefix length, where the address has no bits beyond the prefix.
    ///
    /// # Errors
    /// When the prefix is too long for the address, or the address has bits beyond it.
    pub fn new(addr: IpAddr, prefix: u8) -> Result<Self, LiteralError> {
        let (addr, prefix) = match addr {
            IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
                Some(v4) if (96..=128).contains(&prefix) => (IpAddr::V4(v4), prefix - 96),
                _ => (addr, prefix),
            },
            IpAddr::V4(_) => (addr, prefix),
        };
        let Ok(net) = IpNet::new(addr, prefix) else {
            return literal_error(format!("the prefix `/{prefix}` is too long for `{addr}`"));
        };
        if net.trunc() != net {
            return literal_error(format!("`{net}` has bits beyond its prefix; the network is `{}`", net.trunc()));
        }
        Ok(Self(net))
    }

    /// Reads `10.0.0.1`, `10.0.0.0/8`, `::1`, `fd00::/8`.
    ///
    /// ```
    /// use dictum_artifact::value::Network;
    /// let office = Network::parse("10.0.0.0/8").unwrap();
    /// assert!(office.contains(Network::parse("10.1.2.3").unwrap()));
    /// assert_eq!(Network::parse("::ffff:10.1.2.3").unwrap(), Network::parse("10.1.2.3").unwrap());
    /// assert!(Network::parse("10.0.0.1/8").is_err());
    /// ```
    ///
    /// # Errors
    /// When the text is neither an address nor a network, or the address has bits beyond the prefix.
    pub fn parse(text: &str) -> Result<Self, LiteralError> {
        let (addr, prefix) = match text.split_once('/') {
            Some((addr, prefix)) => (addr, Some(prefix)),
            None => (text, None),
        };
        let malformed =
            || LiteralError(format!("`{text}` is not an IP address or network, such as `10.0.0.0/8` or `::1`"));
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

    /// Whether the whole of `other` lies in this network. Networks of different versions never do.
    #[must_use]
    pub fn contains(self, other: Self) -> bool {
        self.0.contains(&other.0)
    }

    /// The network's first address.
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
                .map_or_else(|| "?".to_owned(), Clone::clone),
            Self::Entity(uid) => uid.display(schema),
            Self::Set(items) => format!("[{}]", list(&mut items.iter().map(|v| v.display(schema)))),
            Self::Map(entries) => format!(
                "{{ {} }}",
                list(&mut entries.iter().map(|(k, v)| format!("{}: {}", quote(k), v.display(schema))))
            ),
            Self::Record(fields) => format!(
                "{{ {} }}",
                list(&mut fields.iter().map(|v| v.as_ref().map_or_else(|| "_".to_owned(), |v| v.display(schema))))
            ),
        }
    }
}

impl EntityUid {
    /// `User::"ann"`.
    #[must_use]
    pub fn display(&self, schema: &Schema) -> String {
        let ty = schema.entity_type(self.ty).map_or("?", |d| d.name.as_str());
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
