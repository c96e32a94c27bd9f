//! The codes of what the command itself finds: files that are no text, and `dictum.toml`. Codes are stable; each has a page
//! in `docs/diagnostics/`.

macro_rules! codes {
    ($($name:ident = $code:literal, $meaning:literal;)*) => {
        $(#[doc = $meaning] pub(crate) const $name: &str = $code;)*

        /// Every code with its meaning in a line: what the tests compare the pages with.
        #[cfg(test)]
        pub(crate) const CODES: &[(&str, &str)] = &[$(($code, $meaning)),*];
    };
}

codes! {
    NOT_UTF8 = "D0001", "a source that is not UTF-8";

    ARTIFACT_TOO_LARGE = "D0609", "an artifact larger than `dictum.toml` allows";

    NOT_TOML = "D0701", "a `dictum.toml` that cannot be read";
    UNKNOWN_KEY = "D0702", "a key that `dictum.toml` does not have";
    WRONG_VALUE = "D0703", "a value in `dictum.toml` that its key does not take";
    PATH = "D0704", "a path in `dictum.toml` that does not stay in the package";
    MATCHES_NOTHING = "D0705", "a path or pattern in `dictum.toml` that matches nothing";
    UNKNOWN_LINT = "D0706", "a lint that does not exist";
}
