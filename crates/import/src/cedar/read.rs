//! Cedar's texts to Cedar's own forms: what is imported has passed Cedar's parser and its strict validator.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use cedar_policy_core::ast::{EntityUID, PolicyID, PolicySet, SlotId, StaticPolicy, Template};
use cedar_policy_core::est;
use cedar_policy_core::extensions::Extensions;
use cedar_policy_core::parser;
use cedar_policy_core::validator::json_schema::Fragment;
use cedar_policy_core::validator::{ValidationMode, Validator, ValidatorSchema};
use serde_json::Value as Json;

use super::comments::{Token, tokens};
use super::{Input, Refusal, Text};

/// What Cedar makes of the texts.
pub(super) struct Cedar {
    /// All types and actions, as the validator has them.
    pub(super) schema: ValidatorSchema,
    /// The same as they are written, names resolved: with common types, annotations and places.
    pub(super) fragment: Fragment<cedar_policy_core::ast::InternalName>,
    /// The policies that decide, in the order of the texts; each link of a template is one.
    pub(super) policies: Vec<Policy>,
    /// The templates that nothing is linked to: the file, where they stand in it, and their text.
    pub(super) unlinked: Vec<(usize, Option<usize>, String)>,
}

/// A policy, or a link of a template.
pub(super) struct Policy {
    /// The id that Cedar's decisions carry.
    pub(super) id: String,
    /// The policy, its slots filled; it has none.
    pub(super) template: Arc<Template>,
    /// For each of its clauses, whether it is an `unless`.
    pub(super) unless: Vec<bool>,
    /// Which of [`Input::policies`] it stands in.
    pub(super) file: usize,
    /// Where the link stands, if it was made of a template by one.
    pub(super) link: Option<Text>,
}

/// A template or static policy as it was read.
struct Parsed {
    id: PolicyID,
    template: Arc<Template>,
    unless: Vec<bool>,
    file: usize,
}

impl Parsed {
    /// Whether a link that names a template means this one: by its id, or the value of its `@id`.
    fn is_called(&self, name: &str) -> bool {
        self.id.to_string() == name || super::rules::annotated_id(&self.template).as_deref() == Some(name)
    }
}

/// A link as it was read.
struct Link {
    template: String,
    id: String,
    values: BTreeMap<String, EntityUID>,
    place: Text,
}

/// Reads and validates everything but the entities.
pub(super) fn read(input: &Input) -> Result<Cedar, Vec<Refusal>> {
    let (fragment, schema) = read_schema(&input.schema)?;
    let mut parsed = Vec::new();
    let mut links = Vec::new();
    let mut refusals = Vec::new();
    for (file, text) in input.policies.iter().enumerate() {
        let found = if is_json(text) {
            read_json_policies(file, text, &mut parsed, &mut links)
        } else {
            read_policies(file, text, &mut parsed)
        };
        refusals.extend(found.err().into_iter().flatten());
    }
    for text in &input.links {
        match read_links(text) {
            Ok(found) => links.extend(found),
            Err(refusal) => refusals.push(refusal),
        }
    }
    if !refusals.is_empty() {
        return Err(refusals);
    }
    check_ids(&parsed, &links, input)?;
    let policies = link(&parsed, &links)?;
    validate(input, &schema, &parsed, &policies)?;
    Ok(Cedar {
        unlinked: unlinked(&parsed, &links),
        schema,
        fragment,
        policies,
    })
}

/// Whether a text is JSON rather than Cedar's own syntax, neither of whose two begins so.
fn is_json(text: &Text) -> bool {
    text.text.trim_start().starts_with(['{', '['])
}

fn read_schema(
    text: &Text,
) -> Result<(Fragment<cedar_policy_core::ast::InternalName>, ValidatorSchema), Vec<Refusal>> {
    let extensions = Extensions::all_available();
    let fragment = if is_json(text) {
        // Cedar's own message has no place.
        serde_json::from_str::<Json>(&text.text).map_err(|error| vec![Refusal::of_json(text, &error)])?;
        Fragment::from_json_str(&text.text).map_err(|error| vec![Refusal::of(text, None, &error)])?
    } else {
        check_nesting(text)?;
        let (fragment, _) = Fragment::from_cedarschema_str(&text.text, extensions)
            .map_err(|error| vec![Refusal::of(text, None, &error)])?;
        fragment
    };
    let schema = if is_json(text) {
        ValidatorSchema::from_json_str(&text.text, extensions)
            .map_err(|error| vec![Refusal::of(text, None, &error)])?
    } else {
        let (schema, _) = ValidatorSchema::from_cedarschema_str(&text.text, extensions)
            .map_err(|error| vec![Refusal::of(text, None, &error)])?;
        schema
    };
    schema
        .check_complete()
        .map_err(|error| vec![Refusal::of(text, None, &error)])?;
    let resolved = fragment
        .to_internal_name_fragment_with_resolved_types()
        .map_err(|error| vec![Refusal::of(text, None, &error)])?;
    Ok((resolved, schema))
}

