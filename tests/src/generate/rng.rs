//! Random choices that are the same on every machine and in every year: one seed, one world.

/// `SplitMix64` (Steele, Lea and Flood, 2014): small, and good enough to make test cases.
#[derive(Clone, Debug)]
pub struct Rng(u64);

impl Rng {
    /// The choices of a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Any number.
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `n`; 0 where `n` is 0.
    pub fn below(&mut self, n: usize) -> usize {
        let n = u64::try_from(n.max(1)).unwrap_or(u64::MAX);
        usize::try_from(self.number() % n).unwrap_or(0)
    }

    /// A number from `low` to `high`, both included.
    pub fn between(&mut self, low: usize, high: usize) -> usize {
        low + self.below(high - low + 1)
    }

    /// Whether something of so many percent happens.
    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of several.
    pub fn pick<'t, T>(&mut self, items: &'t [T]) -> Option<&'t T> {
        items.get(self.below(items.len()))
    }

    /// One of several that are there.
    pub fn one<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())]
    }

    /// Each of several with a chance of so many percent, in their order; at least `least` where there are as many.
    pub fn some<T: Clone>(&mut self, items: &[T], percent: usize, least: usize) -> Vec<T> {
        let mut chosen: Vec<bool> = items.iter().map(|_| self.chance(percent)).collect();
        while chosen.iter().filter(|is| **is).count() < least.min(items.len()) {
            let at = self.below(items.len());
            chosen[at] = true;
        }
        items
            .iter()
            .zip(chosen)
            .filter(|(_, is)| *is)
            .map(|(item, _)| item.clone())
            .collect()
    }

    /// Puts items into another order.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for at in (1..items.len()).rev() {
            items.swap(at, self.below(at + 1));
        }
    }
}
