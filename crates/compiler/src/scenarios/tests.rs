//! Tests: trees to requests, and to the decisions and rules that are expected.

use std::collections::{BTreeMap, BTreeSet};

use dictum_artifact::dag::{Effect, RuleId};
use dictum_artifact::data::{Request, RequestFault, find_shape};
use dictum_artifact::schema::{ActionId, EntityTypeId, Field, Fields, RecordId, ShapeId};
use dictum_artifact::value::{Value, quote};
use dictum_syntax::ast::{DeclarationKind, File, Ident, TestDecl};
use dictum_syntax::diagnostic::{Diagnostic, Severity};
use dictum_syntax::source::{Sources, Span};
use rustc_hash::FxHashMap;

use super::tables::{self, Case as TestCase};
use super::{fixtures, values};
use crate::check::{Findings, Given, lacking, list, missing_fields, misspelt};
use crate::codes;
use crate::declare::Declared;
use crate::program::{Case, ExpectedObligation, Fixture, Rule, Test};

/// What tests are checked against.
pub(super) struct Suite<'s, 'a, 'd> {
    declared: &'s mut Declared<'a>,
    diagnostics: &'d mut Vec<Diagnostic>,
    sources: &'s Sources,
    rules: &'s [Rule],
    fixtures: BTreeMap<String, usize>,
    /// The names of roles and rules, with the rule where there is one.
    labels: BTreeMap<&'s str, Option<RuleId>>,
    /// The labels of invariants.
    invariants: BTreeMap<&'s str, Span>,
    /// The tests so far.
    names: BTreeMap<&'s str, Span>,
    /// Whether a rule may be without cases because something in it is wrong.
    is_uncertain: bool,
    /// The context fields that cases of the test at hand lack, with the first such case.
    missing: Vec<(Field, Span)>,
}

/// The context that the cases of a test share, by the context records of their actions.
type Shared = FxHashMap<RecordId, Vec<Given<Value>>>;

impl<'s, 'a, 'd> Suite<'s, 'a, 'd> {
    pub(super) fn new(
        sources: &'s Sources,
        files: &'s [File],
        declared: &'s mut Declared<'a>,
        rules: &'s [Rule],
        fixtures: &[Fixture],
        diagnostics: &'d mut Vec<Diagnostic>,
    ) -> Self {
        let mut named = BTreeMap::new();
        for (at, fixture) in fixtures.iter().enumerate() {
            named.entry(fixture.name.clone()).or_insert(at);
        }
        let mut labels: BTreeMap<&str, Option<RuleId>> = BTreeMap::new();
        for declaration in files.iter().flat_map(|file| &file.declarations) {
            let label = match &declaration.kind {
                DeclarationKind::Role(decl) => Some(&decl.name),
                DeclarationKind::Rule(decl) => decl.label.as_ref(),
                DeclarationKind::Exclusive(decl) => decl.label.as_ref(),
                DeclarationKind::Module(_)
                | DeclarationKind::Use(_)
                | DeclarationKind::Principals(_)
                | DeclarationKind::Obligation(_)
                | DeclarationKind::Function(_)
                | DeclarationKind::Const(_)
                | DeclarationKind::Invariant(_)
                | DeclarationKind::Entity(_)
                | DeclarationKind::Enum(_)
                | DeclarationKind::Type(_)
                | DeclarationKind::Context(_)
                | DeclarationKind::Action(_)
                | DeclarationKind::Fixture(_)
                | DeclarationKind::Test(_) => None,
            };
            labels.extend(label.map(|label| (label.name.as_str(), None)));
        }
        for (id, rule) in (0u32..).map(RuleId).zip(rules) {
            if let Some(label @ None) = labels.get_mut(rule.info.label.as_str()) {
                *label = Some(id);
            }
        }
        let invariants = files
            .iter()
            .flat_map(|file| &file.declarations)
            .filter_map(|declaration| match &declaration.kind {
                DeclarationKind::Invariant(decl) => decl.label.as_ref(),
                _ => None,
            })
            .map(|label| (label.name.as_str(), label.span))
            .collect();
        let is_uncertain = declared.incomplete || diagnostics.iter().any(|d| d.severity == Severity::Error);
        Self {
            declared,
            diagnostics,
            sources,
            rules,
            fixtures: named,
            labels,
            invariants,
            names: BTreeMap::new(),
            is_uncertain,
            missing: Vec::new(),
        }
    }

