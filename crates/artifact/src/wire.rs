//! The file that holds an artifact: a header, the artifact in postcard's format, and a checksum.
//!
//! | bytes | what |
//! | --- | --- |
//! | 8 | [`MAGIC`] |
//! | 2 | [`VERSION`], little-endian as all numbers here |
//! | 8 | the length of the body |
//! | … | the body: the [`Artifact`] in postcard's format |
//! | 4 | the CRC-32 of all bytes before it |
//!
//! ```
//! use dictum_artifact::dag::Artifact;
//! use dictum_artifact::expr::Exprs;
//! use dictum_artifact::schema::Schema;
//! use dictum_artifact::wire;
//!
//! let artifact = Artifact {
//!     schema: Schema::default(),
//!     exprs: Exprs::default(),
//!     nodes: vec![],
//!     plans: vec![],
//!     rules: vec![],
//!     files: vec!["policy.dictum".to_owned()],
//! };
//! let mut bytes = wire::encode(&artifact);
//! assert!(wire::is_artifact(&bytes));
//! assert_eq!(wire::decode(&bytes), Ok(artifact));
//!
//! bytes[20] ^= 1;
//! assert_eq!(wire::decode(&bytes), Err(wire::WireError::Checksum));
//! ```

use std::fmt;

use crate::dag::Artifact;
use crate::validate::{Invalid, validate};

/// The bytes that every artifact starts with.
pub const MAGIC: [u8; 8] = *b"dictum\0\n";

/// The version of the format that is written and read.
pub const VERSION: u16 = 2;

/// Magic, version and the length of the body.
const HEADER: usize = MAGIC.len() + 2 + 8;

/// The checksum over all before it.
const CHECKSUM: usize = 4;

/// Why bytes are not an artifact that can be run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WireError {
    /// The bytes do not start as an artifact does.
    NotAnArtifact,
    /// The artifact has a format that this version does not read.
    Version {
        /// The version it has.
        found: u16,
    },
    /// The bytes end before the artifact does.
    CutShort {
        /// How many bytes the whole has, as far as can be told.
        expected: u64,
        /// How many there are.
        found: u64,
    },
    /// Bytes follow after the artifact's end.
    TrailingBytes {
        /// How many.
        extra: u64,
    },
    /// The bytes are not those that were written.
    Checksum,
    /// The body is not that of an artifact, although its checksum holds.
    Malformed,
    /// The body could be read, and breaks a rule that running it relies on.
    Invalid(Invalid),
}

impl fmt::Display for WireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAnArtifact => f.write_str("not a compiled policy: the first bytes are not those of one"),
            Self::Version { found } => {
                write!(
                    f,
                    "a compiled policy of format {found}, and only format {VERSION} is read here"
                )
            }
            Self::CutShort { expected, found } => {
                write!(f, "cut short: expected at least {expected} bytes, found {found}")
            }
            Self::TrailingBytes { extra } => {
                write!(f, "{extra} bytes too many: something follows the compiled policy")
            }
            Self::Checksum => f.write_str("damaged: the checksum does not match"),
            Self::Malformed => f.write_str("malformed: the body is not that of a compiled policy"),
            Self::Invalid(invalid) => write!(f, "invalid: {invalid}"),
        }
    }
}

impl std::error::Error for WireError {}

impl From<Invalid> for WireError {
    fn from(invalid: Invalid) -> Self {
        Self::Invalid(invalid)
    }
}

/// Whether bytes start as an artifact does.
#[must_use]
pub fn is_artifact(bytes: &[u8]) -> bool {
    bytes.starts_with(&MAGIC)
}

/// An artifact as the bytes of a file. The same artifact gives the same bytes.
#[must_use]
pub fn encode(artifact: &Artifact) -> Vec<u8> {
    // postcard can fail only on types that it has no format for, and the artifact has none of those.
    let body = postcard::to_stdvec(artifact).unwrap_or_default();
    let mut bytes = Vec::with_capacity(HEADER + body.len() + CHECKSUM);
    bytes.extend_from_slice(&MAGIC);
    bytes.extend_from_slice(&VERSION.to_le_bytes());
    bytes.extend_from_slice(&(body.len() as u64).to_le_bytes());
    bytes.extend_from_slice(&body);
    let checksum = crc32fast::hash(&bytes);
    bytes.extend_from_slice(&checksum.to_le_bytes());
    bytes
}

