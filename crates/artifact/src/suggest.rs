//! Near names, for the help line of an unknown one.

/// `did you mean …?` for the candidate nearest to `name`, where one is near: at most a third of the longer name's
/// characters differ, or they differ in case only.
#[must_use]
pub fn did_you_mean<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    nearest(name, candidates).map(|near| format!("did you mean `{near}`?"))
}

/// The nearest candidate, where one is near.
#[must_use]
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .filter_map(|candidate| {
            let length = name.chars().count().max(candidate.chars().count());
            let distance = if name.eq_ignore_ascii_case(candidate) {
                0
            } else {
                distance(name, candidate)
            };
            (distance * 3 <= length).then_some((distance, candidate))
        })
        .min()
        .map(|(_, candidate)| candidate)
}

/// The number of insertions, deletions, replacements and swaps of neighbours between two texts (optimal string
/// alignment). Long texts are not near to anything.
fn distance(a: &str, b: &str) -> usize {
    const LONGEST: usize = 64;
    let (a, b): (Vec<char>, Vec<char>) = (
        a.chars().take(LONGEST).collect(),
        b.chars().take(LONGEST).collect(),
    );
    if a.len().abs_diff(b.len()) > LONGEST / 3 {
        return usize::MAX / 3;
    }
    let mut rows: [Vec<usize>; 3] = [Vec::new(), vec![0; b.len() + 1], (0..=b.len()).collect()];
    for (i, ca) in a.iter().enumerate() {
        rows.rotate_left(1);
        let [before, above, row] = &mut rows;
        row.clear();
        row.push(i + 1);
        for (j, cb) in b.iter().enumerate() {
            let mut best = (above[j] + usize::from(ca != cb))
                .min(above[j + 1] + 1)
                .min(row[j] + 1);
            if i > 0 && j > 0 && *ca == b[j - 1] && a[i - 1] == *cb {
                best = best.min(before[j - 1] + 1);
            }
            row.push(best);
        }
    }
    rows[2][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names() {
        let check = |name, expected| {
            assert_eq!(
                nearest(name, ["department", "clearance", "owner", "id"]),
                expected,
                "{name}"
            );
        };
        check("departmnet", Some("department"));
        check("Clearance", Some("clearance"));
        check("onwer", Some("owner"));
        check("ID", Some("id"));
        check("ip", None);
        check("zebra", None);
        check("", None);
    }
}
