//! `dictum inspect`: what is in an artifact.

use std::path::PathBuf;

use dictum_artifact::dag::{Artifact, Candidate, Plan};
use dictum_artifact::naming::{shown, written_path};
use dictum_artifact::schema::{ActionId, EntityTypeId, Field, Fields, RoleId, Schema, Shape};
use serde::Serialize;

use crate::console::{Console, Format, STRONG, printable};
use crate::decision::RuleText;
use crate::describe::{NodeText, decision_dag, identifier, obliged, reachable};
use crate::policy::{self, Policy};
use crate::reads::ReadsText;
use crate::report::count;
use crate::stop::{Ending, Exit, Stop};

help! {
"\
Examples:
  dictum inspect policy.dpa
  dictum inspect policy.dpa --dag | less
  dictum inspect policy.dpa --format json | jq '.shapes | length'",
"\
A folder or file of sources is compiled first, and nothing is written.

Under each shape stands what decisions on its requests can look at, and what its rules oblige callers to.

With --dag, each shape's decision DAG follows it, from node 0 on: `is A true?` goes to its `no` where A is false \
or undefined, `is A false?` where A is true or undefined.

With --format json:
  {\"bytes\": 2345 | null, \"files\": [\"…\"], \"expressions\": 30, \"nodes\": 80,
   \"entity_types\": [{\"name\", \"parents\": […], \"attributes\": [FIELD], \"ids\": […] | null}],
   \"enums\": [{\"name\", \"ordered\", \"variants\": […]}],
   \"actions\": [{\"name\", \"groups\": […], \"context\": [FIELD] | null}],   (null: a group)
   \"roles\": [{\"name\", \"on\": […], \"grantable\", \"carriers\": […]}],   (a grant of one gives it)
   \"obligations\": [{\"name\", \"fields\": [FIELD]}],
   \"shapes\": [{\"principal\", \"action\", \"resource\", \"rules\": [\"…\"],
              \"obligations\": [{\"rule\", \"with\"}], \"reads\": READS, \"nodes\": 5, \"dag\": [NODE] | null}],
   \"rules\": [RULE]}
where a FIELD is {\"name\", \"type\", \"optional\", \"most\": 20 | null} (how many elements a set or map has at \
most), READS is {\"principal\": {\"attributes\": [\"…\"], \"ancestors\": true}, \"resource\": {…}, \"context\": \
[\"…\"], \"others\": [{\"type\", \"attributes\", \"ancestors\"}], \"grants\": [\"…\"]}, which is what decisions \
can look at, a RULE is as in `dictum eval --explain`, and a NODE is {\"node\": 0, \"atom\": \"…\", \"question\": \
\"true\" | \"false\", \"yes\": 2, \"no\": 1} or {\"node\": 1, \"leaf\": \"allow\" | \"deny\", \"rule\": \"…\" | \
null}.",
"\
Exit codes: 0 shown, 1 the file is no whole artifact or a policy with errors, 2 reading failed."
}

/// Show what is in an artifact
#[derive(clap::Args)]
#[command(after_help = EXAMPLES, after_long_help = LONG)]
pub(crate) struct Inspect {
    /// An artifact
    #[arg(value_name = "FILE")]
    path: PathBuf,

    /// Show each shape's decision DAG
    #[arg(long)]
    dag: bool,

    /// The form of the output
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: Format,
}

#[derive(Serialize)]
struct Contents<'a> {
    bytes: Option<usize>,
    files: &'a [String],
    expressions: usize,
    nodes: usize,
    entity_types: Vec<EntityTypeText<'a>>,
    enums: Vec<EnumText<'a>>,
    actions: Vec<ActionText<'a>>,
    roles: Vec<RoleText<'a>>,
    obligations: Vec<ObligationText<'a>>,
    shapes: Vec<ShapeText<'a>>,
    rules: Vec<RuleText<'a>>,
}

#[derive(Serialize)]
struct FieldText<'a> {
    name: &'a str,
    r#type: String,
    optional: bool,
    most: Option<u32>,
}

#[derive(Serialize)]
struct EntityTypeText<'a> {
    name: &'a str,
    parents: Vec<&'a str>,
    attributes: Vec<FieldText<'a>>,
    ids: Option<&'a [String]>,
}

#[derive(Serialize)]
struct EnumText<'a> {
    name: &'a str,
    ordered: bool,
    variants: &'a [String],
}

#[derive(Serialize)]
struct ActionText<'a> {
    name: &'a str,
    groups: Vec<&'a str>,
    context: Option<Vec<FieldText<'a>>>,
}

#[derive(Serialize)]
struct RoleText<'a> {
    name: &'a str,
    on: Vec<&'a str>,
    grantable: bool,
    carriers: Vec<&'a str>,
}

#[derive(Serialize)]
struct ObligationText<'a> {
    name: &'a str,
    fields: Vec<FieldText<'a>>,
}