/// How deep brackets may be nested, and how many `if`s a policy may have: Cedar's parser goes that deep itself, and does not
/// look whether its stack lasts.
const MAX_BRACKETS: usize = 500;
const MAX_IFS: usize = 4_000;

fn check_nesting(text: &Text) -> Result<(), Vec<Refusal>> {
    let (mut brackets, mut ifs) = (0_usize, 0);
    for (at, token) in tokens(&text.text) {
        match token {
            Token::Mark('(' | '[' | '{') => brackets += 1,
            Token::Mark(')' | ']' | '}') => brackets = brackets.saturating_sub(1),
            Token::Mark(';') if brackets == 0 => ifs = 0,
            Token::Word("if") => ifs += 1,
            Token::Word(_) | Token::Mark(_) => {}
        }
        if brackets > MAX_BRACKETS {
            let message = format!("brackets are nested deeper than {MAX_BRACKETS} levels");
            return Err(vec![Refusal::at(text, at, message)]);
        }
        if ifs > MAX_IFS {
            let message = format!("a policy has more than {MAX_IFS} `if`s");
            return Err(vec![Refusal::at(text, at, message)]);
        }
    }
    Ok(())
}

fn read_policies(file: usize, text: &Text, parsed: &mut Vec<Parsed>) -> Result<(), Vec<Refusal>> {
    check_nesting(text)?;
    let (ests, set) = parser::parse_policyset_to_ests_and_pset(&text.text).map_err(|errors| {
        errors
            .iter()
            .map(|error| Refusal::of(text, None, error))
            .collect::<Vec<_>>()
    })?;
    let mut found: Vec<&Template> = set.all_templates().collect();
    found.sort_by_key(|template| template.loc().map_or(usize::MAX, |loc| loc.start()));
    for template in found {
        // Ids are given by position. Those of a later file go on where the ones before it ended, as though all stood in one.
        let id = PolicyID::from_string(format!("policy{}", parsed.len()));
        let unless = ests.get(template.id()).map(unless_clauses).unwrap_or_default();
        parsed.push(Parsed {
            template: Arc::new(template.new_id(id.clone())),
            id,
            unless,
            file,
        });
    }
    Ok(())
}

/// A policy, or a set of policies, templates and links, in Cedar's JSON.
fn read_json_policies(
    file: usize,
    text: &Text,
    parsed: &mut Vec<Parsed>,
    links: &mut Vec<Link>,
) -> Result<(), Vec<Refusal>> {
    let json: Json =
        serde_json::from_str(&text.text).map_err(|error| vec![Refusal::of_json(text, &error)])?;
    if json.get("effect").is_some() {
        let policy: est::Policy =
            serde_json::from_str(&text.text).map_err(|error| vec![Refusal::of_json(text, &error)])?;
        let id = PolicyID::from_string(format!("policy{}", parsed.len()));
        let unless = unless_clauses(&policy);
        let template = policy
            .try_into_ast_policy_or_template(Some(id.clone()))
            .map_err(|error| vec![Refusal::of(text, Some(id.to_string()), &error)])?;
        parsed.push(Parsed {
            id,
            template: Arc::new(template),
            unless,
            file,
        });
        return Ok(());
    }
    let set: est::PolicySet =
        serde_json::from_str(&text.text).map_err(|error| vec![Refusal::of_json(text, &error)])?;
    let mut refusals = Vec::new();
    for (id, policy) in set.static_policies.iter().chain(set.templates.iter()) {
        let unless = unless_clauses(policy);
        match policy.clone().try_into_ast_policy_or_template(Some(id.clone())) {
            Ok(template) => parsed.push(Parsed {
                id: id.clone(),
                template: Arc::new(template),
                unless,
                file,
            }),
            Err(error) => refusals.push(Refusal::of(text, Some(id.to_string()), &error)),
        }
    }
    links.extend(set.template_links.into_iter().map(|link| {
        Link {
            template: link.template_id.to_string(),
            id: link.new_id.to_string(),
            values: link
                .values
                .into_iter()
                .map(|(slot, uid)| (slot.to_string(), uid))
                .collect(),
            place: text.clone(),
        }
    }));
    if refusals.is_empty() {
        Ok(())
    } else {
        Err(refusals)
    }
}

