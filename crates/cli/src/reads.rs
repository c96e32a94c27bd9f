//! What decisions on requests of a shape can look at, by the names of the policy; for people and for programs.

use std::collections::HashMap;

use dictum_artifact::dag::Artifact;
use dictum_artifact::naming::written_path;
use dictum_artifact::reads::{EntityReads, Reads};
use dictum_artifact::schema::{EntityTypeId, Fields, Schema, Shape};
use serde::Serialize;

use crate::console::{Console, STRONG, printable};
use crate::describe::identifier;
use crate::stop::Stop;

/// What is looked at.
#[derive(Serialize)]
pub(crate) struct ReadsText<'a> {
    principal: EntityReadsText<'a>,
    resource: EntityReadsText<'a>,
    /// Fields of the context.
    context: Vec<&'a str>,
    /// Of entities that attributes, the context or the policy name.
    others: Vec<OtherText<'a>>,
    /// The roles that grants of are looked for.
    grants: Vec<&'a str>,
}

#[derive(Serialize)]
struct EntityReadsText<'a> {
    attributes: Vec<&'a str>,
    ancestors: bool,
}

#[derive(Serialize)]
struct OtherText<'a> {
    r#type: &'a str,
    #[serde(flatten)]
    reads: EntityReadsText<'a>,
}

/// Kinds of requests of which decisions look at the same.
#[derive(Serialize)]
pub(crate) struct SharedReads {
    package: String,
    shapes: Vec<ShapeName>,
    reads: serde_json::Value,
    /// The parts of what is looked at.
    #[serde(skip)]
    parts: Vec<String>,
}

/// A kind of requests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct ShapeName {
    principal: String,
    action: String,
    resource: String,
}

impl ShapeName {
    /// The names of a shape.
    pub(crate) fn of(schema: &Schema, shape: Shape) -> Self {
        let ty = |ty| schema.entity_type(ty).map_or("?", |def| &def.name).to_owned();
        Self {
            principal: ty(shape.principal),
            action: schema
                .action(shape.action)
                .map_or("?", |def| &def.name)
                .to_owned(),
            resource: ty(shape.resource),
        }
    }

    /// `User to read on Document`
    pub(crate) fn line(&self) -> String {
        let Self {
            principal,
            action,
            resource,
        } = self;
        format!(
            "{} to {} on {}",
            written_path(principal),
            written_path(action),
            written_path(resource)
        )
    }
}

/// What decisions by an artifact look at. Shapes that share it stand together, in the place of the first.
pub(crate) fn shared(package: &str, artifact: &Artifact) -> Vec<SharedReads> {
    let mut known: HashMap<String, usize> = HashMap::new();
    let mut groups: Vec<SharedReads> = Vec::new();
    for (shape, plan) in artifact.schema.shapes.iter().zip(&artifact.plans) {
        let reads = ReadsText::of(artifact, *shape, &plan.reads);
        let at = *known.entry(reads.line()).or_insert_with(|| {
            groups.push(SharedReads {
                package: package.to_owned(),
                shapes: Vec::new(),
                reads: serde_json::json!(reads),
                parts: reads.parts(),
            });
            groups.len() - 1
        });
        if let Some(group) = groups.get_mut(at) {
            group.shapes.push(ShapeName::of(&artifact.schema, *shape));
        }
    }
    groups
}

/// Writes what decisions look at for people.
pub(crate) fn write(groups: &[SharedReads], console: &mut Console) -> Result<(), Stop> {
    console.line(format_args!("{STRONG}what a decision can depend on{STRONG:#}"))?;
    for group in groups {
        console.line("")?;
        for shape in &group.shapes {
            console.line(format_args!("  {}", printable(&shape.line())))?;
        }
        for part in &group.parts {
            console.line(format_args!("      {}", printable(part)))?;
        }
        if group.parts.is_empty() {
            console.line("      nothing but the request's types and action")?;
        }
    }
    Ok(())
}

impl<'a> ReadsText<'a> {
    /// What a shape's plan says that it reads.
    pub(crate) fn of(artifact: &'a Artifact, shape: Shape, reads: &Reads) -> Self {
        let schema = &artifact.schema;
        let context = schema
            .action(shape.action)
            .and_then(|def| schema.record(def.context?));
        let other = |(ty, reads): &(EntityTypeId, EntityReads)| OtherText {
            r#type: schema.entity_type(*ty).map_or("?", |def| &def.name),
            reads: EntityReadsText::of(schema, *ty, reads),
        };
        Self {
            principal: EntityReadsText::of(schema, shape.principal, &reads.principal),
            resource: EntityReadsText::of(schema, shape.resource, &reads.resource),
            context: names(context, &reads.context),
            others: reads.others.iter().map(other).collect(),
            grants: reads
                .grants
                .iter()
                .filter_map(|role| schema.role(*role))
                .map(|def| def.name.as_str())
                .collect(),
        }
    }

    /// `principal { email } and its ancestors; context { now }; grants of editor, viewer`
    pub(crate) fn line(&self) -> String {
        let parts = self.parts();
        if parts.is_empty() {
            return "nothing".to_owned();
        }
        parts.join("; ")
    }

    /// The parts of that line.
    pub(crate) fn parts(&self) -> Vec<String> {
        let mut parts = Vec::new();
        parts.extend(self.principal.part("principal"));
        parts.extend(self.resource.part("resource"));
        if !self.context.is_empty() {
            parts.push(format!("context {{ {} }}", list(&self.context)));
        }
        for other in &self.others {
            parts.extend(other.reads.part(&format!("any {}", written_path(other.r#type))));
        }
        if !self.grants.is_empty() {
            parts.push(format!("grants of {}", paths(&self.grants)));
        }
        parts
    }
}

impl<'a> EntityReadsText<'a> {
    fn of(schema: &'a Schema, ty: EntityTypeId, reads: &EntityReads) -> Self {
        let attributes = schema.entity_type(ty).map(|def| &def.attributes);
        Self {
            attributes: names(attributes, &reads.attributes),
            ancestors: reads.ancestors,
        }
    }

    /// What is looked at of something; `None` where nothing is.
    fn part(&self, of: &str) -> Option<String> {
        let attributes = format!("{of} {{ {} }}", list(&self.attributes));
        match (self.attributes.is_empty(), self.ancestors) {
            (true, false) => None,
            (true, true) => Some(format!("the ancestors of {of}")),
            (false, false) => Some(attributes),
            (false, true) => Some(format!("{attributes} and its ancestors")),
        }
    }
}

/// The names of fields by their positions.
fn names<'a>(fields: Option<&'a Fields>, positions: &[u32]) -> Vec<&'a str> {
    let name = |position: &u32| fields.and_then(|fields| fields.get(*position));
    positions
        .iter()
        .map(|position| name(position).map_or("?", |field| field.name.as_str()))
        .collect()
}

fn paths(names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|name| written_path(name)).collect();
    names.join(", ")
}

fn list(names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|name| identifier(name)).collect();
    names.join(", ")
}