/// What a rule obliges callers to.
#[derive(Serialize)]
struct ObligedText<'a> {
    rule: &'a str,
    with: String,
}

#[derive(Serialize)]
struct ShapeText<'a> {
    principal: &'a str,
    action: &'a str,
    resource: &'a str,
    rules: Vec<&'a str>,
    obligations: Vec<ObligedText<'a>>,
    reads: ReadsText<'a>,
    nodes: usize,
    dag: Option<Vec<NodeText>>,
}

impl Inspect {
    pub(crate) fn run(&self, console: &mut Console) -> Ending {
        let policy = match policy::load(&self.path)? {
            Ok(policy) => policy,
            Err(findings) => {
                match self.format {
                    Format::Human => findings.note(console),
                    Format::Json => console.json(&findings)?,
                }
                return Ok(Exit::Bad);
            }
        };
        let contents = contents(&policy, self.dag);
        match self.format {
            Format::Json => console.json(&contents)?,
            Format::Human => print(&contents, &self.path.display().to_string(), console)?,
        }
        Ok(Exit::Success)
    }
}

fn type_name(schema: &Schema, id: EntityTypeId) -> &str {
    schema.entity_type(id).map_or("?", |def| &def.name)
}

fn action_name(schema: &Schema, id: ActionId) -> &str {
    schema.action(id).map_or("?", |def| &def.name)
}

fn role_name(schema: &Schema, id: RoleId) -> &str {
    schema.role(id).map_or("?", |def| &def.name)
}

fn field_texts<'a>(schema: &Schema, fields: &'a Fields) -> Vec<FieldText<'a>> {
    let text = |field: &'a Field| FieldText {
        name: &field.name,
        r#type: schema.type_name(field.ty),
        optional: field.optional,
        most: field.most,
    };
    fields.iter().map(text).collect()
}

fn contents(policy: &Policy, dag: bool) -> Contents<'_> {
    let artifact = policy.artifact();
    let schema = &artifact.schema;
    let types = |ids: &[EntityTypeId]| ids.iter().map(|id| type_name(schema, *id)).collect();
    Contents {
        bytes: match policy {
            Policy::Sources(..) => None,
            Policy::Artifact(_, bytes) => Some(*bytes),
        },
        files: &artifact.files,
        expressions: artifact.exprs.len(),
        nodes: artifact.nodes.len(),
        entity_types: schema
            .entity_types
            .iter()
            .map(|def| EntityTypeText {
                name: &def.name,
                parents: types(&def.parents),
                attributes: field_texts(schema, &def.attributes),
                ids: def.closed.as_deref(),
            })
            .collect(),
        enums: schema
            .enums
            .iter()
            .map(|def| EnumText {
                name: &def.name,
                ordered: def.ordered,
                variants: &def.variants,
            })
            .collect(),
        actions: schema
            .actions
            .iter()
            .map(|def| ActionText {
                name: &def.name,
                groups: def.groups.iter().map(|id| action_name(schema, *id)).collect(),
                context: def
                    .context
                    .and_then(|id| schema.record(id))
                    .map(|fields| field_texts(schema, fields)),
            })
            .collect(),
        roles: schema
            .roles
            .iter()
            .map(|def| RoleText {
                name: &def.name,
                on: types(&def.on),
                grantable: def.grantable,
                carriers: def.carriers.iter().map(|id| role_name(schema, *id)).collect(),
            })
            .collect(),
        obligations: schema
            .obligations
            .iter()
            .map(|def| ObligationText {
                name: &def.name,
                fields: schema
                    .record(def.record)
                    .map(|fields| field_texts(schema, fields))
                    .unwrap_or_default(),
            })
            .collect(),
        shapes: schema
            .shapes
            .iter()
            .zip(&artifact.plans)
            .map(|(shape, plan)| shape_text(artifact, *shape, plan, dag))
            .collect(),
        rules: artifact
            .rules
            .iter()
            .map(|rule| RuleText::of(artifact, rule))
            .collect(),
    }
}

fn shape_text<'a>(artifact: &'a Artifact, shape: Shape, plan: &'a Plan, dag: bool) -> ShapeText<'a> {
    let schema = &artifact.schema;
    let label = |candidate: &Candidate| {
        let rule = artifact.rules.get(candidate.rule.index());
        rule.map_or("?", |rule| rule.label.as_str())
    };
    let with = |candidate: &'a Candidate| {
        candidate.obligations.iter().map(move |with| ObligedText {
            rule: label(candidate),
            with: obliged(artifact, shape, with),
        })
    };
    ShapeText {
        principal: type_name(schema, shape.principal),
        action: action_name(schema, shape.action),
        resource: type_name(schema, shape.resource),
        rules: plan.candidates.iter().map(label).collect(),
        obligations: plan.candidates.iter().flat_map(with).collect(),
        reads: ReadsText::of(artifact, shape, &plan.reads),
        nodes: reachable(artifact, plan).len(),
        dag: dag.then(|| decision_dag(artifact, shape, plan)),
    }
}

