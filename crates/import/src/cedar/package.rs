//! Everything at once: Cedar's texts to the files of a package, which compiles.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use dictum_compiler::lint::{Level, Levels};
use dictum_compiler::{Program, Settings, compile_with};
use dictum_syntax::diagnostic::{Diagnostic, Severity};
use dictum_syntax::source::{SourceId, Sources};

use super::comments::comments;
use super::environments::Numbered;
use super::names::Names;
use super::read::{Cedar, Policy, read};
use super::rules::{Purpose, Rules, Said, Way, Written, annotated_id, places};
use super::schema::{action_entities, declarations};
use super::{Imported, Input, Refusal, Text, data, text};

/// The file of the package that has its entities.
pub(super) const DATA: &str = "data.json";

const MANIFEST: &str = "dictum.toml";

/// For each rule its label, and the id of the policy that it comes from.
type LabelPolicies = Vec<(String, String)>;

/// What the policies are compiled as, before they are laid out.
struct Draft {
    /// The sources with their names, the policies last.
    sources: Vec<Text>,
    labels: LabelPolicies,
    /// Where in the last source each policy's rules stand.
    ranges: Vec<std::ops::Range<usize>>,
}

/// Policies with all that is worked out of them.
pub(super) struct Conversion {
    pub(super) input: Input,
    pub(super) cedar: Cedar,
    pub(super) names: Names,
    numbered: Vec<Numbered>,
    /// The comments of each file of policies, and those after its last policy.
    said: Vec<(Said, Vec<String>)>,
    /// The sources that declare what the schema does, with their modules.
    declarations: Vec<(Vec<String>, Text)>,
}

/// Imports Cedar policies.
///
/// ```
/// use dictum_import::cedar::{Input, Text, import};
///
/// let imported = import(&Input {
///     name: "photos".to_owned(),
///     policies: vec![Text::new("policies.cedar", "permit(principal, action, resource) when { principal == resource.owner };")],
///     schema: Text::new(
///         "photos.cedarschema",
///         "entity User; entity Photo { owner: User }; action view appliesTo { principal: User, resource: Photo };",
///     ),
///     entities: None,
///     links: Vec::new(),
/// })
/// .unwrap();
/// let policies = imported.sources().last().unwrap();
/// assert_eq!(policies.text, "policy0: permit anyone to any on anything when principal == resource.owner\n");
/// ```
///
/// # Errors
/// What Cedar's parser or its strict validator says of the texts, and what cannot be said in Dictum: each with the policy's id
/// and its place.
pub fn import(input: &Input) -> Result<Imported, Vec<Refusal>> {
    on_large_stack(|| import_here(input))
}

/// Runs something that goes as deep as conditions are nested, and Cedar's chains of `&&` are, on a stack for that: memory
/// that it does not use is never taken.
pub(super) fn on_large_stack<T>(work: impl FnOnce() -> T) -> T {
    stacker::grow(256 << 20, work)
}

fn import_here(input: &Input) -> Result<Imported, Vec<Refusal>> {
    let conversion = Conversion::new(input)?;
    let (draft, _) = conversion.draft(Purpose::Decide)?;
    let mut files = vec![Text::new(MANIFEST, manifest(input))];
    let mut notes = Vec::new();
    let mut sources = Sources::new();
    let ids: Vec<SourceId> = draft
        .sources
        .iter()
        .map(|source| sources.add(&source.name, &source.text))
        .collect();
    for (id, source) in ids.into_iter().zip(&draft.sources) {
        let formatted = dictum_syntax::format::format(&sources, id)
            .map_err(|diagnostics| vec![Refusal::at_start(source, told(&diagnostics))])?;
        files.push(Text::new(&source.name, formatted));
    }
    if let Some(entities) = &input.entities {
        let (json, left_out) = data::dataset(entities, &conversion.cedar, &conversion.names)?;
        notes.extend(left_out);
        let json = serde_json::to_string_pretty(&json).unwrap_or_default();
        files.push(Text::new(DATA, json + "\n"));
    }
    Ok(Imported {
        files,
        labels: draft.labels,
        notes,
    })
}

