//! Instants and spans of time.

use std::fmt;

use jiff::SignedDuration;
use jiff::civil::{Date, DateTime};
use serde::{Deserialize, Serialize};

use super::LiteralError;

/// Milliseconds in a day.
pub const DAY: i64 = 86_400_000;

/// An instant: milliseconds since 1970-01-01T00:00:00Z.
///
/// Text and data hold those from [`Timestamp::MIN`] to [`Timestamp::MAX`], the years that RFC 3339 has; arithmetic can
/// lead beyond.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Timestamp(pub i64);

/// Where the count starts.
const EPOCH: DateTime = DateTime::constant(1970, 1, 1, 0, 0, 0, 0);

impl Timestamp {
    /// The first instant that can be written, `0000-01-01T00:00:00Z`.
    pub const MIN: Self = Self(-62_167_219_200_000);

    /// The last instant that can be written, `9999-12-31T23:59:59.999Z`.
    pub const MAX: Self = Self(253_402_300_799_999);

    /// Reads an RFC 3339 instant (`2026-01-05T09:00:00Z`, `…+02:00`), or a date, which is its midnight in UTC.
    /// Digits beyond milliseconds are cut; a leap second is the one before it.
    ///
    /// ```
    /// use dictum_artifact::value::Timestamp;
    /// assert_eq!(Timestamp::parse("1970-01-02").unwrap(), Timestamp(86_400_000));
    /// assert_eq!(Timestamp::parse("1970-01-01T01:00:00+01:00").unwrap(), Timestamp(0));
    /// assert_eq!(Timestamp::parse("9999-12-31T23:59:59.999Z").unwrap(), Timestamp::MAX);
    /// assert!(Timestamp::parse("yesterday").is_err());
    /// ```
    ///
    /// # Errors
    /// When the text is neither.
    pub fn parse(text: &str) -> Result<Self, LiteralError> {
        let instant = read_instant(text)
            .map(Self)
            .filter(|instant| instant.can_be_written());
        instant.ok_or_else(|| {
            LiteralError(format!(
                "`{text}` is not a timestamp, such as `2026-01-05T09:00:00Z`, `2026-01-05T10:00:00+01:00` or `2026-01-05`"
            ))
        })
    }

    /// Whether it is in the years from 0 to 9999.
    #[must_use]
    pub fn can_be_written(self) -> bool {
        (Self::MIN..=Self::MAX).contains(&self)
    }
}

fn read_instant(text: &str) -> Option<i64> {
    let (date, rest) = text.split_at_checked(10)?;
    let date = Date::new(
        number(date, 0..4, 0, 9999)?,
        number(date, 5..7, 1, 12)?,
        number(date, 8..10, 1, 31)?,
    )
    .ok()?;
    if !separated(text, &[4, 7], b'-') {
        return None;
    }
    let (time, rest) = match rest.split_at_checked(9) {
        Some((time, rest)) if time.starts_with(['T', 't', ' ']) => (time, rest),
        Some(_) => return None,
        None if rest.is_empty() => ("T00:00:00", "Z"),
        None => return None,
    };
    if !separated(time, &[3, 6], b':') {
        return None;
    }
    let second: i8 = number(time, 7..9, 0, 60)?;
    let time = date.at(
        number(time, 1..3, 0, 23)?,
        number(time, 4..6, 0, 59)?,
        second.min(59),
        0,
    );
    let (milliseconds, offset) = match rest.strip_prefix('.') {
        Some(rest) => {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            let (fraction, offset) = rest.split_at_checked(digits)?;
            let thousandths = format!("{:0<3}", fraction.get(..3).unwrap_or(fraction));
            (
                i64::from(number::<i16>(&thousandths, 0..3, 0, 999)?),
                (digits > 0).then_some(offset)?,
            )
        }
        None => (0, rest),
    };
    let minutes = match offset {
        "Z" | "z" => 0,
        _ => {
            let sign = if offset.starts_with('+') { 1 } else { -1 };
            if offset.len() != 6 || !offset.starts_with(['+', '-']) || !separated(offset, &[3], b':') {
                return None;
            }
            sign * (number::<i64>(offset, 1..3, 0, 23)? * 60 + number::<i64>(offset, 4..6, 0, 59)?)
        }
    };
    let since = i64::try_from(time.duration_since(EPOCH).as_millis()).ok()?;
    since.checked_add(milliseconds)?.checked_sub(minutes * 60_000)
}

/// The number that these bytes of a text are the digits of, from the least to the most that it may be.
fn number<T: std::str::FromStr + PartialOrd>(
    text: &str,
    digits: std::ops::Range<usize>,
    least: T,
    most: T,
) -> Option<T> {
    let digits = text
        .get(digits)
        .filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()))?;
    digits
        .parse()
        .ok()
        .filter(|number| (least..=most).contains(number))
}

