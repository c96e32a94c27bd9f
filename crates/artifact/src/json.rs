//! Requests in the shape of the OpenID AuthZEN Authorization API 1.0, and store data in the same words: JSON to
//! [`crate::data`] and back, checked against the schema.
//!
//! ```
//! use dictum_artifact::json;
//! use dictum_artifact::schema::{ActionDef, EntityTypeDef, Fields, RecordId, Schema, Shape};
//!
//! let named = |name: &str| EntityTypeDef {
//!     name: name.to_owned(),
//!     parents: vec![],
//!     ancestors: vec![],
//!     attributes: Fields::default(),
//!     closed: None,
//! };
//! let mut schema = Schema { entity_types: vec![named("Document"), named("User")], ..Schema::default() };
//! schema.records.push(Fields::default());
//! schema.actions.push(ActionDef { name: "read".to_owned(), groups: vec![], context: Some(RecordId(0)) });
//! schema.shapes.push(Shape {
//!     principal: schema.find_entity_type("User").unwrap(),
//!     action: schema.find_action("read").unwrap(),
//!     resource: schema.find_entity_type("Document").unwrap(),
//! });
//!
//! let text = r#"{"subject": {"type": "User", "id": "ann"}, "action": {"name": "read"},
//!                "resource": {"type": "Document", "id": "plan"}}"#;
//! let request = json::read_request(&schema, "request.json", text).unwrap();
//! assert_eq!(&*request.principal.id, "ann");
//!
//! let error = json::read_request(&schema, "request.json", &text.replace("read", "raed")).unwrap_err();
//! assert_eq!(
//!     error.to_string(),
//!     "request.json:1:63: `action.name`: there is no action `raed` (did you mean `read`?)"
//! );
//! ```

use std::fmt;

use serde::Serialize;

use crate::data::Request;

mod dataset;
mod place;
mod request;
mod text;
mod value;
mod write;

pub use dataset::{grant_places, read_dataset};
pub use request::{MAX_BATCH_BYTES, read_request, read_requests};
pub use text::{MAX_JSON_BYTES, MAX_JSON_DEPTH, MAX_STRING_BYTES};
pub use write::{write_dataset, write_entity_uid, write_grant, write_request, write_value};

/// What is wrong with a JSON text, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DataError {
    /// The name of the text: a file's, as the caller gave it.
    pub source: String,
    /// The line, from 1.
    pub line: u32,
    /// The column in code points, from 1.
    pub column: u32,
    /// The part at fault, such as `entities[3].properties.owner`; empty for the text as a whole.
    pub path: String,
    /// What is wrong.
    pub message: String,
    /// The likely mend.
    pub help: Option<String>,
}

impl fmt::Display for DataError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: ", self.source, self.line, self.column)?;
        if !self.path.is_empty() {
            write!(f, "`{}`: ", self.path)?;
        }
        f.write_str(&self.message)?;
        match &self.help {
            Some(help) => write!(f, " ({help})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for DataError {}

/// What a text asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Requests {
    /// One request.
    One(Request),
    /// A batch, in its order: each request, or what is wrong with it. Never empty.
    Batch(Vec<Result<Request, DataError>>, Semantic),
}

/// When the evaluation of a batch ends (`options.evaluations_semantic`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Semantic {
    /// `execute_all`: after the last request.
    #[default]
    ExecuteAll,
    /// `deny_on_first_deny`: after the first that is denied.
    DenyOnFirstDeny,
    /// `permit_on_first_permit`: after the first that is allowed.
    PermitOnFirstPermit,
}

#[cfg(test)]
mod tests;
