//! Rules and role bodies to heads and conditions, typed once for each request shape that they can apply to.
//!
//! A head that fits a shape by its types alone is `true` there. Whether a principal holds a role can be undefined, so a role
//! that is the WHO of a rule is a part of the condition.

mod exclusive;
mod heads;
mod held;

use dictum_artifact::dag::{self, Effect, Position};
use dictum_artifact::expr::ExprId;
use dictum_artifact::schema::{ActionId, RoleId, Shape, ShapeId};
use dictum_syntax::ast::{self, Declaration, DeclarationKind, File, InvariantDecl, RoleDecl, RuleDecl};
use dictum_syntax::diagnostic::Diagnostic;
use dictum_syntax::source::{Sources, Span};
use rustc_hash::FxHashMap;

use crate::check::{self, Environment, Findings};
use crate::codes;
use crate::declare::Declared;
use crate::limits;
use crate::lint;
use crate::program::{Conditions, Exclusive, Invariant, Rule, RuleCase};
use held::Roles;

/// The rules, role bodies included, the invariants, and the roles that are held apart.
pub(crate) type Checked = (Vec<Rule>, Vec<Invariant>, Vec<Exclusive>);

/// Checks all rules, role bodies and invariants. They come in the order of the source; one with errors has fewer cases.
pub(crate) fn check<'a>(
    sources: &Sources,
    files: &'a [File],
    declared: &mut Declared<'a>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Checked {
    let mut by_action: Vec<Vec<ShapeId>> = vec![Vec::new(); declared.schema.actions.len()];
    let mut by_resource: Vec<Vec<ShapeId>> = vec![Vec::new(); declared.schema.entity_types.len()];
    for (id, shape) in (0u32..).map(ShapeId).zip(&declared.schema.shapes) {
        by_action[shape.action.index()].push(id);
        by_resource[shape.resource.index()].push(id);
    }
    let roles = Roles::new(declared);
    let mut checker = Checker {
        sources,
        declared,
        diagnostics,
        by_action,
        by_resource,
        roles,
        exclusives: Vec::new(),
    };
    let (mut rules, mut invariants) = (Vec::new(), Vec::new());
    let mut cases = 0;
    for declaration in files.iter().flat_map(|file| &file.declarations) {
        // Each case has a test at least: the limit is passed, and reported below.
        if cases > limits::MAX_TESTS || checker.declared.exhausted {
            break;
        }
        let before = rules.len();
        match &declaration.kind {
            DeclarationKind::Role(decl) => rules.extend(checker.role(declaration, decl)),
            DeclarationKind::Rule(decl) => rules.push(checker.rule(declaration, decl)),
            DeclarationKind::Exclusive(decl) => rules.extend(checker.exclusive(declaration, decl)),
            DeclarationKind::Invariant(decl) => invariants.push(checker.invariant(decl)),
            DeclarationKind::Module(_)
            | DeclarationKind::Use(_)
            | DeclarationKind::Principals(_)
            | DeclarationKind::Obligation(_)
            | DeclarationKind::Function(_)
            | DeclarationKind::Const(_)
            | DeclarationKind::Entity(_)
            | DeclarationKind::Enum(_)
            | DeclarationKind::Type(_)
            | DeclarationKind::Context(_)
            | DeclarationKind::Action(_)
            | DeclarationKind::Fixture(_)
            | DeclarationKind::Test(_) => {}
        }
        cases += rules
            .iter()
            .skip(before)
            .map(|rule: &Rule| rule.cases.len())
            .sum::<usize>();
    }
    let Checker {
        declared,
        diagnostics,
        roles,
        exclusives,
        ..
    } = checker;
    roles.finish(declared, diagnostics);
    limits::check_rules(declared.exprs.as_exprs(), &rules, diagnostics);
    (rules, invariants, exclusives)
}

struct Checker<'c, 'a> {
    sources: &'c Sources,
    declared: &'c mut Declared<'a>,
    diagnostics: &'c mut Vec<Diagnostic>,
    /// The shapes of each action, by [`ActionId`].
    by_action: Vec<Vec<ShapeId>>,
    /// The shapes of each type of resources, by [`dictum_artifact::schema::EntityTypeId`].
    by_resource: Vec<Vec<ShapeId>>,
    roles: Roles,
    exclusives: Vec<Exclusive>,
}