/// Reads and checks an artifact.
///
/// # Errors
/// When the bytes are not those of a valid artifact of this version.
pub fn decode(bytes: &[u8]) -> Result<Artifact, WireError> {
    if !is_artifact(bytes) {
        return Err(WireError::NotAnArtifact);
    }
    let found = bytes.len() as u64;
    let cut_short = |expected: u64| WireError::CutShort { expected, found };
    let shortest = (HEADER + CHECKSUM) as u64;
    let rest = bytes.get(MAGIC.len()..).unwrap_or_default();
    let (version, rest) = rest.split_first_chunk().ok_or_else(|| cut_short(shortest))?;
    let version = u16::from_le_bytes(*version);
    if version != VERSION {
        return Err(WireError::Version { found: version });
    }
    let (length, rest) = rest.split_first_chunk().ok_or_else(|| cut_short(shortest))?;
    let expected = shortest.saturating_add(u64::from_le_bytes(*length));
    if found < expected {
        return Err(cut_short(expected));
    }
    if found > expected {
        return Err(WireError::TrailingBytes {
            extra: found - expected,
        });
    }
    let (body, checksum) = rest.split_last_chunk().ok_or_else(|| cut_short(shortest))?;
    let hashed = bytes.len() - CHECKSUM;
    if crc32fast::hash(bytes.get(..hashed).unwrap_or_default()) != u32::from_le_bytes(*checksum) {
        return Err(WireError::Checksum);
    }
    let (artifact, rest) = postcard::take_from_bytes(body).map_err(|_| WireError::Malformed)?;
    if !rest.is_empty() {
        return Err(WireError::Malformed);
    }
    validate(&artifact)?;
    Ok(artifact)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::sample::Index;

    use super::*;
    use crate::dag::Node;
    use crate::expr::{Expr, Literal, Pattern};
    use crate::testing::{artifact, update_reads};
    use crate::validate::Problem;
    use crate::value::{Decimal, Network, Timestamp};

    /// The bytes of an artifact with this body.
    fn with_body(body: &[u8]) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend(VERSION.to_le_bytes());
        bytes.extend((body.len() as u64).to_le_bytes());
        bytes.extend(body);
        bytes.extend(crc32fast::hash(&bytes).to_le_bytes());
        bytes
    }

    fn body(bytes: &[u8]) -> &[u8] {
        &bytes[HEADER..bytes.len() - CHECKSUM]
    }

    fn check(bytes: &[u8], expected: &str) {
        let said = decode(bytes)
            .map(|_| "decoded".to_owned())
            .unwrap_or_else(|error| error.to_string());
        assert_eq!(said, expected);
    }

    #[test]
    fn round_trip() {
        let mut artifact = artifact();
        artifact.exprs.0.extend([
            Expr::Literal(Literal::Ip(Network::parse("fd00::/8").unwrap())),
            Expr::Literal(Literal::Ip(Network::parse("10.0.0.0/8").unwrap())),
            Expr::Literal(Literal::Decimal(Decimal::parse("-1.5").unwrap())),
            Expr::Literal(Literal::Timestamp(Timestamp(-1))),
            Expr::Like(crate::expr::ExprId(24), Pattern(vec!["a".into(), "".into()])),
        ]);
        let bytes = encode(&artifact);
        assert!(is_artifact(&bytes));
        assert_eq!(with_body(body(&bytes)), bytes);
        assert_eq!(decode(&bytes).as_ref(), Ok(&artifact));
        assert_eq!(encode(&artifact.clone()), bytes);
    }

    #[test]
    fn what_is_no_artifact() {
        let bytes = encode(&artifact());
        check(b"", "not a compiled policy: the first bytes are not those of one");
        check(
            b"permit anyone to any on anything",
            "not a compiled policy: the first bytes are not those of one",
        );
        check(&MAGIC, "cut short: expected at least 22 bytes, found 8");
        let mut newer = bytes.clone();
        newer[MAGIC.len()] = 3;
        check(
            &newer,
            "a compiled policy of format 3, and only format 2 is read here",
        );
        let mut longer = bytes.clone();
        longer.extend([0, 0]);
        check(&longer, "2 bytes too many: something follows the compiled policy");
        check(
            &with_body(b""),
            "malformed: the body is not that of a compiled policy",
        );
        let mut more = body(&bytes).to_vec();
        more.push(0);
        check(
            &with_body(&more),
            "malformed: the body is not that of a compiled policy",
        );
        let mut artifact = artifact();
        artifact.nodes.push(Node::Allow(crate::dag::RuleId(9)));
        check(
            &encode(&artifact),
            "invalid: node 15 refers to a rule that is not there",
        );
    }

    #[test]
    fn every_cut_and_every_flipped_bit() {
        let bytes = encode(&artifact());
        for end in 0..bytes.len() {
            assert!(decode(&bytes[..end]).is_err(), "cut at {end}");
        }
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(decode(&flipped).is_err(), "bit {bit}");
        }
    }

    #[test]
    fn hostile_lengths() {
        // A vector, or a text in it, that says it has as many items as can be said.
        for at in 0..3 {
            let mut hostile = vec![1; at];
            hostile.extend([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]);
            check(
                &with_body(&hostile),
                "malformed: the body is not that of a compiled policy",
            );
        }
        let mut header = MAGIC.to_vec();
        header.extend(VERSION.to_le_bytes());
        header.extend(u64::MAX.to_le_bytes());
        header.extend([0; 4]);
        check(
            &header,
            &format!("cut short: expected at least {} bytes, found 22", u64::MAX),
        );
    }

    /// What is decoded keeps its promises.
    fn check_decoded(bytes: &[u8]) {
        if let Ok(artifact) = decode(bytes) {
            assert_eq!(validate(&artifact), Ok(()));
            assert_eq!(decode(&encode(&artifact)), Ok(artifact));
        }
    }

    proptest! {
        #[test]
        fn random_bytes(bytes: Vec<u8>, body: Vec<u8>) {
            check_decoded(&bytes);
            check_decoded(&with_body(&body));
        }

        /// Bodies with a few bytes changed, taken out or put in, and a checksum that is right.
        #[test]
        fn changed_bodies(edits in prop::collection::vec((any::<Index>(), any::<u8>(), 0..6_u8), 1..6)) {
            let mut body = body(&encode(&artifact())).to_vec();
            for (at, byte, edit) in edits {
                let at = at.index(body.len());
                match edit {
                    0 => {
                        body.remove(at);
                    }
                    1 => body.insert(at, byte),
                    // Most numbers in an artifact are small.
                    2 => body[at] = byte % 16,
                    3 => body[at] = body[at].wrapping_add(1),
                    4 => body[at] = body[at].wrapping_sub(1),
                    _ => body[at] = byte,
                }
            }
            check_decoded(&with_body(&body));
        }

        /// Parts of an artifact changed for one another.
        #[test]
        fn changed_artifacts(edits in prop::collection::vec((0..12_u8, any::<Index>(), any::<Index>(), 0..50_u32), 1..4)) {
            let mut artifact = artifact();
            for (part, a, b, number) in edits {
                change(&mut artifact, part, (a, b), number);
            }
            update_reads(&mut artifact);
            match decode(&encode(&artifact)) {
                Ok(decoded) => prop_assert_eq!(decoded, artifact),
                Err(WireError::Invalid(invalid)) => prop_assert_ne!(invalid.problem, Problem::TooMuchWork),
                Err(other) => prop_assert!(false, "{}", other),
            }
        }
    }

    fn swap<T>(items: &mut [T], (a, b): (Index, Index)) {
        if !items.is_empty() {
            items.swap(a.index(items.len()), b.index(items.len()));
        }
    }

    fn change(artifact: &mut Artifact, part: u8, places: (Index, Index), number: u32) {
        let schema = &mut artifact.schema;
        match part {
            0 => swap(&mut artifact.nodes, places),
            1 => swap(&mut artifact.exprs.0, places),
            2 => swap(&mut schema.types, places),
            3 => swap(&mut artifact.plans, places),
            4 => swap(&mut artifact.rules, places),
            5 => swap(&mut schema.shapes, places),
            6 => swap(&mut schema.records, places),
            7 => {
                let at = places.0.index(artifact.nodes.len());
                if let Node::Test { atom, yes, no, .. } = &mut artifact.nodes[at] {
                    match number % 3 {
                        0 => atom.0 = number,
                        1 => yes.0 = number,
                        _ => no.0 = number,
                    }
                }
            }
            8 => {
                let at = places.0.index(artifact.exprs.len());
                let other = artifact.exprs.0[places.1.index(artifact.exprs.len())].clone();
                artifact.exprs.0[at] = match other {
                    Expr::Attribute { of, .. } => Expr::Attribute { of, index: number },
                    Expr::Field { of, .. } => Expr::HasField { of, index: number },
                    Expr::GrantHeld(_) => Expr::GrantHeld(crate::schema::RoleId(number)),
                    Expr::Variable { ty, .. } => Expr::Variable {
                        level: number % 9,
                        ty,
                    },
                    Expr::Quantified {
                        quantifier,
                        over,
                        body,
                        ..
                    } => Expr::Quantified {
                        quantifier,
                        level: number % 9,
                        over,
                        body,
                        most: number,
                    },
                    other => other,
                };
            }
            9 => {
                let plan = &mut artifact.plans[places.0.index(5)];
                if let Some(candidate) = plan.candidates.first_mut() {
                    let expr = crate::expr::ExprId(number);
                    match number % 4 {
                        0 => candidate.head = expr,
                        1 => candidate.holder = expr,
                        2 => candidate.clauses = vec![Some(expr)],
                        _ => candidate.obligations.push(crate::dag::Obliged {
                            obligation: crate::schema::ObligationId(number % 2),
                            fields: expr,
                        }),
                    }
                }
            }
            10 => {
                let at = places.0.index(artifact.exprs.len());
                let operand = crate::expr::ExprId(number);
                artifact.exprs.0[at].map_operands(|_| operand);
            }
            _ => {
                let at = places.0.index(schema.roles.len());
                schema.roles[at].carriers = vec![crate::schema::RoleId(number)];
                schema.has_now = number < 25;
            }
        }
    }
}
