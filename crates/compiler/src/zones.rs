//! Time zones to tables, from the database that jiff brings along: compiled into a policy, they mean the same wherever it
//! runs, whatever that machine knows of zones.

use std::sync::Arc;

use dictum_artifact::zone::Zone;
use jiff::Timestamp;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use rustc_hash::FxHashMap;

/// The seconds of 400 years, after which the calendar repeats itself, to the day of the week.
const CYCLE: i64 = 146_097 * 86_400;

/// The year up to which the database lists changes one by one, those around the Ramadans of the next decades among them; what
/// comes after follows rules that repeat.
const LISTED: &str = "2100-01-01T00:00:00Z";

/// The zones that were looked up, by their names; `None` for one that is not known.
pub(crate) struct Zones {
    database: TimeZoneDatabase,
    known: FxHashMap<String, Option<Arc<Zone>>>,
}

impl Default for Zones {
    fn default() -> Self {
        Self {
            database: TimeZoneDatabase::bundled(),
            known: FxHashMap::default(),
        }
    }
}

impl Zones {
    /// The zone of a name.
    pub(crate) fn get(&mut self, name: &str) -> Option<Arc<Zone>> {
        if let Some(zone) = self.known.get(name) {
            return zone.clone();
        }
        // The database does not tell small letters from large ones; a name is written in one way here.
        let zone = self.database.get(name).ok();
        let zone = zone.filter(|zone| zone.iana_name().is_none_or(|known| known == name));
        let zone = zone.map(|zone| Arc::new(table(name, &zone)));
        self.known.insert(name.to_owned(), zone.clone());
        zone
    }

    /// The names of all zones.
    pub(crate) fn names(&self) -> Vec<String> {
        self.database.available().map(|name| name.to_string()).collect()
    }
}

/// All changes of a zone's offset up to the end of a whole cycle of its last rules.
fn table(name: &str, zone: &TimeZone) -> Zone {
    let listed: i64 = LISTED.parse::<Timestamp>().map_or(0, Timestamp::as_second);
    let end = listed + CYCLE;
    let first = zone.to_offset(Timestamp::MIN).seconds();
    let mut changes: Vec<(i64, i32)> = Vec::new();
    let mut before = first;
    for change in zone.following(Timestamp::MIN) {
        let second = change.timestamp().as_second();
        if second >= end {
            break;
        }
        let offset = change.offset().seconds();
        if offset != before {
            changes.push((second, offset));
            before = offset;
        }
    }
    Zone {
        name: name.into(),
        first,
        changes: changes.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_listed_for_a_whole_cycle() {
        let mut zones = Zones::default();
        let berlin = zones.get("Europe/Berlin").unwrap();
        assert!(berlin.changes.is_sorted_by(|a, b| a.0 < b.0));
        assert!(berlin.changes.len() > 800, "{}", berlin.changes.len());
        assert_eq!(berlin.first, 3208);
        let utc = zones.get("UTC").unwrap();
        assert_eq!((utc.first, utc.changes.len()), (0, 0));
        assert!(zones.get("Europe/Atlantis").is_none());
        assert!(zones.get("europe/berlin").is_none());
        assert!(zones.get("Asia/Calcutta").is_some());
        assert!(zones.names().iter().any(|name| name == "Asia/Kolkata"));
    }
}
