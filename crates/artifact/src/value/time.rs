//! Instants and spans of time.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::LiteralError;

/// Milliseconds in a day.
pub const DAY: i64 = 86_400_000;

/// An instant: milliseconds since 1970-01-01T00:00:00Z. All 64 bits are used, some 292 million years either way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// The first instant, `-292275055-05-16T16:47:04.192Z`.
    pub const MIN: Self = Self(i64::MIN);

    /// The last instant, `+292278994-08-17T07:12:55.807Z`.
    pub const MAX: Self = Self(i64::MAX);

    /// Reads an RFC 3339 instant (`2026-01-05T09:00:00Z`, `…+02:00`), or a date, which is its midnight in UTC.
    /// A year may also have a sign and at least six digits, as the expanded years of ISO 8601 have in JavaScript.
    /// Digits beyond milliseconds are cut; a leap second is the one before it.
    ///
    /// ```
    /// use dictum_artifact::value::Timestamp;
    /// assert_eq!(Timestamp::parse("1970-01-02").unwrap(), Timestamp(86_400_000));
    /// assert_eq!(Timestamp::parse("1970-01-01T01:00:00+01:00").unwrap(), Timestamp(0));
    /// assert_eq!(Timestamp::parse("+292278994-08-17T07:12:55.807Z").unwrap(), Timestamp::MAX);
    /// assert!(Timestamp::parse("yesterday").is_err());
    /// ```
    ///
    /// # Errors
    /// When the text is neither, or 64 bits do not hold the instant.
    pub fn parse(text: &str) -> Result<Self, LiteralError> {
        let instant = read_instant(text).ok_or_else(|| {
            LiteralError(format!(
                "`{text}` is not a timestamp, such as `2026-01-05T09:00:00Z`, `2026-01-05T10:00:00+01:00` or `2026-01-05`"
            ))
        })?;
        i64::try_from(instant).map(Self).map_err(|_| {
            LiteralError(format!(
                "`{text}` does not fit a timestamp (from {} to {})",
                Self::MIN,
                Self::MAX
            ))
        })
    }
}

