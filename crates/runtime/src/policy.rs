//! A policy, ready to decide: a validated artifact whose constants have their numbers.

use std::fmt;
use std::sync::Arc;

use dictum_artifact::dag::{Artifact, Plan, Rule, RuleId};
use dictum_artifact::expr::{Expr, ExprId, Literal};
use dictum_artifact::ops::{Scalar, WEEKDAY};
use dictum_artifact::reads::Reads;
use dictum_artifact::schema::{EnumId, ObligationDef, ObligationId, Schema, Shape, ShapeId};
use dictum_artifact::validate::{self, Invalid};
use dictum_artifact::wire::{self, WireError};

use crate::names::{Full, Intern, Names};
use crate::values::{Arena, Place, Value};

/// A compiled policy. It never changes, and any number of stores and threads can share it.
#[derive(Debug)]
pub struct Policy {
    artifact: Artifact,
    constants: Constants,
    weekday: Option<EnumId>,
}

/// Why something is not a policy.
#[derive(Clone, Debug)]
pub enum LoadError {
    /// The bytes are no artifact, or not one that this version reads, or a damaged one.
    File(WireError),
    /// The artifact does not hold what the compiler promises of every artifact.
    Invalid(Invalid),
    /// The artifact has more constants than can be numbered.
    TooLarge,
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(error) => error.fmt(f),
            Self::Invalid(error) => error.fmt(f),
            Self::TooLarge => f.write_str("the policy has more constants than can be numbered"),
        }
    }
}

impl std::error::Error for LoadError {}

impl From<Full> for LoadError {
    fn from(Full(_): Full) -> Self {
        Self::TooLarge
    }
}

impl Policy {
    /// A policy of an artifact in memory.
    ///
    /// # Errors
    /// When the artifact is not valid, which none is that the compiler makes.
    pub fn new(artifact: Artifact) -> Result<Self, LoadError> {
        validate::validate(&artifact).map_err(LoadError::Invalid)?;
        Self::link(artifact)
    }

