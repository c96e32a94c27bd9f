//! Rules and roles of a made world.

use dictum_artifact::value::quote;

use super::conditions::Writer;
use super::marks::{self, Space, name};
use super::model::{Held, Model, Shape, ident};
use super::scope::{Code, Level, Scope};

/// A rule, in parts that can be left out.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Docs and annotations, a line each.
    pub before: String,
    /// Its label.
    pub label: Option<String>,
    /// Which of the files it is in.
    pub home: usize,
    /// `permit` or `forbid`.
    pub permit: bool,
    /// WHO to ACTIONS on WHAT.
    pub head: String,
    /// `when` and `unless`.
    pub clauses: Vec<Clause>,
    /// The text of `because`.
    pub because: Option<&'static str>,
    /// The obligations, each as it is written.
    pub with: Vec<String>,
}

/// `when E`, `unless E`
#[derive(Clone, Debug)]
pub struct Clause {
    /// Whether it is `unless`.
    pub unless: bool,
    /// The condition.
    pub condition: Code,
}

/// How an undefined condition is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undefined {
    /// As the language says.
    Undefined,
    /// The other way: as what makes a permit fire, and a forbid rest.
    Settled,
}

impl Rule {
    /// The rule as it is written.
    #[must_use]
    pub fn text(&self, undefined: Undefined) -> String {
        let mut text = self.before.clone();
        if let Some(label) = &self.label {
            text.push_str(&format!("{}: ", ident(label)));
        }
        text.push_str(if self.permit { "permit " } else { "forbid " });
        text.push_str(&self.head);
        match undefined {
            Undefined::Undefined => {
                for clause in &self.clauses {
                    let word = if clause.unless { "unless" } else { "when" };
                    text.push_str(&format!("\n  {word} {}", clause.condition.text));
                }
            }
            Undefined::Settled if self.clauses.is_empty() => {}
            Undefined::Settled => {
                let parts: Vec<String> = self.clauses.iter().map(|clause| clause.as_part()).collect();
                text.push_str(&format!(
                    "\n  when {} otherwise {}",
                    parts.join(" and "),
                    self.permit
                ));
            }
        }
        if let Some(because) = self.because {
            text.push_str(&format!("\n  because {}", quote(because)));
        }
        // What obligations say may rely on the clauses, which establish nothing where what is undefined is settled.
        if !self.with.is_empty() && undefined == Undefined::Undefined {
            text.push_str(&format!("\n  with {}", self.with.join(", ")));
        }
        text
    }
}

impl Clause {
    fn as_part(&self) -> String {
        let condition = self.condition.at(Level::Primary);
        if self.unless {
            format!("not {condition}")
        } else {
            condition
        }
    }
}

/// One alternative of WHO or WHAT, and the shapes that it can fit.
struct Alternative {
    text: String,
    fits: Box<dyn Fn(&Shape) -> bool>,
}