/// The instant that a text is, whether it fits or not.
fn read_instant(text: &str) -> Option<i128> {
    let (year, text) = read_year(text)?;
    let (date, rest) = text.split_at_checked(6)?;
    let month = number(date, 1..3, 1, 12)?;
    let day = number(date, 4..6, 1, days_in_month(year, month))?;
    if !separated(date, &[0, 3], b'-') {
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
    let hour: i128 = number(time, 1..3, 0, 23)?;
    let minute: i128 = number(time, 4..6, 0, 59)?;
    let second = number::<i128>(time, 7..9, 0, 60)?.min(59);
    let (milliseconds, offset) = match rest.strip_prefix('.') {
        Some(rest) => {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            let (fraction, offset) = rest.split_at_checked(digits)?;
            let thousandths = format!("{:0<3}", fraction.get(..3).unwrap_or(fraction));
            (
                number(&thousandths, 0..3, 0, 999)?,
                (digits > 0).then_some(offset)?,
            )
        }
        None => (0, rest),
    };
    let ahead = match offset {
        "Z" | "z" => 0,
        _ => {
            let sign = if offset.starts_with('+') { 1 } else { -1 };
            if offset.len() != 6 || !offset.starts_with(['+', '-']) || !separated(offset, &[3], b':') {
                return None;
            }
            sign * (number::<i128>(offset, 1..3, 0, 23)? * 60 + number::<i128>(offset, 4..6, 0, 59)?)
        }
    };
    let minutes = hour * 60 + minute - ahead;
    let days = i128::from(days_from_civil(year, month, day));
    Some(days * i128::from(DAY) + (minutes * 60 + second) * 1_000 + milliseconds)
}

/// The year at the start of a text, and what follows it: four digits, or a sign and at least six. The year 0 has no minus.
/// One of more digits than any count is as far away as the first that does not fit.
fn read_year(text: &str) -> Option<(i64, &str)> {
    let Some(after) = text.strip_prefix(['+', '-']) else {
        let (year, rest) = text.split_at_checked(4)?;
        return Some((number(year, 0..4, 0, 9_999)?, rest));
    };
    let digits = after.bytes().take_while(u8::is_ascii_digit).count();
    let (year, rest) = after.split_at_checked(digits)?;
    let years = match year.trim_start_matches('0') {
        "" => 0,
        significant if significant.len() <= 9 => significant.parse().ok()?,
        _ => 1_000_000_000,
    };
    match (text.starts_with('-'), years) {
        _ if digits < 6 => None,
        (true, 0) => None,
        (true, years) => Some((-years, rest)),
        (false, years) => Some((years, rest)),
    }
}

fn days_in_month(year: i64, month: i64) -> i64 {
    let is_leap = year.rem_euclid(4) == 0 && (year.rem_euclid(100) != 0 || year.rem_euclid(400) == 0);
    match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// The days from 1970-01-01 to a date of the proleptic Gregorian calendar. This and its inverse are Howard Hinnant's
/// `days_from_civil` and `civil_from_days` (<https://howardhinnant.github.io/date_algorithms.html>): years are counted from
/// March, so that the leap day is the last, in eras of 400 years.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// The year, month and day so many days after 1970-01-01.
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = (from_march + 2) % 12 + 1;
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    (year, month, day)
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

/// As RFC 3339 has it, in UTC; years outside of 0000 to 9999 with a sign and at least six digits. [`Timestamp::parse`] reads
/// all of them.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = civil_from_days(self.0.div_euclid(DAY));
        let time = self.0.rem_euclid(DAY);
        match year {
            0..=9_999 => write!(f, "{year:04}")?,
            _ => write!(f, "{year:+07}")?,
        }
        let (hour, minute, second) = (time / 3_600_000, time / 60_000 % 60, time / 1_000 % 60);
        write!(f, "-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")?;
        match time % 1_000 {
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
        // The least duration has no positive counterpart: the sign is a part of each amount.
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
                .parse::<i128>()
                .ok()
                .and_then(|n| n.checked_mul(sign * i128::from(scale)))
                .and_then(|n| i64::try_from(n).ok())
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
        check("0000-01-01", Some(-62_167_219_200_000));
        check("9999-12-31T23:59:59.999Z", Some(253_402_300_799_999));
        check("0000-01-01T00:00:00+00:01", Some(-62_167_219_260_000));
        check("9999-12-31T23:59:59-00:01", Some(253_402_300_859_000));
        check("+010000-01-01", Some(253_402_300_800_000));
        check("-000001-12-31T23:59:59.999Z", Some(-62_167_219_200_001));
        check("+002026-01-05", Some(1_767_571_200_000));
        check("+0000002026-01-05", Some(1_767_571_200_000));
        check("+000000-02-29", Some(-62_162_121_600_000));
        check("-000004-02-29", Some(-62_288_352_000_000));
        check("+275760-09-13T00:00:00.000Z", Some(8_640_000_000_000_000));
        check("-271821-04-20t01:00:00+01:00", Some(-8_640_000_000_000_000));
        check("+292278994-08-17T07:12:55.807Z", Some(i64::MAX));
        check("-292275055-05-16T16:47:04.192Z", Some(i64::MIN));
        check("-292275055-05-17T16:47:04.191+23:59", Some(i64::MIN + 59_999));
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
            "+2026-01-05",
            "+02026-01-05",
            "-000000-01-01",
            "-00000000-01-01",
            "-000001-02-29",
            "+012026",
            "+-12026-01-05",
            "+01२026-01-05",
            "+292278994-08-17T07:12:55.808Z",
            "-292275055-05-16T16:47:04.191Z",
            "-292275055-05-16T16:47:04.192+00:01",
            "+999999999-01-01",
            "+99999999999999999999999999999999999999999-01-01",
            "12026-01-05",
            "2026/01/05",
            "2026-01-05T09.00.00Z",
            "2026-01-0५",
            "２０２６-01-05",
        ] {
            check(wrong, None);
        }
    }

    #[test]
    fn instants_outside_of_four_digits() {
        let check = |instant: i64, expected: &str| assert_eq!(Timestamp(instant).to_string(), expected);
        check(253_402_300_800_000, "+010000-01-01T00:00:00Z");
        check(-62_167_219_200_000, "0000-01-01T00:00:00Z");
        check(-62_167_219_200_001, "-000001-12-31T23:59:59.999Z");
        check(i64::MAX, "+292278994-08-17T07:12:55.807Z");
        check(i64::MIN, "-292275055-05-16T16:47:04.192Z");
        let far = Timestamp::parse("+292278994-08-18").unwrap_err().to_string();
        assert_eq!(
            far,
            "`+292278994-08-18` does not fit a timestamp (from -292275055-05-16T16:47:04.192Z to +292278994-08-17T07:12:55.807Z)"
        );
    }

    #[test]
    fn durations() {
        let check = |text: &str, expected: Option<i64>| {
            assert_eq!(Duration::parse(text).ok().map(|d| d.0), expected, "{text}");
        };
        check("25h", Some(90_000_000));
        check("90m", Some(5_400_000));
        check("1d0h", Some(DAY));
        check("-1h30m", Some(-5_400_000));
        check("9223372036854775807ms", Some(i64::MAX));
        check("9223372036854775808ms", None);
        check("-9223372036854775808ms", Some(i64::MIN));
        check("-9223372036854775809ms", None);
        check("-106751991167d7h12m55s808ms", Some(i64::MIN));
        check("-106751991167d26m55s808ms", Some(i64::MIN + 24_360_000));
        check("106751991168d", None);
        check("99999999999999999999999999999999999999999999d", None);
        check("--1h", None);
        check("-", None);
    }

    #[test]
    fn the_least_decimal() {
        let least = super::super::Decimal::parse("-922337203685477.5808");
        assert_eq!(least.map(|d| d.ten_thousandths()), Ok(i64::MIN));
    }

    proptest! {
        #[test]
        fn written_timestamps(t: i64, near in -300_000_000_000_000..300_000_000_000_000_i64) {
            prop_assert_eq!(Timestamp::parse(&Timestamp(near).to_string()), Ok(Timestamp(near)));
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
        fn any_text(text: String, digits in "[+-]?[0-9-]{4,22}[Tt ]?[0-9:.]{0,12}[Zz+-]?[0-9:]{0,6}") {
            for text in [text, digits] {
                if let Ok(t) = Timestamp::parse(&text) {
                    prop_assert_eq!(Timestamp::parse(&t.to_string()), Ok(t));
                }
            }
        }
    }
}