impl Conversion {
    pub(super) fn new(input: &Input) -> Result<Self, Vec<Refusal>> {
        let cedar = read(input)?;
        let mut names = Names::new(&cedar.fragment);
        let modules = declarations(&input.schema, &cedar.fragment, &mut names)?;
        let numbered = cedar.policies.iter().map(|policy| {
            let source = input.policies.get(policy.file).unwrap_or(&input.schema);
            let refuse = |error| Refusal::of(source, Some(policy.id.clone()), &error);
            Numbered::new(&cedar.schema, &policy.template)
                .map_err(|errors| errors.into_iter().map(refuse).collect::<Vec<_>>())
        });
        let numbered = numbered.collect::<Result<Vec<Numbered>, _>>()?;
        let said = input.policies.iter().enumerate().map(|(file, text)| {
            let policies = cedar
                .policies
                .iter()
                .zip(&numbered)
                .filter(|(policy, _)| policy.file == file);
            let policies =
                policies.map(|(policy, numbered)| (&*policy.template, numbered, policy.unless.as_slice()));
            let mut places: BTreeSet<usize> = places(policies).into_iter().collect();
            // What is said at the end of a policy is about all of it.
            let linked = cedar.policies.iter().filter(|policy| policy.file == file);
            let linked = linked.filter_map(|policy| policy.template.loc());
            let mut ends: BTreeMap<usize, usize> = linked.map(|loc| (loc.end(), loc.start())).collect();
            for (at, start, template) in &cedar.unlinked {
                if let (true, Some(start)) = (*at == file, start) {
                    places.insert(*start);
                    ends.insert(start + template.len(), *start);
                }
            }
            places.extend(ends.keys());
            let places: Vec<usize> = places.into_iter().collect();
            if places.is_empty() && text.text.trim_start().starts_with(['{', '[']) {
                return (Said::new(), Vec::new());
            }
            let (said, rest) = comments(&text.text, &places);
            let mut told = Said::new();
            for (place, said) in places.into_iter().zip(said).filter(|(_, said)| !said.is_empty()) {
                told.entry(ends.get(&place).copied().unwrap_or(place))
                    .or_default()
                    .extend(said);
            }
            (told, rest)
        });
        let said = said.collect();
        let mut taken = BTreeSet::from(["policies".to_owned()]);
        let declarations = modules
            .into_iter()
            .map(|declared| {
                let mut name = if declared.module.is_empty() {
                    "schema".to_owned()
                } else {
                    declared.module.join(".")
                };
                // Some file systems take no notice of upper and lower case.
                while !taken.insert(name.to_lowercase()) {
                    name.push('_');
                }
                let path: Vec<String> = declared.module.iter().map(|part| text::name(part)).collect();
                let module = if path.is_empty() {
                    String::new()
                } else {
                    format!("module {}\n\n", path.join("."))
                };
                let text = Text::new(format!("{name}.dictum"), module + &declared.text);
                (declared.module, text)
            })
            .collect();
        Ok(Self {
            input: input.clone(),
            cedar,
            names,
            numbered,
            said,
            declarations,
        })
    }

