//! What decisions on requests of a shape can depend on: which attributes, ancestors and grants a caller has to have at hand.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::dag::{Candidate, Node, NodeId};
use crate::expr::{Expr, ExprId, Exprs, Literal};
use crate::schema::{EntityTypeId, Fields, RoleId, Schema, Shape, Type};
use crate::validate::types::{Environment, Typing};
use crate::validate::{Invalid, MAX_QUANTIFIERS, Place, Problem, Work};

/// What deciding and explaining requests of a shape can look at. Everything is sorted.
///
/// An entity that an attribute names may be the principal or the resource; what is read of it then is in
/// [`Reads::others`] under its type, and not repeated in [`Reads::principal`] or [`Reads::resource`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reads {
    /// Of the principal.
    pub principal: EntityReads,
    /// Of the resource.
    pub resource: EntityReads,
    /// The fields of the context, by position in the action's record; all of them, where the context is looked at as a whole.
    /// Where grants are looked for, `now` is among them.
    pub context: Vec<u32>,
    /// Of entities that attributes, the context or the policy name, by their types.
    pub others: Vec<(EntityTypeId, EntityReads)>,
    /// The roles that grants of are looked for: those that carry a role that is asked for. Looking for them takes the
    /// ancestors of the principal and of the resource too.
    pub grants: Vec<RoleId>,
}

/// What is looked at of an entity.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntityReads {
    /// The attributes, by position in the entity's type.
    pub attributes: Vec<u32>,
    /// Whether its ancestors are.
    pub ancestors: bool,
}

/// What these expressions can look at in requests of a shape. For many shapes, one [`Reader`] does it faster.
#[must_use]
pub fn reads(schema: &Schema, exprs: &Exprs, shape: Shape, roots: impl IntoIterator<Item = ExprId>) -> Reads {
    Reader::new(schema, exprs).of(shape, roots)
}

/// Which entities the value of an expression can hold: a set of these bits.
type Origins = u8;

const PRINCIPAL: Origins = 1;
const RESOURCE: Origins = 2;
const OTHER: Origins = 4;

/// Finds what expressions can look at, shape by shape. What it costs is linear in what the expressions are made of, and less
/// where the shapes before had the same types.
pub struct Reader<'a> {
    schema: &'a Schema,
    exprs: &'a Exprs,
    typing: Typing<'a>,
    /// The last round in which each expression was met, and each node.
    met: Vec<u32>,
    nodes_met: Vec<u32>,
    round: u32,
    origins: Vec<Origins>,
    /// Those of the elements that variables stand for, by level.
    variables: [Origins; MAX_QUANTIFIERS],
    /// The expressions of this round, operands first.
    needed: Vec<ExprId>,
}

impl<'a> Reader<'a> {
    /// A reader of expressions, which are trusted to be well typed.
    #[must_use]
    pub fn new(schema: &'a Schema, exprs: &'a Exprs) -> Self {
        Self::with(schema, exprs, Typing::new(schema, exprs, None))
    }

    /// A reader that shares what is known of types.
    pub(crate) fn with(schema: &'a Schema, exprs: &'a Exprs, typing: Typing<'a>) -> Self {
        Self {
            schema,
            exprs,
            typing,
            met: vec![0; exprs.len()],
            nodes_met: Vec::new(),
            round: 0,
            origins: vec![0; exprs.len()],
            variables: [0; MAX_QUANTIFIERS],
            needed: Vec::new(),
        }
    }

    /// What these expressions can look at in requests of a shape.
    #[must_use]
    pub fn of(&mut self, shape: Shape, roots: impl IntoIterator<Item = ExprId>) -> Reads {
        let roots: Vec<ExprId> = roots.into_iter().collect();
        // The work has no bound, and what is ill typed is left out.
        self.reach(shape, &roots, Place::Artifact, &mut Work::unbounded())
            .unwrap_or_default()
    }