impl Checker<'_, '_> {
    /// The rule that a role's body is; none where it lists no action, or another role has the name.
    fn role(&mut self, declaration: &Declaration, decl: &RoleDecl) -> Option<Rule> {
        let role = self.roles.declared(self.declared, decl)?;
        if decl.actions.is_empty() {
            return None;
        }
        let types = self.declared.schema.role(role)?.on.clone();
        let mut shapes: Vec<ShapeId> = Vec::new();
        for (name, actions) in self.actions(&decl.actions) {
            let on = |shape: &ShapeId| types.binary_search(&self.shape(*shape).resource).is_ok();
            let before = shapes.len();
            shapes.extend(self.shapes_of(&actions).filter(on));
            if shapes.len() == before && !self.declared.incomplete {
                let diagnostic = self.applies_to_none(name, &actions, &decl.name.name);
                self.diagnostics.push(diagnostic);
            }
        }
        shapes.sort_unstable();
        shapes.dedup();
        let mut cases = Vec::new();
        for shape in shapes {
            if let Some(holder) = self.roles.holds(self.declared, role, shape) {
                cases.extend(self.unconditional(shape, holder));
            }
        }
        let info = self.info(
            declaration,
            decl.name.span,
            decl.name.name.clone(),
            Effect::Permit,
        );
        Some(Rule {
            info: dag::Rule {
                role: Some(role),
                ..info
            },
            span: decl.name.span,
            clauses: Vec::new(),
            cases,
            conditions: vec![self.no_conditions()],
        })
    }

    fn rule(&mut self, declaration: &Declaration, decl: &RuleDecl) -> Rule {
        let (cases, conditions) = match self.fitting(&decl.head, decl.keyword) {
            Some(heads) => {
                let lets_in = decl.effect == ast::Effect::Permit;
                self.cases(&decl.clauses, &decl.obligations, lets_in, heads)
            }
            None => (Vec::new(), Vec::new()),
        };
        let place = decl.label.as_ref().map_or(decl.keyword, |label| label.span);
        let label = self.label(decl.label.as_ref(), decl.keyword);
        let effect = match decl.effect {
            ast::Effect::Permit => Effect::Permit,
            ast::Effect::Forbid => Effect::Forbid,
        };
        let info = self.info(declaration, place, label, effect);
        let reason = decl.because.as_ref().map(|text| text.value.clone());
        let clauses = decl.clauses.iter().map(|clause| self.clause(clause)).collect();
        Rule {
            info: dag::Rule {
                reason,
                clauses,
                ..info
            },
            span: place,
            clauses: decl.clauses.iter().map(|clause| clause.condition.span).collect(),
            cases,
            conditions,
        }
    }

    fn invariant(&mut self, decl: &InvariantDecl) -> Invariant {
        let (cases, _) = match self.fitting(&decl.head, decl.keyword) {
            Some(heads) => self.cases(&decl.clauses, &[], false, heads),
            None => (Vec::new(), Vec::new()),
        };
        Invariant {
            label: self.label(decl.label.as_ref(), decl.keyword),
            always: decl.always,
            span: decl.label.as_ref().map_or(decl.keyword, |label| label.span),
            cases,
        }
    }

    /// The label; where there is none, the place.
    fn label(&self, label: Option<&ast::Ident>, keyword: Span) -> String {
        label.map_or_else(
            || {
                let (line, _) = self.sources.line_column(keyword);
                format!("{}:{line}", self.sources.get(keyword.source).name)
            },
            |label| label.name.clone(),
        )
    }

    /// A clause as it was written.
    fn clause(&self, clause: &ast::Clause) -> dag::Clause {
        dag::Clause {
            unless: clause.unless,
            text: self.sources.text(clause.condition.span).to_owned(),
            position: self.position(clause.condition.span),
        }
    }

    fn position(&self, span: Span) -> Position {
        let (line, column) = self.sources.line_column(span);
        Position {
            file: span.source.0,
            line,
            column,
        }
    }

    /// The conditions of what has no clauses.
    fn no_conditions(&mut self) -> Conditions {
        let yes = self.declared.exprs.bool(true);
        Conditions {
            whole: yes,
            clauses: Vec::new(),
            obligations: Vec::new(),
            defined: yes,
        }
    }

    /// The case of a shape in which only the holder is left to ask, unless it is known never to fire. Its conditions are the
    /// rule's first ones.
    fn unconditional(&mut self, shape: ShapeId, holder: ExprId) -> Option<RuleCase> {
        let head = self.declared.exprs.bool(true);
        let case = RuleCase {
            shape,
            head,
            holder,
            condition: holder,
            conditions: 0,
        };
        self.can_fire(&case).then_some(case)
    }