    /// The sources, compiled. A policy that is not accepted as one rule is taken apart, and refused if that does not help.
    fn draft(&self, purpose: Purpose) -> Result<(Draft, Program), Vec<Refusal>> {
        let mut apart = BTreeSet::new();
        loop {
            let draft = self.write(purpose, &apart)?;
            let mut sources = Sources::new();
            let mut last = None;
            for source in &draft.sources {
                last = Some(sources.add(&source.name, &source.text));
            }
            let settings = Settings {
                lints: Levels::all(Level::Allow),
                ..Settings::default()
            };
            let (program, diagnostics) = compile_with(&sources, &settings);
            if let Some(program) = program {
                return Ok((draft, program));
            }
            let errors: Vec<&Diagnostic> = diagnostics
                .iter()
                .filter(|diagnostic| diagnostic.severity == Severity::Error)
                .collect();
            let mut refusals = Vec::new();
            let mut again = false;
            for error in errors {
                let at = (Some(error.span.source) == last).then_some(error.span.start as usize);
                let found = at.and_then(|at| draft.ranges.iter().position(|range| range.contains(&at)));
                match found.and_then(|number| Some((number, self.cedar.policies.get(number)?))) {
                    Some((number, _)) if apart.insert(number) => again = true,
                    Some((_, policy)) => refusals.push(self.not_accepted(policy, error)),
                    None => {
                        let message = format!("what the schema becomes is not accepted: {}", error.message);
                        refusals.push(Refusal::at_start(&self.input.schema, message));
                    }
                }
            }
            if !again {
                refusals.sort();
                refusals.dedup();
                return Err(refusals);
            }
        }
    }

    fn not_accepted(&self, policy: &Policy, error: &Diagnostic) -> Refusal {
        let message = format!("what it becomes in Dictum is not accepted: {}", error.message);
        let start = policy.template.loc().map(cedar_policy_core::parser::Loc::start);
        let text = self.input.policies.get(policy.file).unwrap_or(&self.input.schema);
        match start {
            Some(start) => Refusal::at(text, start, message),
            None => Refusal::at_start(text, message),
        }
        .with_policy(&policy.id)
    }

    /// The package as a program that is undefined exactly where Cedar errs, or one that decides as Cedar does; with the
    /// policy of each label.
    pub(super) fn compile(&self, purpose: Purpose) -> Result<(Program, LabelPolicies), Vec<Refusal>> {
        let (draft, program) = self.draft(purpose)?;
        Ok((program, draft.labels))
    }

    fn write(&self, purpose: Purpose, apart: &BTreeSet<usize>) -> Result<Draft, Vec<Refusal>> {
        let rules = Rules {
            schema: &self.cedar.schema,
            names: &self.names,
            uses: RefCell::new(BTreeSet::new()),
            action_values: RefCell::new(BTreeSet::new()),
            purpose,
        };
        let mut labels = Labels::new(&self.cedar.policies);
        let mut said = self.said.clone();
        let mut refusals = Vec::new();
        let mut written: Vec<Written> = Vec::new();
        for (number, policy) in self.cedar.policies.iter().enumerate() {
            let (Some(source), Some(numbered)) =
                (self.input.policies.get(policy.file), self.numbered.get(number))
            else {
                continue;
            };
            let way = if apart.contains(&number) {
                Way::Apart
            } else {
                Way::Whole
            };
            let none = Said::new();
            let own = said.get(policy.file).map_or(&none, |(said, _)| said);
            let own = within(own, policy, source);
            let found = rules.write(
                source,
                policy,
                numbered,
                &|rule| labels.label(number, rule),
                way,
                &own,
            );
            // A template's comments are told once, with the first link.
            if let Some((said, _)) = said.get_mut(policy.file) {
                said.retain(|at, _| !own.contains_key(at));
            }
            match found {
                Ok(found) => {
                    labels.take(&found.labels);
                    written.push(found);
                }
                Err(refusal) => refusals.push(refusal),
            }
        }
        if !refusals.is_empty() {
            return Err(refusals);
        }
        let mut text = String::new();
        for module in rules.uses.borrow().iter() {
            let path: Vec<String> = module.iter().map(|part| text::name(part)).collect();
            text.push_str(&format!("use {}\n", path.join(".")));
        }
        if !text.is_empty() {
            text.push('\n');
        }
        let mut ranges = Vec::new();
        let mut all = Vec::new();
        for (policy, written) in self.cedar.policies.iter().zip(written) {
            let start = text.len();
            text.push_str(&written.text);
            ranges.push(start..text.len());
            all.extend(written.labels.into_iter().map(|label| (label, policy.id.clone())));
        }
        for (file, start, template) in &self.cedar.unlinked {
            let comments = said.get_mut(*file).zip(*start);
            let comments = comments.and_then(|((said, _), start)| said.remove(&start));
            let comments = comments.into_iter().flatten();
            comments.for_each(|comment| text.push_str(&text::comments(&comment)));
            text.push_str(&text::comments(&format!(
                "A template that nothing is linked to:\n{template}"
            )));
            text.push('\n');
        }
        for (said, rest) in &said {
            let comments = said.values().flatten().chain(rest);
            comments.for_each(|comment| text.push_str(&text::comments(comment)));
        }
        let declarations = self.declarations.iter().map(|(module, declared)| {
            let mut declared = declared.clone();
            let has_values = rules.action_values.borrow().contains(module);
            if has_values && !self.names.has_actions(module) {
                declared
                    .text
                    .push_str(&action_entities(&self.cedar.fragment, module));
            }
            declared
        });
        let mut sources: Vec<Text> = declarations.collect();
        sources.push(Text::new("policies.dictum", text));
        Ok(Draft {
            sources,
            labels: all,
            ranges,
        })
    }
}