fn separated(text: &str, places: &[usize], separator: u8) -> bool {
    places
        .iter()
        .all(|place| text.as_bytes().get(*place) == Some(&separator))
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = EPOCH.checked_add(SignedDuration::from_millis(self.0));
        let Some(time) = time.ok().filter(|_| self.can_be_written()) else {
            return write!(f, "{}ms since 1970", self.0);
        };
        write!(f, "{:04}-{:02}-{:02}", time.year(), time.month(), time.day())?;
        write!(f, "T{:02}:{:02}:{:02}", time.hour(), time.minute(), time.second())?;
        match time.millisecond() {
            0 => f.write_str("Z"),
            milliseconds => write!(f, ".{milliseconds:03}Z"),
        }
    }
}

/// A span of time in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Duration(pub i64);

/// The units of a duration, longest first, in milliseconds.
pub const DURATION_UNITS: [(&str, i64); 5] = [
    ("d", DAY),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1_000),
    ("ms", 1),
];

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
            let at = units
                .iter()
                .position(|(name, _)| *name == unit)
                .ok_or_else(malformed)?;
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn timestamps() {
        let check = |text: &str, expected: Option<i64>| {
            assert_eq!(Timestamp::parse(text).ok().map(|t| t.0), expected, "{text}");
        };
        check("1970-01-01", Some(0));
        check("1970-01-01T00:00:00Z", Some(0));
        check("1970-01-01t00:00:00.5z", Some(500));
        check("1970-01-01 00:00:00.0019999999999Z", Some(1));
        check("1969-12-31T23:59:59.999Z", Some(-1));
        check("1970-01-01T00:00:00+00:01", Some(-60_000));
        check("1970-01-01T00:00:00-23:59", Some(86_340_000));
        check("2016-12-31T23:59:60Z", Some(1_483_228_799_000));
        check("2024-02-29", Some(1_709_164_800_000));
        check("0000-01-01", Some(Timestamp::MIN.0));
        check("9999-12-31T23:59:59.999Z", Some(Timestamp::MAX.0));
        for wrong in [
            "",
            "2026",
            "2026-1-5",
            "2023-02-29",
            "2026-13-01",
            "2026-00-01",
            "2026-01-05Z",
            "2026-01-05T",
            "2026-01-05T09:00Z",
            "2026-01-05T09:00:00",
            "2026-01-05T24:00:00Z",
            "2026-01-05T09:60:00Z",
            "2026-01-05T09:00:61Z",
            "2026-01-05T09:00:00.Z",
            "2026-01-05T09:00:00,5Z",
            "2026-01-05T09:00:00+01",
            "2026-01-05T09:00:00+0100",
            "2026-01-05T09:00:00+24:00",
            "2026-01-05T09:00:00Z ",
            "2026-01-05T09:00:00Z[UTC]",
            "+026-01-05",
            "-2026-01-05",
            "12026-01-05",
            "2026/01/05",
            "2026-01-05T09.00.00Z",
            "0000-01-01T00:00:00+00:01",
            "9999-12-31T23:59:59-00:01",
            "2026-01-0५",
            "２０２６-01-05",
        ] {
            check(wrong, None);
        }
    }

    #[test]
    fn instants_that_cannot_be_written() {
        assert_eq!(
            Timestamp(i64::MAX).to_string(),
            "9223372036854775807ms since 1970"
        );
        assert_eq!(
            Timestamp(Timestamp::MIN.0 - 1).to_string(),
            "-62167219200001ms since 1970"
        );
    }

    proptest! {
        #[test]
        fn written_timestamps(t in Timestamp::MIN.0..=Timestamp::MAX.0) {
            prop_assert_eq!(Timestamp::parse(&Timestamp(t).to_string()), Ok(Timestamp(t)));
        }

        #[test]
        fn as_the_library_reads_them(t in -60_000_000_000_000..250_000_000_000_000_i64) {
            let expected: jiff::Timestamp = Timestamp(t).to_string().parse().unwrap();
            prop_assert_eq!(expected.as_millisecond(), t);
        }

        #[test]
        fn written_durations(d: i64) {
            prop_assert_eq!(Duration::parse(&Duration(d).to_string()), Ok(Duration(d)));
        }

        #[test]
        fn any_text(text: String, digits in "[0-9-]{4,12}[Tt ]?[0-9:.]{0,12}[Zz+-]?[0-9:]{0,6}") {
            for text in [text, digits] {
                if let Ok(t) = Timestamp::parse(&text) {
                    prop_assert!(t.can_be_written());
                }
            }
        }
    }
}