fn names(names: &[&str]) -> String {
    names
        .iter()
        .map(|name| written_path(name))
        .collect::<Vec<_>>()
        .join(", ")
}

fn record(fields: &[FieldText]) -> String {
    let field = |field: &FieldText| {
        format!(
            "{}{}: {}",
            identifier(field.name),
            if field.optional { "?" } else { "" },
            match field.most {
                Some(most) => format!("{}, {most}>", field.r#type.strip_suffix('>').unwrap_or_default()),
                None => field.r#type.clone(),
            }
        )
    };
    match fields {
        [] => String::new(),
        fields => format!(
            " {{ {} }}",
            fields.iter().map(field).collect::<Vec<_>>().join(", ")
        ),
    }
}

fn print(contents: &Contents, path: &str, console: &mut Console) -> Result<(), Stop> {
    let size = contents
        .bytes
        .map_or_else(|| "from sources".to_owned(), |bytes| count(bytes, "byte"));
    console.line(format_args!(
        "{STRONG}{}{STRONG:#}: {size}, {}, {}, {}, {}",
        printable(path),
        count(contents.shapes.len(), "shape"),
        count(contents.nodes, "node"),
        count(contents.expressions, "expression"),
        count(contents.rules.len(), "rule"),
    ))?;
    let within = |names_: &[&str]| {
        if names_.is_empty() {
            String::new()
        } else {
            format!(" in {}", names(names_))
        }
    };
    section(console, "sources", contents.files.iter().cloned())?;
    section(
        console,
        "enums",
        contents.enums.iter().map(|def| {
            let ordered = if def.ordered { "ordered " } else { "" };
            let variants: Vec<String> = def.variants.iter().map(|name| identifier(name)).collect();
            format!(
                "{ordered}enum {} {{ {} }}",
                written_path(def.name),
                variants.join(", ")
            )
        }),
    )?;
    section(
        console,
        "entity types",
        contents.entity_types.iter().map(|def| {
            let ids = def.ids.map_or_else(String::new, |ids| {
                let ids: Vec<String> = ids.iter().map(|id| dictum_artifact::value::quote(id)).collect();
                format!(" = [{}]", ids.join(", "))
            });
            format!(
                "{}{}{}{ids}",
                written_path(def.name),
                within(&def.parents),
                record(&def.attributes)
            )
        }),
    )?;
    section(
        console,
        "actions",
        contents.actions.iter().map(|def| {
            let rest = def
                .context
                .as_ref()
                .map_or_else(|| " (a group)".to_owned(), |fields| record(fields));
            format!("{}{}{rest}", written_path(def.name), within(&def.groups))
        }),
    )?;
    section(
        console,
        "roles",
        contents.roles.iter().map(|def| {
            let held = match def.carriers.as_slice() {
                [] => "held by no grant".to_owned(),
                carriers => format!("held by a grant of {}", names(carriers)),
            };
            format!("{} on {}, {held}", written_path(def.name), names(&def.on))
        }),
    )?;
    section(
        console,
        "obligations",
        contents
            .obligations
            .iter()
            .map(|def| format!("{}{}", written_path(def.name), record(&def.fields))),
    )?;
    let shapes = contents.shapes.iter().flat_map(|shape| {
        let (who, what) = (written_path(shape.principal), written_path(shape.resource));
        let head = format!(
            "{who} to {} on {what}: {}; {}",
            written_path(shape.action),
            count(shape.nodes, "node"),
            if shape.rules.is_empty() {
                "no rule".to_owned()
            } else {
                shown(&shape.rules.join(", ")).into_owned()
            }
        );
        let nodes = shape
            .dag
            .iter()
            .flatten()
            .map(|node| format!("  {}", node.line()));
        let obligations = shape
            .obligations
            .iter()
            .map(|obliged| format!("  {} with {}", shown(obliged.rule), obliged.with));
        [head, format!("  reads {}", shape.reads.line())]
            .into_iter()
            .chain(obligations)
            .chain(nodes)
    });
    section(console, "shapes", shapes)?;
    if !contents.rules.is_empty() {
        console.line(format_args!("\n{STRONG}rules{STRONG:#}"))?;
    }
    for rule in &contents.rules {
        let mut out = String::new();
        rule.write("  ", &mut out);
        console.raw(&out)?;
    }
    Ok(())
}

/// A heading and its lines, if there are any.
fn section(console: &mut Console, title: &str, lines: impl Iterator<Item = String>) -> Result<(), Stop> {
    for (at, line) in lines.enumerate() {
        if at == 0 {
            console.line(format_args!("\n{STRONG}{title}{STRONG:#}"))?;
        }
        console.line(format_args!("  {}", printable(&line)))?;
    }
    Ok(())
}