    /// A policy of the bytes of an artifact, as `dictum build` writes them.
    ///
    /// # Errors
    /// When the bytes are no artifact of this version, are damaged, or hold an artifact that is not valid.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, LoadError> {
        Self::link(wire::decode(bytes).map_err(LoadError::File)?)
    }

    fn link(artifact: Artifact) -> Result<Self, LoadError> {
        let constants = Constants::of(&artifact)?;
        let weekday = artifact.schema.find_enum(WEEKDAY.0);
        Ok(Self {
            artifact,
            constants,
            weekday,
        })
    }

    /// What was compiled.
    #[must_use]
    pub fn artifact(&self) -> &Artifact {
        &self.artifact
    }

    /// What requests and data are checked against.
    #[must_use]
    pub fn schema(&self) -> &Schema {
        &self.artifact.schema
    }

    /// A rule that a decision names: its label, reason, documentation, annotations and place.
    #[must_use]
    pub fn rule(&self, rule: RuleId) -> Option<&Rule> {
        self.artifact.rules.get(rule.index())
    }

    /// An obligation that a decision names: its name, and the record of its fields.
    #[must_use]
    pub fn obligation(&self, obligation: ObligationId) -> Option<&ObligationDef> {
        self.schema().obligation(obligation)
    }

    /// What deciding and explaining requests of a shape can look at, so that a caller needs to have no more at hand than
    /// that. `None` for a shape that the policy does not have.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// use dictum_runtime::data::Dataset;
    /// use dictum_runtime::schema::Shape;
    /// use dictum_runtime::value::{EntityUid, Value};
    /// use dictum_runtime::{Policy, Store, json};
    ///
    /// # let mut sources = dictum_syntax::source::Sources::new();
    /// # sources.add("notes.dictum", r#"
    /// #     entity User { email: String, phone: String, suspended: Bool }
    /// #     entity Note { author: User, text: String }
    /// #     action read by User on Note
    /// #     own: permit User to read on Note when resource.author == principal and not principal.suspended
    /// # "#);
    /// # let program = dictum_compiler::compile(&sources).0.expect("the policy of this example compiles");
    /// # let policy = Arc::new(Policy::new(program.artifact)?);
    /// /// Stands for a database: the attributes with these names, of one entity.
    /// fn fetch(id: &str, names: &[&str]) -> Vec<Option<Value>> {
    ///     let value = |name: &&str| match *name {
    ///         "suspended" => Value::Bool(false),
    ///         "author" => Value::Entity(EntityUid { ty: dictum_runtime::schema::EntityTypeId(1), id: "ann".into() }),
    ///         other => panic!("the policy never looks at {other}"),
    ///     };
    ///     names.iter().map(value).map(Some).collect()
    /// }
    ///
    /// let schema = policy.schema();
    /// let (user, note) = (schema.find_entity_type("User"), schema.find_entity_type("Note"));
    /// let (user, note) = user.zip(note).expect("the policy has these types");
    /// let shape = Shape { principal: user, action: schema.find_action("read").unwrap(), resource: note };
    /// let reads = policy.reads(shape).expect("users read notes");
    ///
    /// // Of the principal `suspended` and of the resource `author`: no e-mail address, no text, no groups.
    /// let names = |ty, read: &[u32]| -> Vec<&str> {
    ///     let attributes = &schema.entity_type(ty).unwrap().attributes;
    ///     read.iter().map(|index| attributes.get(*index).unwrap().name.as_str()).collect()
    /// };
    /// assert_eq!(names(user, &reads.principal.attributes), ["suspended"]);
    /// assert_eq!(names(note, &reads.resource.attributes), ["author"]);
    /// assert!(!reads.principal.ancestors && reads.grants.is_empty() && reads.others.is_empty());
    ///
    /// // Given with the request, they need no store.
    /// let mut request = json::read_request(schema, "request", r#"{
    ///     "subject": {"type": "User", "id": "ann"}, "action": {"name": "read"}, "resource": {"type": "Note", "id": "n1"}
    /// }"#)?;
    /// let place = |ty, read: &[u32], values: Vec<Option<Value>>| {
    ///     let mut attributes = vec![None; schema.entity_type(ty).unwrap().attributes.len()];
    ///     for (index, value) in read.iter().zip(values) {
    ///         attributes[*index as usize] = value;
    ///     }
    ///     attributes
    /// };
    /// let (of_user, of_note) = (&reads.principal.attributes, &reads.resource.attributes);
    /// request.principal_attributes = place(user, of_user, fetch("ann", &names(user, of_user)));
    /// request.resource_attributes = place(note, of_note, fetch("n1", &names(note, of_note)));
    /// let nothing = Store::new(&policy, &Dataset::default())?;
    /// assert!(nothing.bind(&request)?.decide().allowed);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn reads(&self, shape: Shape) -> Option<&Reads> {
        let plan = self.plan(self.schema().find_shape(shape)?)?;
        Some(&plan.reads)
    }

    /// How requests of a shape are decided.
    pub(crate) fn plan(&self, shape: ShapeId) -> Option<&Plan> {
        self.artifact.plans.get(shape.index())
    }

    /// An expression.
    pub(crate) fn expr(&self, id: ExprId) -> Option<&Expr> {
        self.artifact.exprs.get(id)
    }

    /// The value of a literal, or of a set, map or record of constants.
    pub(crate) fn constant(&self, id: ExprId) -> Option<Value> {
        self.constants.values.get(id.index()).copied().flatten()
    }

    /// The texts and entities that the policy names.
    pub(crate) fn names(&self) -> &Names {
        &self.constants.names
    }

    /// The parts of the policy's constants.
    pub(crate) fn arena(&self) -> &Arena {
        &self.constants.arena
    }

    /// The built-in enum of the days of the week, where the policy uses it.
    pub(crate) fn weekday(&self) -> Option<EnumId> {
        self.weekday
    }
}

#[derive(Debug)]
struct Constants {
    /// The value of each expression that is a literal, or a set, map or record of constants.
    values: Vec<Option<Value>>,
    names: Names,
    arena: Arena,
}

impl Constants {
    fn of(artifact: &Artifact) -> Result<Self, Full> {
        let mut constants = Self {
            values: Vec::with_capacity(artifact.exprs.len()),
            names: Names::default(),
            arena: Arena::new(Place::Policy),
        };
        for expr in &artifact.exprs.0 {
            let value = constants.value(expr)?;
            constants.values.push(value);
        }
        Ok(constants)
    }