impl Writer<'_> {
    /// A rule that can fit requests.
    pub(super) fn rule(&mut self, number: usize) -> Rule {
        let (head, scope) = self.head();
        let permit = self.rng.chance(55);
        let (clauses, scope) = self.clauses(&scope);
        let label = self.rng.chance(80).then(|| {
            let name = if self.rng.chance(10) {
                "say \"why\""
            } else {
                "rule"
            };
            format!("{name}{number}")
        });
        let with = self.obligations(&scope);
        Rule {
            before: self.before(),
            label,
            home: 0,
            permit,
            head,
            clauses,
            because: (!permit && self.rng.chance(50)).then_some("it is \"forbidden\" here"),
            with,
        }
    }

    /// `never …`, `always …`
    pub(super) fn invariant(&mut self, label: Option<&str>) -> String {
        let (head, scope) = self.head();
        let (clauses, _) = self.clauses(&scope);
        let mut text = label.map_or_else(String::new, |label| format!("{}: ", ident(label)));
        let word = self.rng.one(&["never", "always"]);
        text.push_str(&format!("{word} {head}"));
        for clause in clauses {
            let word = if clause.unless { "unless" } else { "when" };
            text.push_str(&format!("\n  {word} {}", clause.condition.text));
        }
        text
    }

    /// WHO to ACTIONS on WHAT, and the requests that it fits.
    fn head(&mut self) -> (String, Scope) {
        let shapes = self.model.shapes();
        let count = self.rng.one(&[1, 1, 1, 2, 2, 3]);
        let wanted: Vec<Shape> = (0..count).map(|_| self.rng.one(&shapes)).collect();
        let who = self.alternatives(&wanted, true);
        let what = self.alternatives(&wanted, false);
        let (actions_text, actions) = self.actions(&wanted);
        let fits = |shape: &&Shape| {
            let any = |alternatives: &[Alternative]| alternatives.iter().any(|a| (a.fits)(shape));
            any(&who) && any(&what) && actions.contains(&shape.action)
        };
        let scope = Scope::new(self.model, shapes.iter().filter(fits).copied().collect());
        let list = |alternatives: &[Alternative]| {
            let texts: Vec<&str> = alternatives.iter().map(|a| a.text.as_str()).collect();
            texts.join(", ")
        };
        (
            format!("{} to {actions_text} on {}", list(&who), list(&what)),
            scope,
        )
    }

    /// What a caller has to do, where the clauses hold.
    fn obligations(&mut self, scope: &Scope) -> Vec<String> {
        let mut with = Vec::new();
        if !self.rng.chance(40) {
            return with;
        }
        for _ in 0..self.rng.one(&[1, 1, 2, 3]) {
            let Some((obligation, fields)) = self.rng.pick(&self.model.obligations).cloned() else {
                break;
            };
            let mut written = Vec::new();
            let mut complete = true;
            for field in &fields {
                if field.optional && self.rng.chance(40) {
                    continue;
                }
                match self.value(scope, &field.ty, 2, true) {
                    Some(value) => written.push(format!("{}: {}", ident(&field.name), value.text)),
                    None => complete &= field.optional,
                }
            }
            if !complete {
                continue;
            }
            let name = name(Space::Obligation, &obligation);
            with.push(if written.is_empty() && self.rng.chance(80) {
                name
            } else {
                format!("{name} {{ {} }}", written.join(", "))
            });
        }
        with
    }

    /// Docs and annotations.
    pub(super) fn before(&mut self) -> String {
        let mut text = String::new();
        if self.rng.chance(25) {
            text.push_str("/// What this says.\n");
            if self.rng.chance(30) {
                text.push_str("///\n///   More of it: `code`.\n");
            }
        }
        if self.rng.chance(20) {
            text.push_str("@ticket(\"SEC-1\\n\")\n");
        }
        if self.rng.chance(10) {
            text.push_str("@reviewed ");
        }
        text
    }

    /// The clauses of a rule, and the place behind them.
    fn clauses(&mut self, scope: &Scope) -> (Vec<Clause>, Scope) {
        let mut clauses: Vec<Clause> = Vec::new();
        let clause = |unless: bool, condition: Code| Clause { unless, condition };
        let depth = self.rng.between(0, 3);
        // A value whose presence one clause establishes, and the next one reads.
        if self.rng.chance(20) {
            let accesses = scope.accesses(self.model, self.rng);
            let optional: Vec<_> = accesses
                .iter()
                .filter_map(|a| Some((a.guard.clone()?, a)))
                .collect();
            if let Some((guard, access)) = self
                .rng
                .pick(&optional)
                .map(|(guard, access)| (guard.clone(), (*access).clone()))
            {
                let inside = scope.with(&access.text);
                let present = Code::new(Level::Compare, guard);
                clauses.push(match self.rng.below(2) {
                    0 => clause(false, present),
                    _ => clause(true, present.grouped().negated()),
                });
                let read = Code::primary(access.text);
                let test = self.test_of(&inside, &read, &access.ty, 1);
                let test = test.unwrap_or_else(|| self.condition(&inside, depth));
                let unless = self.rng.chance(30);
                let inside = inside.without(if unless { &test.always } else { &test.never });
                clauses.push(clause(unless, test));
                return (clauses, inside);
            }
        }
        let mut scope = scope.clone();
        for _ in 0..self.rng.one(&[0, 1, 1, 1, 1, 2, 3]) {
            let unless = self.rng.chance(30);
            let condition = self.condition(&scope, depth);
            scope = scope.without(if unless {
                &condition.always
            } else {
                &condition.never
            });
            clauses.push(clause(unless, condition));
        }
        (clauses, scope)
    }

    /// WHO or WHAT: one alternative for each wanted shape, or one that fits all.
    fn alternatives(&mut self, wanted: &[Shape], who: bool) -> Vec<Alternative> {
        if self.rng.chance(25) {
            let text = if who { "anyone" } else { "anything" };
            return vec![Alternative {
                text: text.to_owned(),
                fits: Box::new(|_| true),
            }];
        }
        let mut found: Vec<Alternative> = Vec::new();
        for shape in wanted {
            let alternative = self.alternative(*shape, who);
            if found.iter().all(|other| other.text != alternative.text) {
                found.push(alternative);
            }
        }
        found
    }

    fn alternative(&mut self, shape: Shape, who: bool) -> Alternative {
        let ty = if who { shape.principal } else { shape.resource };
        let name = self.model.entity(ty);
        let fits: Box<dyn Fn(&Shape) -> bool> = if who {
            Box::new(move |other| other.principal == ty)
        } else {
            Box::new(move |other| other.resource == ty)
        };
        let roles: Vec<usize> = (0..self.model.roles.len())
            .filter(|role| self.model.roles[*role].on.contains(&shape.resource))
            .collect();
        match self.rng.below(12) {
            0 => Alternative {
                text: self.entity_literal(ty),
                fits,
            },
            1 | 2 => {
                let above = self.model.above(ty);
                let ancestor = self.rng.one(&above);
                Alternative {
                    text: format!("{name} in {}", self.entity_literal(ancestor)),
                    fits,
                }
            }
            3 | 4 if who && !roles.is_empty() => {
                let role = self.rng.one(&roles);
                let on = self.model.roles[role].on.clone();
                let text = marks::name(Space::Rule, &self.model.roles[role].name);
                Alternative {
                    text,
                    fits: Box::new(move |other| on.contains(&other.resource)),
                }
            }
            _ => Alternative { text: name, fits },
        }
    }

    /// ACTIONS, and which actions they are.
    fn actions(&mut self, wanted: &[Shape]) -> (String, Vec<usize>) {
        if self.rng.chance(35) {
            return ("any".to_owned(), (0..self.model.actions.len()).collect());
        }
        let mut names: Vec<usize> = Vec::new();
        for shape in wanted {
            let groups: Vec<usize> = (0..self.model.actions.len())
                .filter(|group| *group != shape.action && self.model.members(*group).contains(&shape.action))
                .collect();
            let name = match self.rng.pick(&groups) {
                Some(group) if self.rng.chance(30) => *group,
                Some(_) | None => shape.action,
            };
            if !names.contains(&name) {
                names.push(name);
            }
        }
        let members = names.iter().flat_map(|name| self.model.members(*name)).collect();
        (self.model.action_list(&names), members)
    }

    /// The declaration of a role, and the requests of which its condition never holds.
    pub(super) fn role(&mut self, number: usize) -> (String, Vec<Shape>) {
        let role = &self.model.roles[number];
        let mut never = Vec::new();
        let mut text = self.before();
        let types = self.model.entity_list(&role.on);
        text.push_str(&format!("role {} on {types}", ident(&role.name)));
        if !role.includes.is_empty() {
            text.push_str(&format!(" includes {}", self.model.role_list(&role.includes)));
        }
        let actions = self.model.action_list(&role.actions);
        if !role.actions.is_empty() || self.rng.chance(70) {
            text.push_str(&format!(" {{ {actions} }}"));
        }
        let mut condition = |writer: &mut Self| {
            let scope = held_scope(writer.model, number);
            let depth = writer.rng.between(0, 2);
            let code = writer.condition(&scope, depth);
            never = code.never;
            code.text
        };
        match role.held {
            Held::Default => {}
            Held::ByGrant => text.push_str(" held by grant"),
            Held::When => text.push_str(&format!(" held when {}", condition(self))),
            Held::Either => text.push_str(&format!(" held by grant or when {}", condition(self))),
        }
        (text, never)
    }
}