    /// What a plan's DAGs and candidates can look at in requests of a shape: the value of [`crate::dag::Plan::reads`].
    #[must_use]
    pub fn of_plan(
        &mut self,
        shape: Shape,
        nodes: &[Node],
        decide: NodeId,
        candidates: &[Candidate],
    ) -> Reads {
        let place = Place::Artifact;
        let roots = self.roots(nodes, decide, candidates, place, &mut Work::unbounded());
        self.of(shape, roots.unwrap_or_default())
    }

    /// The expressions that a plan's DAGs and candidates ask: conditions, and then what obligations say.
    pub(crate) fn roots(
        &mut self,
        nodes: &[Node],
        decide: NodeId,
        candidates: &[Candidate],
        place: Place,
        work: &mut Work,
    ) -> Result<Vec<ExprId>, Invalid> {
        self.round += 1;
        self.nodes_met.resize(nodes.len(), 0);
        work.spend(2 + candidates.len(), place)?;
        let mut roots = Vec::new();
        let mut stack = vec![decide];
        stack.extend(candidates.iter().map(|candidate| candidate.fires));
        while let Some(id) = stack.pop() {
            match self.nodes_met.get_mut(id.index()) {
                Some(met) if *met != self.round => *met = self.round,
                Some(_) | None => continue,
            }
            work.spend(1, place)?;
            match nodes.get(id.index()) {
                Some(Node::Test {
                    question: _,
                    atom,
                    yes,
                    no,
                }) => {
                    roots.push(*atom);
                    stack.extend([*yes, *no]);
                }
                Some(Node::Allow(_) | Node::Deny(_) | Node::DenyByDefault | Node::Fires | Node::Rests)
                | None => {}
            }
        }
        for candidate in candidates {
            work.spend(candidate.clauses.len() + candidate.obligations.len(), place)?;
            roots.extend([candidate.head, candidate.holder]);
            roots.extend(candidate.clauses.iter().flatten());
        }
        let obligations = candidates.iter().flat_map(|candidate| &candidate.obligations);
        roots.extend(obligations.map(|obliged| obliged.fields));
        Ok(roots)
    }

    /// The same as [`Reader::of`]; afterwards the types of the roots are known, and the first expression that has none is in
    /// [`Reader::ill_typed`].
    pub(crate) fn reach(
        &mut self,
        shape: Shape,
        roots: &[ExprId],
        place: Place,
        work: &mut Work,
    ) -> Result<Reads, Invalid> {
        let Some(environment) = Environment::of(self.schema, shape) else {
            return Err(place.is(Problem::NoAction));
        };
        self.typing.enter(environment);
        self.need(roots, work)?;
        for id in &self.needed {
            self.typing.add(*id);
        }
        self.find_origins(place, work)?;
        let mut found = Found::default();
        for root in roots {
            found.whole(self.exprs, *root);
        }
        for id in &self.needed {
            if let Some(expr) = self.exprs.get(*id) {
                self.read(expr, &mut found);
            }
        }
        let context = self.schema.record(environment.context);
        found.reads(self.schema, context, place, work)
    }

    /// The type of an expression that was reached, in requests of the last shape.
    pub(crate) fn ty(&self, id: ExprId) -> Option<Type> {
        self.typing.get(id)
    }

    /// The first of the expressions that were reached that is not well typed.
    pub(crate) fn ill_typed(&self) -> Option<ExprId> {
        self.needed.iter().copied().find(|id| self.ty(*id).is_none())
    }

    /// Lists all that these expressions are made of, operands first, without recursion.
    fn need(&mut self, roots: &[ExprId], work: &mut Work) -> Result<(), Invalid> {
        self.round += 1;
        self.needed.clear();
        let mut stack = roots.to_vec();
        while let Some(id) = stack.pop() {
            match self.met.get_mut(id.index()) {
                Some(met) if *met != self.round => *met = self.round,
                Some(_) | None => continue,
            }
            self.needed.push(id);
            let mut operands = 1;
            if let Some(expr) = self.exprs.get(id) {
                operands += expr.absent_parts();
                expr.operands(|operand| {
                    operands += 1;
                    stack.push(operand);
                });
            }
            work.spend(operands, Place::Expr(id.index()))?;
        }
        self.needed.sort_unstable();
        Ok(())
    }