/// The kinds of a policy's clauses, which its tree no longer tells apart; they are not public, but in its JSON.
fn unless_clauses(policy: &est::Policy) -> Vec<bool> {
    let json = serde_json::to_value(policy).unwrap_or_default();
    let clauses = json.get("conditions").and_then(Json::as_array);
    clauses
        .into_iter()
        .flatten()
        .map(|clause| clause.get("kind").and_then(Json::as_str) == Some("unless"))
        .collect()
}

/// Links as Cedar's command has them in a file: `[{"template_id", "link_id", "args": {"?principal": "User::\"ann\""}}]`;
/// or as they stand in a set of policies: `[{"templateId", "newId", "values": {"?principal": {"type", "id"}}}]`.
fn read_links(text: &Text) -> Result<Vec<Link>, Refusal> {
    let json: Json = serde_json::from_str(&text.text).map_err(|error| Refusal::of_json(text, &error))?;
    let wrong = |message: String| Refusal::at_start(text, message);
    let Some(items) = json.as_array() else {
        return Err(wrong(
            "links are a list: `[{\"template_id\": …, \"link_id\": …, \"args\": {…}}]`".to_owned(),
        ));
    };
    items
        .iter()
        .enumerate()
        .map(|(number, item)| {
            let member = |names: [&str; 2]| names.iter().find_map(|name| item.get(*name));
            let string = |names: [&str; 2]| {
                let found = member(names).and_then(Json::as_str).map(str::to_owned);
                found.ok_or_else(|| wrong(format!("link {number} has no text `{}`", names[0])))
            };
            let Some(values) = member(["args", "values"]).and_then(Json::as_object) else {
                return Err(wrong(format!("link {number} has no object `args`")));
            };
            let values = values
                .iter()
                .map(|(slot, value)| {
                    let uid = super::request::read_uid(value)
                        .map_err(|why| wrong(format!("link {number}, `{slot}`: {why}")))?;
                    Ok((slot.clone(), uid))
                })
                .collect::<Result<_, _>>()?;
            Ok(Link {
                template: string(["template_id", "templateId"])?,
                id: string(["link_id", "newId"])?,
                values,
                place: text.clone(),
            })
        })
        .collect()
}

/// Every policy, template and link has an id of its own.
fn check_ids(parsed: &[Parsed], links: &[Link], input: &Input) -> Result<(), Vec<Refusal>> {
    let mut seen = BTreeSet::new();
    let mut refusals = Vec::new();
    let policies = parsed
        .iter()
        .map(|policy| (policy.id.to_string(), input.policies.get(policy.file)));
    let links = links.iter().map(|link| (link.id.clone(), Some(&link.place)));
    for (id, text) in policies.chain(links) {
        if !seen.insert(id.clone())
            && let Some(text) = text
        {
            refusals.push(Refusal::at_start(
                text,
                format!("two policies have the id `{id}`"),
            ));
        }
    }
    if refusals.is_empty() {
        Ok(())
    } else {
        Err(refusals)
    }
}

/// The static policies, and what the links make of the templates.
fn link(parsed: &[Parsed], links: &[Link]) -> Result<Vec<Policy>, Vec<Refusal>> {
    let mut policies: Vec<Policy> = parsed
        .iter()
        .filter(|policy| policy.template.is_static())
        .map(|policy| Policy {
            id: policy.id.to_string(),
            template: policy.template.clone(),
            unless: policy.unless.clone(),
            file: policy.file,
            link: None,
        })
        .collect();
    let mut refusals = Vec::new();
    for link in links {
        let refuse = |message: String| Refusal::at_start(&link.place, message).with_policy(&link.id);
        let mut templates = parsed.iter().filter(|policy| !policy.template.is_static());
        let Some(template) = templates.find(|policy| policy.is_called(&link.template)) else {
            refusals.push(refuse(format!("there is no template `{}`", link.template)));
            continue;
        };
        let slots: BTreeSet<String> = template
            .template
            .slots()
            .map(|slot| slot.id.to_string())
            .collect();
        let given: BTreeSet<String> = link.values.keys().cloned().collect();
        if slots != given {
            let told = |slots: &BTreeSet<String>| {
                slots
                    .iter()
                    .map(|slot| format!("`{slot}`"))
                    .collect::<Vec<_>>()
                    .join(", ")
            };
            refusals.push(refuse(format!(
                "the template `{}` has the slots {}, and the link gives {}",
                link.template,
                told(&slots),
                if given.is_empty() {
                    "none".to_owned()
                } else {
                    told(&given)
                },
            )));
            continue;
        }
        policies.push(Policy {
            id: link.id.clone(),
            template: Arc::new(fill(&template.template, link)),
            unless: template.unless.clone(),
            file: template.file,
            link: Some(link.place.clone()),
        });
    }
    if refusals.is_empty() {
        Ok(policies)
    } else {
        Err(refusals)
    }
}

