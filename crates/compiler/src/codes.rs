//! The codes of what this crate finds. Codes are stable; each has a page in `docs/diagnostics/`.

macro_rules! codes {
    ($($name:ident = $code:literal, $meaning:literal;)*) => {
        $(#[doc = $meaning] pub const $name: &str = $code;)*

        /// Every code with its meaning in a line.
        pub const CODES: &[(&str, &str)] = &[$(($code, $meaning)),*];
    };
}

codes! {
    UNKNOWN_NAME = "D0201", "a name that is not declared";
    DUPLICATE_NAME = "D0202", "a name that is declared twice";
    AMBIGUOUS_NAME = "D0203", "a name that could mean several things";
    WRONG_KIND_OF_NAME = "D0204", "a name of something else than what is expected here";
    ID_NOT_LISTED = "D0205", "an id outside the closed set of its entity type";

    TYPE_MISMATCH = "D0301", "a value of another type than what is expected";
    OPERATOR_TYPES = "D0302", "an operator that does not take these types";
    TYPE_NOT_KNOWN = "D0303", "an expression whose type its place does not tell";
    UNKNOWN_ATTRIBUTE = "D0304", "an attribute, field or function that the type does not have";
    MAY_BE_ABSENT = "D0305", "an optional value read where it may be absent";
    NEVER_HOLDS = "D0306", "a test that can never hold";
    NEVER_ABSENT = "D0307", "a default for a value that is never absent";
    NOT_CONSTANT = "D0308", "a fixture or test value that is not a constant";
    OTHERWISE_UNDEFINED = "D0309", "a right side of `otherwise` that can be undefined itself";
    ARGUMENTS = "D0310", "a function with the wrong number of arguments";
    ACTION_VALUE = "D0311", "`action` used as a value";
    REQUEST_IN_FUNCTION = "D0312", "a function that looks at the request";
    BAD_REGEX = "D0313", "a regular expression that cannot be compiled";
    ZONE = "D0314", "a time zone that is not known, or not used";

    TYPE_CYCLE = "D0401", "a type, group or hierarchy that is defined by itself";
    ACTION_TYPES = "D0402", "an action without the types that it applies to";
    HEAD_FITS_NOTHING = "D0403", "a rule head that fits no declared action";
    PARENT_TYPE = "D0404", "a parent of a type that the hierarchy does not allow";
    NOT_A_GROUP = "D0405", "a group of actions used as an action";
    MISSING_FIELD = "D0406", "a required attribute or field without a value";
    EMPTY_ENUM = "D0407", "an enum without names";
    FIXTURE_ENTITIES = "D0408", "fixture entities that are described twice or lie in themselves";
    TEST_REQUEST = "D0409", "a test request that the schema does not allow";

    VALUE_CYCLE = "D0410", "a function, constant or fixture that is defined by itself";
    BOUND = "D0411", "a bound that nothing could check";
    TABLE = "D0412", "a table of a test that cannot be written out";

    ROLE_CYCLE = "D0501", "a role that includes itself";
    ROLE_ACTION = "D0502", "a role with an action that does not apply to its types";
    GRANT = "D0503", "a grant that can never hold";
    EXCLUSIVE = "D0504", "exclusive roles that cannot be held apart";

    TOO_MANY_SHAPES = "D0603", "more request shapes than are supported";
    TYPE_TOO_DEEP = "D0604", "a type nested too deep through its aliases";
    TOO_MANY_TESTS = "D0605", "more tests in the decision DAGs than are supported";
    TOO_COSTLY = "D0606", "a test that takes more steps than are supported";
    TOO_MANY_PAIRS = "D0607", "a hierarchy of more pairs than are supported";
    FUNCTION_TOO_LARGE = "D0608", "a function that becomes too large where its calls are written out";
    TOO_MANY_QUANTIFIERS = "D0610", "quantifiers nested deeper than is supported";
    REGEX_TOO_LARGE = "D0611", "a regular expression whose automaton is larger than is supported";
    OVER_STEPS = "D0612", "a decision that can take more steps than the package allows";
}