    /// Finds for each expression which entities its value can hold. A body comes before what says which elements its
    /// variable stands for, so that quantifiers take another pass.
    fn find_origins(&mut self, place: Place, work: &mut Work) -> Result<(), Invalid> {
        self.variables = [0; MAX_QUANTIFIERS];
        loop {
            work.spend(self.needed.len(), place)?;
            let before = self.variables;
            for at in 0..self.needed.len() {
                let Some((id, expr)) = self
                    .needed
                    .get(at)
                    .and_then(|id| Some((*id, self.exprs.get(*id)?)))
                else {
                    continue;
                };
                let origins = self.origins_of(expr);
                if let Some(slot) = self.origins.get_mut(id.index()) {
                    *slot = origins;
                }
                if let Expr::Quantified { level, over, .. } = expr {
                    let over = self.origin(*over);
                    if let Some(variable) = self.variables.get_mut(*level as usize) {
                        *variable |= over;
                    }
                }
            }
            if self.variables == before {
                return Ok(());
            }
        }
    }

    fn origin(&self, id: ExprId) -> Origins {
        self.origins.get(id.index()).copied().unwrap_or(OTHER)
    }

    fn origins_of(&self, expr: &Expr) -> Origins {
        match expr {
            Expr::Principal => PRINCIPAL,
            Expr::Resource => RESOURCE,
            Expr::Field { of, index } => match self.exprs.get(*of) {
                Some(Expr::Record(_, fields)) => {
                    let field = fields.get(*index as usize).copied().flatten();
                    field.map_or(0, |field| self.origin(field))
                }
                Some(_) | None => self.origin(*of),
            },
            Expr::Coalesce(a, b) | Expr::If(_, a, b) => self.origin(*a) | self.origin(*b),
            Expr::Set(..) | Expr::Record(..) => {
                let mut origins = 0;
                expr.operands(|part| origins |= self.origin(part));
                origins
            }
            Expr::Variable { level, ty: _ } => self.variables.get(*level as usize).copied().unwrap_or(OTHER),
            Expr::Literal(Literal::Entity(..))
            | Expr::Context
            | Expr::Attribute { .. }
            | Expr::Lookup { .. }
            | Expr::Map(..) => OTHER,
            // These hold no entity.
            Expr::Literal(_)
            | Expr::HasAttribute { .. }
            | Expr::HasField { .. }
            | Expr::HasKey { .. }
            | Expr::Not(_)
            | Expr::And(_)
            | Expr::Or(_)
            | Expr::AndThen(_)
            | Expr::OrElse(_)
            | Expr::Otherwise(..)
            | Expr::Equal(..)
            | Expr::Compare(..)
            | Expr::Arithmetic(..)
            | Expr::Negate(_)
            | Expr::EntityIn(..)
            | Expr::EntityInSet(..)
            | Expr::NetworkIn(..)
            | Expr::NetworkInSet(..)
            | Expr::Contains(..)
            | Expr::ContainsAll(..)
            | Expr::ContainsAny(..)
            | Expr::IsEmpty(_)
            | Expr::Like(..)
            | Expr::StartsWith(..)
            | Expr::EndsWith(..)
            | Expr::Id(_)
            | Expr::Property(..)
            | Expr::Matches(..)
            | Expr::Local(..)
            | Expr::Quantified { .. }
            | Expr::GrantHeld(_) => 0,
        }
    }