    /// The value of an expression that is a constant; its operands have been through here.
    fn value(&mut self, expr: &Expr) -> Result<Option<Value>, Full> {
        let known = |id: &ExprId| self.values.get(id.index()).copied().flatten();
        if let Expr::Literal(literal) = expr {
            self.literal(literal).map(Some)
        } else if let Expr::Set(_, items) = expr {
            let items: Option<Vec<Value>> = items.iter().map(known).collect();
            items.map(|items| self.arena.set(items)).transpose()
        } else if let Expr::Record(_, fields) = expr {
            let fields: Option<Vec<Option<Value>>> = fields
                .iter()
                .map(|field| match field {
                    Some(field) => known(field).map(Some),
                    None => Some(None),
                })
                .collect();
            fields
                .map(|fields| self.arena.record(&fields).map(Value::Record))
                .transpose()
        } else if let Expr::Map(_, entries) = expr {
            self.map(entries)
        } else {
            Ok(None)
        }
    }

    fn map(&mut self, entries: &[(Box<str>, ExprId)]) -> Result<Option<Value>, Full> {
        let mut known = Vec::with_capacity(entries.len());
        for (key, value) in entries {
            // Validation leaves out what is no constant.
            let Some(value) = self.values.get(value.index()).copied().flatten() else {
                return Ok(None);
            };
            known.push((self.names.symbol(&Arc::from(&**key))?, value));
        }
        self.arena.map(known).map(|view| Some(Value::Map(view)))
    }

    fn literal(&mut self, literal: &Literal) -> Result<Value, Full> {
        Ok(match literal {
            Literal::Bool(b) => Value::bool(*b),
            Literal::Int(n) => Value::int(*n),
            Literal::Decimal(d) => Value::Scalar(Scalar::Decimal(*d)),
            Literal::String(text) => Value::Text(self.names.symbol(&Arc::from(&**text))?),
            Literal::Timestamp(t) => Value::Scalar(Scalar::Timestamp(*t)),
            Literal::Duration(d) => Value::Scalar(Scalar::Duration(*d)),
            Literal::Ip(net) => Value::Scalar(Scalar::Ip(*net)),
            Literal::Enum(e, variant) => Value::Scalar(Scalar::Enum(*e, *variant)),
            Literal::Entity(ty, id) => {
                let id = self.names.symbol(&Arc::from(&**id))?;
                Value::Entity(self.names.entity_of(*ty, id)?)
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use dictum_artifact::dag::Effect;

    use super::*;
    use crate::testing::{
        A_USER, LEVEL, USER, artifact, attribute, entity, equal, field, int, pair, resource, set,
    };

    #[test]
    fn constants_are_linked_once() {
        let ann = || entity(USER, "ann");
        let constant = set(A_USER, [ann(), entity(USER, "bob"), ann()]);
        let computed = equal(attribute(resource(), LEVEL), int(3));
        let rules = [
            (Effect::Permit, equal(constant.clone(), constant)),
            (Effect::Forbid, computed),
        ];
        let policy = Policy::new(artifact(&rules)).unwrap();
        let constants: Vec<bool> = (0..)
            .map(ExprId)
            .map_while(|id| policy.expr(id).map(|_| policy.constant(id).is_some()))
            .collect();
        // `ann`, `bob`, the set, `==`; `resource`, `.level`, `3`, `==`; `true`.
        assert_eq!(
            constants,
            [true, true, true, false, false, false, true, false, true]
        );
        assert_eq!(policy.names().entity_count(), 2);
    }

    /// What is written out is evaluated again wherever it is looked at: nested, that could take for ever.
    #[test]
    fn a_policy_that_could_take_too_long_is_refused() {
        let level = || attribute(resource(), LEVEL);
        let again = |a| field(pair(a, None), 0);
        for (levels, fits) in [(4, true), (30, false)] {
            let nested = (0..levels).fold(level(), |tree, _| again(tree));
            let policy = Policy::new(artifact(&[(Effect::Permit, equal(nested, int(3)))]));
            assert_eq!(policy.is_ok(), fits, "{levels} levels");
        }
    }

    #[test]
    fn bytes_that_are_no_artifact_are_refused() {
        let bytes = wire::encode(&artifact(&[(Effect::Permit, equal(int(1), int(1)))]));
        assert!(Policy::from_bytes(&bytes).is_ok());
        for end in 0..bytes.len() {
            assert!(Policy::from_bytes(&bytes[..end]).is_err(), "cut short at {end}");
        }
        for at in 0..bytes.len() {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1;
            assert!(Policy::from_bytes(&flipped).is_err(), "flipped at {at}");
        }
        assert!(
            Policy::from_bytes(b"{}")
                .unwrap_err()
                .to_string()
                .contains("not a compiled policy")
        );
    }
}