    pub(super) fn check(&mut self, decl: &'s TestDecl) -> Test {
        let name = &decl.name;
        match self.names.get(name.value.as_str()) {
            Some(before) => self.diagnostics.push(
                Diagnostic::error(
                    codes::DUPLICATE_NAME,
                    name.span,
                    format!("the test {} is declared twice", quote(&name.value)),
                )
                .with_related(*before, "first declared here"),
            ),
            None => drop(self.names.insert(&name.value, name.span)),
        }
        let fixture = decl.using.as_ref().and_then(|using| self.fixture(using));
        let mut findings = Findings::default();
        let mut shared = Shared::default();
        let mut cases = Vec::new();
        let mut used: BTreeSet<RecordId> = BTreeSet::new();
        let written = tables::cases(self.sources, decl, self.diagnostics);
        let is_alone = written.len() == 1;
        for case in &written {
            let request = self.request(&mut findings, decl, case, is_alone, &mut shared);
            used.extend(request.record);
            let by = self.by(case, request.shape);
            let with = self.with(&mut findings, case);
            if let (Some(request), Some(by), Some(with)) = (request.request, by, with) {
                cases.push(Case {
                    span: case.written.span,
                    request,
                    allow: case.written.allow,
                    by,
                    with,
                    variables: case.variables.clone(),
                });
            }
        }
        self.missing(decl);
        self.unused_context(&mut findings, decl, &used, is_alone);
        findings.finish(self.diagnostics);
        Test {
            name: name.value.clone(),
            span: name.span,
            fixture,
            cases,
        }
    }

    fn fixture(&mut self, using: &Ident) -> Option<usize> {
        let found = self.fixtures.get(&using.name).copied();
        if found.is_none() {
            let known = self.fixtures.keys().map(String::as_str);
            self.declared.unknown(using, "fixture", known, self.diagnostics);
        }
        found
    }

    fn request(
        &mut self,
        findings: &mut Findings,
        decl: &TestDecl,
        case: &TestCase<'_>,
        is_alone: bool,
        shared: &mut Shared,
    ) -> Checked {
        let mut checked = Checked::default();
        let principal = fixtures::uid(self.declared, &case.principal, self.diagnostics);
        let resource = fixtures::uid(self.declared, &case.resource, self.diagnostics);
        let Some((action, record)) = self.action(&case.written.action) else {
            return checked;
        };
        checked.record = Some(record);
        let context = self.context(findings, decl, case, record, is_alone, shared);
        let (Some(principal), Some(resource)) = (principal, resource) else {
            return checked;
        };
        checked.shape = self.shape(case, principal.ty, action, resource.ty);
        if let (Some(context), Some(_)) = (context, checked.shape) {
            checked.request = Some(Request {
                principal,
                action,
                resource,
                context,
                principal_attributes: Vec::new(),
                resource_attributes: Vec::new(),
            });
        }
        checked
    }

    /// The action of a request, with the record of its context.
    fn action(&mut self, name: &Ident) -> Option<(ActionId, RecordId)> {
        let schema = &self.declared.schema;
        let Some(action) = schema.find_action(&name.name) else {
            let known = schema.actions.iter().map(|def| def.name.as_str());
            self.declared.unknown(name, "action", known, self.diagnostics);
            return None;
        };
        if let Some(record) = schema.action(action)?.context {
            return Some((action, record));
        }
        let members = self
            .declared
            .members
            .get(action.index())
            .map_or(&[][..], |members| members);
        let members = members
            .iter()
            .filter_map(|member| schema.action(*member))
            .map(|def| def.name.as_str());
        let mut diagnostic = Diagnostic::error(
            codes::NOT_A_GROUP,
            name.span,
            format!(
                "`{}` is a group of actions, and a request is for one action",
                name.name
            ),
        );
        let members = list(members);
        if !members.is_empty() {
            diagnostic = diagnostic.with_help(format!("its actions are {members}"));
        }
        self.diagnostics.push(diagnostic);
        None
    }

    fn shape(
        &mut self,
        case: &TestCase<'_>,
        principal: EntityTypeId,
        action: ActionId,
        resource: EntityTypeId,
    ) -> Option<ShapeId> {
        let fault = match find_shape(&self.declared.schema, principal, action, resource) {
            Ok(shape) => return Some(shape),
            // The types that could not be resolved may be these.
            Err(_) if self.declared.incomplete => return None,
            Err(fault) => fault,
        };
        let (span, message, help) = match &fault {
            RequestFault::Principal {
                action,
                found,
                expected,
            } => (
                case.principal.span,
                format!("`{action}` is not for principals of type `{found}`"),
                Some(format!("it is for {}", list(expected))),
            ),
            RequestFault::Resource {
                action,
                principal,
                found,
                expected,
            } => (
                case.resource.span,
                format!("`{action}` by a `{principal}` does not apply to resources of type `{found}`"),
                Some(format!("it applies to {}", list(expected))),
            ),
            RequestFault::UnknownAction
            | RequestFault::Group { .. }
            | RequestFault::Value(_)
            | RequestFault::Conflict { .. } => (case.written.action.span, fault.to_string(), None),
        };
        let mut diagnostic = Diagnostic::error(codes::TEST_REQUEST, span, message);
        diagnostic.help = help;
        // What a table's value is not for is said once, for the first of its cases.
        if !self
            .diagnostics
            .iter()
            .any(|before| before.code == codes::TEST_REQUEST && before.span == span)
        {
            self.diagnostics.push(diagnostic);
        }
        None
    }

