//! What has been generated and decided, so that nothing is tested by never occurring.

use std::collections::BTreeMap;

#[derive(Default)]
pub(crate) struct Seen {
    counts: BTreeMap<&'static str, usize>,
    /// Why Cedar refused policies, for each reason how often.
    reasons: BTreeMap<String, usize>,
}

impl Seen {
    pub(crate) fn note(&mut self, what: &'static str) {
        *self.counts.entry(what).or_default() += 1;
    }

    pub(crate) fn add(&mut self, other: Self) {
        for (what, count) in other.counts {
            *self.counts.entry(what).or_default() += count;
        }
        for (why, count) in other.reasons {
            *self.reasons.entry(why).or_default() += count;
        }
    }

    /// A reason of Cedar's to refuse a policy, without the texts in it.
    pub(crate) fn why(&mut self, told: &str) {
        let parts = told.split('`').enumerate().filter(|(at, _)| at % 2 == 0);
        let told: Vec<&str> = parts.map(|(_, part)| part).collect();
        *self.reasons.entry(told.concat()).or_default() += 1;
    }

    pub(crate) fn count(&self, what: &str) -> usize {
        self.counts.get(what).copied().unwrap_or(0)
    }

    pub(crate) fn tell(&self) -> String {
        let counts = self.counts.iter().map(|(what, count)| (*what, count));
        let reasons = self.reasons.iter().map(|(why, count)| (why.as_str(), count));
        let each = counts
            .chain(reasons)
            .map(|(what, count)| format!("{count:>7} {what}\n"));
        each.collect()
    }
}