/// The templates without a link.
fn unlinked(parsed: &[Parsed], links: &[Link]) -> Vec<(usize, Option<usize>, String)> {
    let templates = parsed.iter().filter(|policy| !policy.template.is_static());
    let unlinked = templates.filter(|policy| !links.iter().any(|link| policy.is_called(&link.template)));
    let told = unlinked.map(|policy| {
        let loc = policy.template.loc();
        let text = loc
            .and_then(|loc| loc.snippet())
            .map_or_else(|| policy.template.to_string(), str::to_owned);
        (policy.file, loc.map(|loc| loc.start()), text)
    });
    told.collect()
}

/// The template with entities in its slots, which stand in its scope alone.
fn fill(template: &Template, link: &Link) -> Template {
    let value = |slot: SlotId| link.values.get(&slot.to_string()).cloned().map(Arc::new);
    let principal = match value(SlotId::principal()) {
        Some(uid) => template.principal_constraint().clone().with_filled_slot(uid),
        None => template.principal_constraint().clone(),
    };
    let resource = match value(SlotId::resource()) {
        Some(uid) => template.resource_constraint().clone().with_filled_slot(uid),
        None => template.resource_constraint().clone(),
    };
    Template::new_shared(
        PolicyID::from_string(&link.id),
        template.loc().cloned(),
        template.annotations_arc().clone(),
        template.effect(),
        principal,
        template.action_constraint().clone(),
        resource,
        template.non_scope_constraints_arc().cloned(),
    )
}

/// What Cedar's validator says, in its strict mode. It looks at each policy by itself, and so its findings are told of
/// the policy that they are about.
fn validate(
    input: &Input,
    schema: &ValidatorSchema,
    parsed: &[Parsed],
    policies: &[Policy],
) -> Result<(), Vec<Refusal>> {
    let validator = Validator::new(schema.clone());
    let mut refusals = Vec::new();
    for policy in parsed {
        if let Some(text) = input.policies.get(policy.file) {
            let id = policy.id.to_string();
            let found = findings(&validator, &policy.template);
            refusals.extend(
                found
                    .iter()
                    .map(|error| Refusal::of(text, Some(id.clone()), &**error)),
            );
        }
    }
    // What is wrong with a link, and not with its template, is wrong with the entities that it gives.
    if refusals.is_empty() {
        for policy in policies {
            if let Some(link) = &policy.link {
                let found = findings(&validator, &policy.template);
                refusals.extend(found.iter().map(|error| {
                    let found = Refusal::of(link, Some(policy.id.clone()), &**error);
                    Refusal {
                        line: 0,
                        column: 0,
                        ..found
                    }
                }));
            }
        }
    }
    // The validator tells its findings in no order, and the same one for each kind of request.
    refusals.sort();
    refusals.dedup();
    if refusals.is_empty() {
        Ok(())
    } else {
        Err(refusals)
    }
}

/// What the validator says of one policy or template.
fn findings(validator: &Validator, template: &Template) -> Vec<Box<dyn miette::Diagnostic>> {
    let mut set = PolicySet::new();
    let added = match StaticPolicy::try_from(template.clone()) {
        Ok(policy) => set.add_static(policy),
        Err(_) => set.add_template(template.clone()),
    };
    if let Err(error) = added {
        return vec![Box::new(error)];
    }
    let (errors, _) = validator
        .validate(&set, ValidationMode::Strict)
        .into_errors_and_warnings();
    errors
        .map(|error| -> Box<dyn miette::Diagnostic> { Box::new(error) })
        .collect()
}