    /// The context of a case: what `given` changes, over what the test's cases share.
    fn context(
        &mut self,
        findings: &mut Findings,
        decl: &TestDecl,
        case: &TestCase<'_>,
        record: RecordId,
        is_alone: bool,
        shared: &mut Shared,
    ) -> Option<Vec<Option<Value>>> {
        const WHAT: &str = "context field";
        let fields = self.declared.schema.record(record)?.clone();
        let given = values(self.declared, findings, &case.given, &fields, WHAT, |_| false);
        let empty = Vec::new();
        let written = decl.context.as_ref().map_or(&empty, |(_, written)| written);
        let base = match shared.entry(record) {
            std::collections::hash_map::Entry::Occupied(base) => base.into_mut(),
            std::collections::hash_map::Entry::Vacant(new) => {
                // What only other actions' requests carry is for the other cases.
                let others: BTreeSet<String> = if is_alone {
                    BTreeSet::new()
                } else {
                    self.declared.context_fields.keys().cloned().collect()
                };
                let values = values(self.declared, findings, written, &fields, WHAT, |name| {
                    others.contains(name)
                });
                new.insert(values)
            }
        };
        let mut complete = true;
        let mut context = Vec::with_capacity(fields.len());
        for ((field, given), base) in fields.iter().zip(given).zip(base.iter()) {
            let value = if matches!(given, Given::Missing) {
                base.clone()
            } else {
                given
            };
            match &value {
                Given::Missing if !field.optional => {
                    let known = self.missing.iter().any(|(missing, _)| missing.name == field.name);
                    if !known
                        && !misspelt(self.declared, field, written, &fields)
                        && !misspelt(self.declared, field, &case.given, &fields)
                    {
                        self.missing.push((field.clone(), case.written.span));
                    }
                    complete = false;
                }
                Given::Wrong => complete = false,
                Given::Missing | Given::Value(_) => {}
            }
            context.push(value.into_value());
        }
        complete.then_some(context)
    }

    /// Reports what cases of a test lack of their contexts: one mend is for all of them.
    fn missing(&mut self, decl: &TestDecl) {
        let missing = std::mem::take(&mut self.missing);
        let Some((_, first)) = missing.first() else { return };
        let place = decl.context.as_ref().map_or(*first, |(braces, _)| *braces);
        let fields: Vec<&Field> = missing.iter().map(|(field, _)| field).collect();
        let mut diagnostic = missing_fields(self.declared, &fields, "context field", place);
        if let (Some(diagnostic), None) = (&mut diagnostic, &decl.context) {
            let names: Vec<String> = fields.iter().map(|field| format!("{}: …", field.name)).collect();
            diagnostic.help = Some(format!(
                "start the test with `context {{ {} }}`",
                names.join(", ")
            ));
        }
        self.diagnostics.extend(diagnostic);
    }

    /// Checks the fields of the shared context that no case's action has.
    fn unused_context(
        &mut self,
        findings: &mut Findings,
        decl: &TestDecl,
        used: &BTreeSet<RecordId>,
        is_alone: bool,
    ) {
        let Some((_, written)) = &decl.context else { return };
        let known = self.declared.context_fields.iter();
        let fields = Fields(
            known
                .map(|(name, ty)| Field {
                    name: name.clone(),
                    ty: *ty,
                    optional: true,
                    most: None,
                })
                .collect(),
        );
        let of_cases = |name: &str| {
            let records = used
                .iter()
                .filter_map(|record| self.declared.schema.record(*record));
            records.into_iter().any(|fields| fields.position(name).is_some())
        };
        let left: Vec<_> = written
            .iter()
            .filter(|(name, _)| {
                // Of an unknown name, the cases have told already.
                !of_cases(&name.name) && (used.is_empty() || fields.position(&name.name).is_some())
            })
            .cloned()
            .collect();
        if !is_alone {
            values(self.declared, findings, &left, &fields, "context field", |_| {
                false
            });
        }
    }