    /// The rule in the shapes that its head fits: with its conditions, where they can hold.
    fn cases(
        &mut self,
        clauses: &[ast::Clause],
        obligations: &[ast::With],
        lets_in: bool,
        heads: Vec<heads::Fit>,
    ) -> (Vec<RuleCase>, Vec<Conditions>) {
        let clauses: Vec<(&ast::Expr, bool)> = clauses
            .iter()
            .map(|clause| (&clause.condition, clause.unless))
            .collect();
        let fields = obligations.iter().flat_map(|with| &with.fields).flatten();
        let asks = clauses
            .iter()
            .map(|(condition, _)| *condition)
            .chain(fields.map(|(_, value)| value))
            .any(check::asks_for_action);
        let mut findings = Findings::default();
        let mut known: FxHashMap<Environment, Option<usize>> = FxHashMap::default();
        let (mut cases, mut conditions) = (Vec::new(), Vec::new());
        for heads::Fit { shape, head, holder } in heads {
            let Some(environment) = environment(self.declared, shape, asks) else {
                continue;
            };
            let declared = &mut *self.declared;
            let typed = *known.entry(environment).or_insert_with(|| {
                let checked = check::condition(
                    declared,
                    &mut findings,
                    environment,
                    &clauses,
                    obligations,
                    lets_in,
                )?;
                conditions.push(checked);
                Some(conditions.len() - 1)
            });
            let Some(typed) = typed else { continue };
            let whole = conditions[typed].whole;
            let condition = self.declared.exprs.and_simplified([holder, whole]);
            let case = RuleCase {
                shape,
                head,
                holder,
                condition,
                conditions: typed,
            };
            if self.can_fire(&case) {
                cases.push(case);
            }
        }
        findings.finish(self.diagnostics);
        (cases, conditions)
    }

    /// Whether a case is not known never to fire.
    fn can_fire(&self, case: &RuleCase) -> bool {
        let known_false = |id| self.declared.exprs.known(id) == Some(false);
        !known_false(case.head) && !known_false(case.condition)
    }

    fn info(&self, declaration: &Declaration, place: Span, label: String, effect: Effect) -> dag::Rule {
        let annotation = |annotation: &ast::Annotation| {
            let text = annotation
                .text
                .as_ref()
                .map_or_else(String::new, |text| text.value.clone());
            (annotation.name.name.clone(), text)
        };
        dag::Rule {
            label,
            effect,
            role: None,
            reason: None,
            docs: (!declaration.docs.is_empty()).then(|| declaration.docs.join("\n")),
            // What is said to the checker is not for whoever reads decisions.
            annotations: declaration
                .annotations
                .iter()
                .filter(|annotation| annotation.name.name != lint::ALLOW)
                .map(annotation)
                .collect(),
            clauses: Vec::new(),
            position: self.position(place),
        }
    }

    fn shape(&self, id: ShapeId) -> Shape {
        self.declared.schema.shapes[id.index()]
    }

    fn shapes_of<'s>(&'s self, actions: &'s [ActionId]) -> impl Iterator<Item = ShapeId> + 's {
        actions
            .iter()
            .flat_map(|action| self.by_action[action.index()].iter().copied())
    }

    /// The actions that each name stands for; names that stand for none are reported and left out.
    fn actions<'n>(&mut self, names: &'n [ast::Ident]) -> Vec<(&'n ast::Ident, Vec<ActionId>)> {
        let mut found = Vec::new();
        for name in names {
            match self.declared.schema.find_action(&name.name) {
                Some(id) => found.push((name, self.declared.members[id.index()].clone())),
                None => {
                    let known = self.declared.schema.actions.iter().map(|def| def.name.as_str());
                    self.declared.unknown(name, "action", known, self.diagnostics);
                    self.declared.incomplete = true;
                }
            }
        }
        found
    }

    fn applies_to_none(&self, name: &ast::Ident, actions: &[ActionId], role: &str) -> Diagnostic {
        if actions.is_empty() {
            return Diagnostic::error(
                codes::ROLE_ACTION,
                name.span,
                format!("the action group `{}` has no actions", name.name),
            )
            .with_help(format!(
                "declare one with `action … in {} by … on …`",
                crate::declare::written(&name.name)
            ));
        }
        let message = format!(
            "`{}` applies to none of the types that the role `{role}` is on",
            name.name
        );
        Diagnostic::error(codes::ROLE_ACTION, name.span, message).with_help(format!(
            "`{}` is declared on {}",
            name.name,
            self.resource_types(actions)
        ))
    }

    /// "`Document` and `Folder`": what actions are declared on.
    fn resource_types(&self, actions: &[ActionId]) -> String {
        let mut types: Vec<_> = self
            .shapes_of(actions)
            .map(|shape| self.shape(shape).resource)
            .collect();
        types.sort_unstable();
        types.dedup();
        let defs = types
            .iter()
            .filter_map(|ty| self.declared.schema.entity_type(*ty));
        check::list(defs.map(|def| &def.name))
    }
}

/// What is known of the requests of a shape; the action only where the condition asks for it, so that conditions
/// that do not are checked once for all actions.
fn environment(declared: &Declared<'_>, shape: ShapeId, asks_for_action: bool) -> Option<Environment> {
    let shape = declared.schema.shapes[shape.index()];
    Some(Environment {
        principal: shape.principal,
        resource: shape.resource,
        context: declared.schema.action(shape.action)?.context?,
        action: asks_for_action.then_some(shape.action),
    })
}

/// The id of a role, in the order of [`dictum_artifact::schema::Schema::roles`].
fn role_id(at: usize) -> RoleId {
    RoleId(u32::try_from(at).unwrap_or(u32::MAX))
}