    /// What an expression itself looks at.
    fn read(&self, expr: &Expr, found: &mut Found) {
        match expr {
            Expr::Attribute { of, index } | Expr::HasAttribute { of, index } => {
                for of in self.entities(*of) {
                    found.entity(of).attributes.insert(*index);
                }
            }
            Expr::EntityIn(a, b) | Expr::EntityInSet(a, b) => {
                for of in self.entities(*a) {
                    found.entity(of).ancestors = true;
                }
                found.whole(self.exprs, *b);
            }
            Expr::Field { of, index } | Expr::HasField { of, index } => {
                if let Some(Expr::Context) = self.exprs.get(*of) {
                    found.context.insert(*index);
                }
            }
            Expr::GrantHeld(role) => {
                found.roles.insert(*role);
            }
            Expr::Literal(_)
            | Expr::Principal
            | Expr::Resource
            | Expr::Context
            | Expr::Lookup { .. }
            | Expr::HasKey { .. }
            | Expr::Coalesce(..)
            | Expr::Not(_)
            | Expr::And(_)
            | Expr::Or(_)
            | Expr::AndThen(_)
            | Expr::OrElse(_)
            | Expr::If(..)
            | Expr::Otherwise(..)
            | Expr::Equal(..)
            | Expr::Compare(..)
            | Expr::Arithmetic(..)
            | Expr::Negate(_)
            | Expr::NetworkIn(..)
            | Expr::NetworkInSet(..)
            | Expr::Contains(..)
            | Expr::ContainsAll(..)
            | Expr::ContainsAny(..)
            | Expr::IsEmpty(_)
            | Expr::Like(..)
            | Expr::StartsWith(..)
            | Expr::EndsWith(..)
            | Expr::Id(_)
            | Expr::Property(..)
            | Expr::Set(..)
            | Expr::Record(..)
            | Expr::Map(..)
            | Expr::Matches(..)
            | Expr::Local(..)
            | Expr::Variable { .. }
            | Expr::Quantified { .. } => expr.operands(|operand| found.whole(self.exprs, operand)),
        }
    }

    /// The entities that an expression can give, as far as they are told apart.
    fn entities(&self, id: ExprId) -> impl Iterator<Item = Of> + use<> {
        let origins = self.origin(id);
        let other = match self.ty(id) {
            Some(Type::Entity(ty)) => Some(Of::Other(ty)),
            Some(_) | None => None,
        };
        [
            (origins & PRINCIPAL != 0).then_some(Of::Principal),
            (origins & RESOURCE != 0).then_some(Of::Resource),
            other.filter(|_| origins & OTHER != 0),
        ]
        .into_iter()
        .flatten()
    }
}

/// An entity, as far as it is told apart.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Of {
    Principal,
    Resource,
    Other(EntityTypeId),
}

/// What has been found.
#[derive(Default)]
struct Found {
    entities: BTreeMap<Of, FoundOf>,
    context: BTreeSet<u32>,
    whole_context: bool,
    /// The roles that are asked for.
    roles: BTreeSet<RoleId>,
}

/// What has been found of an entity.
#[derive(Default)]
struct FoundOf {
    attributes: BTreeSet<u32>,
    ancestors: bool,
}

impl Found {
    fn entity(&mut self, of: Of) -> &mut FoundOf {
        self.entities.entry(of).or_default()
    }

    /// Notes that an expression is looked at as a whole, and not for one of its fields.
    fn whole(&mut self, exprs: &Exprs, id: ExprId) {
        self.whole_context |= matches!(exprs.get(id), Some(Expr::Context));
    }

