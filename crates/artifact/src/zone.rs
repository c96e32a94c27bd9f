//! Time zones, as the tables that they compile to: when a clock there is set, and to what.

use serde::{Deserialize, Serialize};

/// The seconds of 400 years, after which the calendar repeats itself, weekdays included.
pub const CYCLE: i64 = 12_622_780_800;

/// How many changes a table may have. A zone that changes twice a year takes 800 of them for a cycle.
pub const MAX_ZONE_CHANGES: usize = 10_000;

/// How many seconds, at most, clocks may be ahead of UTC or behind it: those of 26 hours.
pub const MAX_OFFSET: i32 = 26 * 3_600;

/// The rules of a time zone.
///
/// The calendar repeats itself after 400 years, to the weekday, so a table that reaches 400 years beyond the last change of
/// the rules holds all that ever follows.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Zone {
    /// Its name in the IANA database, such as `Europe/Berlin`; for people.
    pub name: Box<str>,
    /// How many seconds its clocks were ahead of UTC before the first change.
    pub first: i32,
    /// The changes, sorted: the second of UTC from which on clocks are ahead by so many seconds.
    pub changes: Box<[(i64, i32)]>,
}

/// What is wrong with a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ZoneFault {
    /// It has more changes than [`MAX_ZONE_CHANGES`].
    TooLarge,
    /// Its changes are not in their order, or two of them are at the same time.
    Unsorted,
    /// It is ahead of UTC, or behind it, by more than [`MAX_OFFSET`].
    Offset,
}

impl Zone {
    /// How many seconds clocks are ahead of UTC at a second of UTC.
    ///
    /// Before the first change that is `first`, and then what the last change said. After the last of the table there are
    /// two kinds of zones. Where the changes span less than 400 years, the rules came to an end, and clocks stay as they
    /// are. Otherwise they go on as in the 400 years up to the last change: the compiler lists changes until 400 years
    /// after the last one that does not follow from the rules in force, so that these years are a whole cycle of them, and
    /// what is so many cycles later is looked up there. (No zone has been recorded for 400 years, so no table of the first
    /// kind spans as many.)
    ///
    /// ```
    /// use dictum_artifact::zone::Zone;
    /// // One hour ahead, from 1970 on; two hours from one second later.
    /// let zone = Zone { name: "Test/Zone".into(), first: 0, changes: [(0, 3_600), (1, 7_200)].into() };
    /// assert_eq!([-1, 0, 1, i64::MAX].map(|second| zone.offset_at(second)), [0, 3_600, 7_200, 7_200]);
    /// ```
    #[must_use]
    pub fn offset_at(&self, second: i64) -> i32 {
        let second = self.listed(second);
        let after = self.changes.partition_point(|(from, _)| *from <= second);
        match after.checked_sub(1).and_then(|at| self.changes.get(at)) {
            Some((_, offset)) => *offset,
            None => self.first,
        }
    }

    /// The second that the table answers for: of the last cycle up to the last change, for one that is later.
    fn listed(&self, second: i64) -> i64 {
        let (Some((first, _)), Some((last, _))) = (self.changes.first(), self.changes.last()) else {
            return second;
        };
        let repeats = last.checked_sub(*first).is_none_or(|span| span >= CYCLE);
        // How long after the last change; what cannot be counted is after the end of every zone that there is.
        match second.checked_sub(*last) {
            Some(beyond @ 1..) if repeats => last
                .saturating_sub(CYCLE)
                .saturating_add(1 + (beyond - 1) % CYCLE),
            Some(_) | None => second,
        }
    }

    /// Checks that the table can be searched, and is of some zone.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn validate(&self) -> Result<(), ZoneFault> {
        if self.changes.len() > MAX_ZONE_CHANGES {
            return Err(ZoneFault::TooLarge);
        }
        if !self.changes.is_sorted_by(|(a, _), (b, _)| a < b) {
            return Err(ZoneFault::Unsorted);
        }
        let mut offsets = self.changes.iter().map(|(_, offset)| *offset);
        let is_near = |offset: i32| (-MAX_OFFSET..=MAX_OFFSET).contains(&offset);
        if is_near(self.first) && offsets.all(is_near) {
            Ok(())
        } else {
            Err(ZoneFault::Offset)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn zone(first: i32, changes: &[(i64, i32)]) -> Zone {
        Zone {
            name: "Test/Zone".into(),
            first,
            changes: changes.into(),
        }
    }

    /// The middle and the end of each year, from 1600 for so many years, counted in years of the mean length.
    fn half_yearly(years: i64) -> Zone {
        let year = CYCLE / 400;
        let changes: Vec<(i64, i32)> = (0..years * 2)
            .map(|half| (half * year / 2, if half % 2 == 0 { 3_600 } else { 7_200 }))
            .collect();
        zone(0, &changes)
    }

    #[test]
    fn offsets() {
        let none = zone(5, &[]);
        assert_eq!(
            [i64::MIN, 0, i64::MAX].map(|second| none.offset_at(second)),
            [5; 3]
        );
        let ended = zone(1, &[(-10, 2), (10, 3)]);
        assert_eq!(
            [i64::MIN, -11, -10, 9, 10, 10 + CYCLE, i64::MAX].map(|second| ended.offset_at(second)),
            [1, 1, 2, 2, 3, 3, 3]
        );
    }

    #[test]
    fn rules_that_go_on() {
        let known = half_yearly(2_000);
        let cycle = half_yearly(401);
        assert_eq!(cycle.validate(), Ok(()));
        let (last, _) = cycle.changes[801];
        let half = CYCLE / 800;
        for second in [
            last - 1,
            last,
            last + 1,
            last + half - 1,
            last + half,
            last + half + 1,
        ] {
            for cycles in 0..3 {
                let second = second + cycles * CYCLE;
                assert_eq!(cycle.offset_at(second), known.offset_at(second), "{second}");
            }
        }
        for second in (0..1_500).map(|n| n * CYCLE / 400 + n * 86_400) {
            assert_eq!(cycle.offset_at(second), known.offset_at(second), "{second}");
        }
        // 399 years are no whole cycle: the rules ended.
        assert_eq!(half_yearly(399).offset_at(last + half), 7_200);
    }

    #[test]
    fn what_is_no_zone() {
        assert_eq!(zone(0, &[(1, 0), (1, 0)]).validate(), Err(ZoneFault::Unsorted));
        assert_eq!(zone(0, &[(1, 0), (0, 0)]).validate(), Err(ZoneFault::Unsorted));
        assert_eq!(zone(MAX_OFFSET, &[(0, -MAX_OFFSET)]).validate(), Ok(()));
        assert_eq!(zone(MAX_OFFSET + 1, &[]).validate(), Err(ZoneFault::Offset));
        assert_eq!(zone(0, &[(0, i32::MIN)]).validate(), Err(ZoneFault::Offset));
        let many: Vec<(i64, i32)> = (0..=MAX_ZONE_CHANGES as i64).map(|at| (at, 0)).collect();
        assert_eq!(zone(0, &many).validate(), Err(ZoneFault::TooLarge));
    }

    proptest! {
        #[test]
        fn any_table_answers(first: i32, changes: Vec<(i64, i32)>, second: i64) {
            let _ = zone(first, &changes).offset_at(second);
        }

        #[test]
        fn extremes_answer(a in prop::sample::select(vec![i64::MIN, -1, 0, 1, i64::MAX]), second: i64) {
            let zone = zone(1, &[(i64::MIN, 2), (a, 3)]);
            let _ = [i64::MIN, second, i64::MAX].map(|second| zone.offset_at(second));
        }
    }
}