    /// The obligations that must be among those of the decision.
    fn with(&mut self, findings: &mut Findings, case: &TestCase<'_>) -> Option<Vec<ExpectedObligation>> {
        let mut expected = Vec::new();
        let mut complete = true;
        for (with, fields) in case.written.with.iter().zip(&case.with) {
            let schema = &self.declared.schema;
            let found = schema.find_obligation(&with.name.name);
            let record = found
                .and_then(|obligation| schema.obligation(obligation))
                .and_then(|def| schema.record(def.record))
                .cloned();
            let (Some(obligation), Some(declared_fields)) = (found, record) else {
                let known = schema.obligations.iter().map(|def| def.name.as_str());
                self.declared
                    .unknown(&with.name, "obligation", known, self.diagnostics);
                complete = false;
                continue;
            };
            let Some(fields) = fields else {
                expected.push(ExpectedObligation {
                    obligation,
                    fields: None,
                });
                continue;
            };
            let given = values(self.declared, findings, fields, &declared_fields, "field", |_| {
                false
            });
            let missing = lacking(self.declared, &declared_fields, &given, fields);
            let error = missing_fields(self.declared, &missing, "field", with.name.span);
            let is_wrong = |(field, value): (&Field, &Given<Value>)| match value {
                Given::Missing => !field.optional,
                Given::Wrong => true,
                Given::Value(_) => false,
            };
            complete &= !declared_fields.iter().zip(&given).any(is_wrong);
            self.diagnostics.extend(error);
            expected.push(ExpectedObligation {
                obligation,
                fields: Some(given.into_iter().map(Given::into_value).collect()),
            });
        }
        complete.then_some(expected)
    }

    /// The rules that must be among the deciding ones.
    fn by(&mut self, case: &TestCase<'_>, shape: Option<ShapeId>) -> Option<Vec<RuleId>> {
        let mut by = Vec::new();
        for name in &case.written.by {
            let Some(rule) = self.labels.get(name.name.as_str()).copied() else {
                match self.invariants.get(name.name.as_str()) {
                    Some(place) => {
                        let message = format!("`{}` is an invariant, which decides nothing", name.name);
                        let error = Diagnostic::error(codes::WRONG_KIND_OF_NAME, name.span, message)
                            .with_related(*place, "declared here")
                            .with_help("leave `by` out, or name the rule that decides");
                        self.diagnostics.push(error);
                    }
                    None => {
                        let known = self.labels.keys().copied();
                        self.declared
                            .unknown(name, "rule or role", known, self.diagnostics);
                    }
                }
                continue;
            };
            if let Some(diagnostic) = self.never_decides(case, name, rule, shape) {
                self.diagnostics.push(diagnostic);
            }
            by.extend(rule);
        }
        (by.len() == case.written.by.len()).then_some(by)
    }

    /// Why a rule cannot decide a case as expected.
    fn never_decides(
        &self,
        case: &TestCase<'_>,
        name: &Ident,
        rule: Option<RuleId>,
        shape: Option<ShapeId>,
    ) -> Option<Diagnostic> {
        let error = |message: String| Diagnostic::error(codes::NEVER_HOLDS, name.span, message);
        let Some(rule) = rule.and_then(|id| self.rules.get(id.0 as usize)) else {
            return Some(
                error(format!(
                    "the role `{}` lists no actions, so it never decides",
                    name.name
                ))
                .with_help(
                    "name the role that lists the action: a role that includes it has its permissions",
                ),
            );
        };
        match (case.written.allow, rule.info.effect) {
            (true, Effect::Permit) | (false, Effect::Forbid) => {}
            (true, Effect::Forbid) => {
                return Some(error(format!(
                    "`{}` forbids, so nothing is ever allowed by it",
                    name.name
                )));
            }
            (false, Effect::Permit) => {
                return Some(
                    error(format!(
                        "`{}` permits, so nothing is ever denied by it",
                        name.name
                    ))
                    .with_help("leave `by` out where no rule permits: that is denied by default"),
                );
            }
        }
        if rule.case(shape?).is_none() && !self.is_uncertain {
            return Some(error(format!(
                "`{}` never fires for `{}` by a `{}` on a `{}`",
                name.name, case.written.action.name, case.principal.ty.name, case.resource.ty.name
            )));
        }
        None
    }
}

/// A request, as far as it is right.
#[derive(Default)]
struct Checked {
    request: Option<Request>,
    /// The record of the action's context.
    record: Option<RecordId>,
    shape: Option<ShapeId>,
}