    fn reads(
        mut self,
        schema: &Schema,
        context: Option<&Fields>,
        place: Place,
        work: &mut Work,
    ) -> Result<Reads, Invalid> {
        let mut grants = BTreeSet::new();
        for role in &self.roles {
            let carriers = schema.role(*role).map_or(&[][..], |def| &def.carriers);
            work.spend(1 + carriers.len(), place)?;
            grants.extend(carriers);
        }
        if !grants.is_empty() {
            self.entity(Of::Principal).ancestors = true;
            self.entity(Of::Resource).ancestors = true;
            let now = context
                .filter(|_| schema.has_now)
                .and_then(|fields| fields.position("now"));
            self.context.extend(now);
        }
        let mut reads = Reads {
            grants: grants.into_iter().collect(),
            ..Reads::default()
        };
        if self.whole_context {
            let fields = context.map_or(0, Fields::len);
            work.spend(fields, place)?;
            reads.context = (0..fields)
                .filter_map(|field| u32::try_from(field).ok())
                .collect();
        } else {
            reads.context = self.context.into_iter().collect();
        }
        for (of, found) in self.entities {
            let found = EntityReads {
                attributes: found.attributes.into_iter().collect(),
                ancestors: found.ancestors,
            };
            match of {
                Of::Principal => reads.principal = found,
                Of::Resource => reads.resource = found,
                Of::Other(ty) => reads.others.push((ty, found)),
            }
        }
        Ok(reads)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expr::Quantifier;
    use crate::schema::{RecordId, ShapeId};
    use crate::testing::{
        DOCUMENT, EDITOR, FOLDER, GROUP, READ, USER, VIEW, VIEWER, artifact, exprs, quantified, schema, types,
    };

    const READ_DOCUMENT: Shape = Shape {
        principal: USER,
        action: READ,
        resource: DOCUMENT,
    };

    /// What an expression reads when a user reads a document, after these were added to those of the tests.
    fn reads_of(added: Vec<Expr>) -> Reads {
        let mut exprs = exprs();
        exprs.0.extend(added);
        let root = ExprId(u32::try_from(exprs.len() - 1).unwrap());
        reads(&schema(), &exprs, READ_DOCUMENT, [root])
    }

    /// What one of the expressions of the tests reads.
    fn reads_at(root: u32) -> Reads {
        reads(&schema(), &exprs(), READ_DOCUMENT, [ExprId(root)])
    }

    fn attributes(attributes: &[u32]) -> EntityReads {
        EntityReads {
            attributes: attributes.to_vec(),
            ancestors: false,
        }
    }

    fn with_ancestors(of: EntityReads) -> EntityReads {
        EntityReads {
            ancestors: true,
            ..of
        }
    }

    fn id(id: u32) -> ExprId {
        ExprId(id)
    }

    #[test]
    fn attributes_and_fields() {
        assert_eq!(reads_at(41), Reads::default());
        assert_eq!(
            reads_at(9),
            Reads {
                resource: attributes(&[0]),
                ..Reads::default()
            }
        );
        // Tests of presence too.
        assert_eq!(
            reads_at(11),
            Reads {
                principal: attributes(&[3]),
                ..Reads::default()
            }
        );
        assert_eq!(
            reads_at(6),
            Reads {
                context: vec![1],
                ..Reads::default()
            }
        );
        let owners_email = reads_of(vec![
            Expr::Attribute { of: id(3), index: 1 },
            Expr::Equal(id(43), id(24)),
        ]);
        assert_eq!(
            owners_email,
            Reads {
                principal: attributes(&[1]),
                resource: attributes(&[3]),
                others: vec![(USER, attributes(&[1]))],
                ..Reads::default()
            }
        );
    }

    #[test]
    fn the_context_as_a_whole() {
        let read = reads_of(vec![Expr::Equal(id(2), id(2))]);
        assert_eq!(read.context, [0, 1]);
        let chosen = reads_of(vec![
            Expr::If(id(41), id(2), id(2)),
            Expr::Field { of: id(43), index: 0 },
            Expr::Equal(id(44), id(13)),
        ]);
        assert_eq!(chosen.context, [0, 1]);
        let (schema, exprs) = (schema(), exprs());
        assert_eq!(reads(&schema, &exprs, READ_DOCUMENT, [id(2)]).context, [0, 1]);
    }

    #[test]
    fn ancestors_and_grants() {
        assert_eq!(reads_at(18).principal, with_ancestors(EntityReads::default()));
        // The ancestors of the left side alone.
        let within = reads_at(20);
        assert_eq!(within.resource, attributes(&[3]));
        assert_eq!(within.principal, EntityReads::default());
        assert_eq!(within.others, [(USER, with_ancestors(EntityReads::default()))]);
        let named = reads_of(vec![Expr::EntityIn(id(17), id(0))]);
        assert_eq!(
            named,
            Reads {
                others: vec![(GROUP, with_ancestors(EntityReads::default()))],
                ..Reads::default()
            }
        );
        assert_eq!(
            reads_at(10),
            Reads {
                principal: with_ancestors(EntityReads::default()),
                resource: with_ancestors(EntityReads::default()),
                // When a grant ends depends on `now`.
                context: vec![0],
                grants: vec![EDITOR, VIEWER],
                ..Reads::default()
            }
        );
        let derived = reads_of(vec![Expr::GrantHeld(crate::testing::OWNER)]);
        assert_eq!(derived, Reads::default());
    }

    /// Where the principal's attributes can be read under another name, they are the principal's.
    #[test]
    fn the_principal_under_other_names() {
        let chosen = reads_of(vec![
            Expr::If(id(41), id(0), id(3)),
            Expr::Attribute { of: id(43), index: 1 },
            Expr::Equal(id(44), id(16)),
        ]);
        assert_eq!(
            (chosen.principal, chosen.others),
            (attributes(&[1]), vec![(USER, attributes(&[1]))])
        );
        let any_of = |over: u32| {
            reads_of(vec![
                Expr::Set(types::USER, vec![id(0)]),
                quantified(Quantifier::Any, 0, id(over), id(29), 5),
            ])
        };
        assert_eq!(
            any_of(43),
            Reads {
                principal: attributes(&[1]),
                ..Reads::default()
            }
        );
        // Friends are others.
        assert_eq!(
            any_of(26),
            Reads {
                principal: attributes(&[2]),
                others: vec![(USER, attributes(&[1]))],
                ..Reads::default()
            }
        );
        let in_record = reads_of(vec![
            Expr::Record(RecordId(4), vec![Some(id(16)), Some(id(0))]),
            Expr::Field { of: id(43), index: 1 },
            Expr::EntityIn(id(44), id(17)),
        ]);
        assert_eq!(
            in_record,
            Reads {
                principal: with_ancestors(EntityReads::default()),
                ..Reads::default()
            }
        );
    }

    #[test]
    fn plans_are_read_one_after_another_as_each_alone() {
        let artifact = artifact();
        let mut reader = Reader::new(&artifact.schema, &artifact.exprs);
        for round in 0..2 {
            for (at, shape) in (0..).map(ShapeId).zip(&artifact.schema.shapes) {
                let plan = &artifact.plans[at.index()];
                let read = reader.of_plan(*shape, &artifact.nodes, plan.decide, &plan.candidates);
                assert_eq!(read, plan.reads, "{shape:?}, round {round}");
            }
        }
        let read = &artifact.plans[1].reads;
        assert_eq!(read.principal, with_ancestors(attributes(&[1, 2])));
        assert_eq!(read.resource, with_ancestors(attributes(&[3])));
        assert_eq!(read.context, [0, 1]);
        assert_eq!(read.others, [(USER, with_ancestors(attributes(&[1])))]);
        assert_eq!(read.grants, [EDITOR, VIEWER]);
        assert_eq!(artifact.plans[0].reads, Reads::default());
        let view = artifact.schema.shapes[2];
        assert_eq!((view.action, view.resource), (VIEW, USER));
        assert_eq!(
            artifact.plans[2].reads.principal,
            with_ancestors(EntityReads::default())
        );
    }

    /// Nothing here trusts what it is given.
    #[test]
    fn expressions_that_make_no_sense() {
        let read = reads_of(vec![
            Expr::Attribute {
                of: id(99),
                index: 77,
            },
            Expr::EntityIn(id(45), id(2)),
            Expr::Not(id(45)),
        ]);
        assert_eq!(read, Reads::default());
        let (schema, exprs) = (schema(), exprs());
        let group = Shape {
            action: crate::testing::EDIT,
            ..READ_DOCUMENT
        };
        assert_eq!(reads(&schema, &exprs, group, [id(9)]), Reads::default());
        let folder = Shape {
            resource: FOLDER,
            ..READ_DOCUMENT
        };
        let _ = reads(&schema, &exprs, folder, (0..60).map(ExprId));
    }
}
