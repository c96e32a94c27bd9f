//! Obligations for people and for programs.

use dictum_artifact::json;
use dictum_artifact::naming::written_path;
use dictum_artifact::schema::{ObligationId, Schema};
use dictum_artifact::value::Value;
use dictum_runtime::Obligation;
use serde::Serialize;

use crate::describe::{self, identifier};

/// What a caller has to do: `{"name": "step_up", "fields": {"acr": "mfa"}}`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct ObligationText {
    name: String,
    /// The fields that have a value, as JSON.
    fields: serde_json::Map<String, serde_json::Value>,
    /// As the language writes it: `step_up { acr: "mfa" }`.
    #[serde(skip)]
    shown: String,
}

impl ObligationText {
    /// An obligation with the values of its fields, in the order of their names; `None` for one that is left out.
    pub(crate) fn of(schema: &Schema, id: ObligationId, values: &[Option<Value>]) -> Self {
        let def = schema.obligation(id);
        let name = def.map_or_else(|| "?".to_owned(), |def| def.name.clone());
        let declared = def.and_then(|def| schema.record(def.record));
        let mut fields = serde_json::Map::new();
        let mut parts = Vec::new();
        for (field, value) in declared.into_iter().flat_map(|fields| fields.iter()).zip(values) {
            if let Some(value) = value {
                fields.insert(field.name.clone(), json::write_value(schema, field.ty, value));
                parts.push(format!(
                    "{}: {}",
                    identifier(&field.name),
                    describe::value(schema, Some(field.ty), value)
                ));
            }
        }
        let shown = if parts.is_empty() {
            written_path(&name)
        } else {
            format!("{} {{ {} }}", written_path(&name), parts.join(", "))
        };
        Self { name, fields, shown }
    }

    /// The obligations of a decision.
    pub(crate) fn all(schema: &Schema, obligations: &[Obligation]) -> Vec<Self> {
        let text = |obligation: &Obligation| Self::of(schema, obligation.id, &obligation.fields);
        obligations.iter().map(text).collect()
    }

    /// An obligation of which only the name matters.
    pub(crate) fn named(schema: &Schema, id: ObligationId) -> Self {
        let name = schema
            .obligation(id)
            .map_or_else(|| "?".to_owned(), |def| def.name.clone());
        Self {
            shown: written_path(&name),
            name,
            fields: serde_json::Map::new(),
        }
    }

    /// As the language writes it.
    pub(crate) fn shown(&self) -> &str {
        &self.shown
    }
}