/// The comments in a policy's own text.
fn within(said: &Said, policy: &Policy, source: &Text) -> Said {
    let Some(loc) = policy.template.loc() else {
        return Said::new();
    };
    let end = loc.end().min(source.text.len());
    said.range(loc.start()..end.max(loc.start() + 1))
        .map(|(at, said)| (*at, said.clone()))
        .collect()
}

/// Labels for rules: the value of `@id` where it is one policy's alone, else the policy's id.
struct Labels {
    /// For each policy.
    labels: Vec<String>,
    taken: BTreeSet<String>,
}

impl Labels {
    fn new(policies: &[Policy]) -> Self {
        let mut wanted: BTreeMap<String, usize> = BTreeMap::new();
        for policy in policies.iter().filter(|policy| policy.link.is_none()) {
            if let Some(id) = annotated_id(&policy.template) {
                *wanted.entry(id).or_default() += 1;
            }
        }
        let ids: BTreeSet<&str> = policies.iter().map(|policy| policy.id.as_str()).collect();
        let labels = policies.iter().map(|policy| {
            let annotated = annotated_id(&policy.template).filter(|id| {
                policy.link.is_none()
                    && wanted.get(id) == Some(&1)
                    && (*id == policy.id || !ids.contains(id.as_str()))
            });
            annotated.unwrap_or_else(|| policy.id.clone())
        });
        let labels: Vec<String> = labels.collect();
        Self {
            taken: labels.iter().cloned().collect(),
            labels,
        }
    }

    /// The label of one of the rules that a policy becomes.
    fn label(&self, policy: usize, rule: usize) -> String {
        let label = self.labels.get(policy).cloned().unwrap_or_default();
        if rule == 0 {
            return label;
        }
        let mut numbered = format!("{label}_{}", rule + 1);
        while self.taken.contains(&numbered) {
            numbered.push('_');
        }
        numbered
    }

    fn take(&mut self, labels: &[String]) {
        self.taken.extend(labels.iter().cloned());
    }
}

fn told(diagnostics: &[Diagnostic]) -> String {
    let messages: Vec<&str> = diagnostics
        .iter()
        .map(|diagnostic| diagnostic.message.as_str())
        .collect();
    messages.join("; ")
}

fn manifest(input: &Input) -> String {
    // Without a list of sources, whatever is written beside them counts too.
    let mut out = format!("[package]\nname = \"{}\"\n", input.name);
    if input.entities.is_some() {
        out.push_str(&format!("data = [\"{DATA}\"]\n"));
    }
    // Decisions name rules by their labels, as Cedar's name policies by their ids.
    out.push_str("\n[lints]\nlabel_case = \"allow\" # labels are ids of Cedar's policies\n");
    out
}