impl Model {
    /// `exclusive R, S on T`, with a label or without.
    pub(super) fn exclusive_text(&self, at: usize, label: Option<&str>, because: bool) -> String {
        let (roles, on) = &self.exclusive[at];
        let mut text = label.map_or_else(String::new, |label| format!("{}: ", ident(label)));
        text.push_str(&format!(
            "exclusive {} on {}",
            self.role_list(roles),
            self.entity_list(on)
        ));
        if because {
            text.push_str(" because \"two hats\"");
        }
        text
    }
}

/// The requests that the condition of a role can be asked of: those on its types. It is certainly asked where the body of
/// the role, or of one that it includes, allows something on them.
fn held_scope(model: &Model, role: usize) -> Scope {
    let on_its_types = |shape: &Shape| model.roles[role].on.contains(&shape.resource);
    let shapes: Vec<Shape> = model.shapes().into_iter().filter(on_its_types).collect();
    let mut scope = Scope::new(model, shapes);
    let included = model.included(role);
    scope.certain.retain(|shape| {
        included.iter().map(|role| &model.roles[*role]).any(|role| {
            let allows = |action: &usize| model.members(*action).contains(&shape.action);
            role.on.contains(&shape.resource) && role.actions.iter().any(allows)
        })
    });
    scope
}
