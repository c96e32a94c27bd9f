//! What an expression may use at its place: the requests that can get there, and the optional values known to be present.

use super::marks::{Space, name};
use super::model::{Model, Shape, ident};
use super::rng::Rng;
use super::values::{Field, KEYS, Ty, Val, id};

/// How tightly an operator binds, the loosest first; text that stands for an operand needs parentheses where its own level
/// is below what the place asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// `if … then … else …`
    If,
    /// `otherwise`
    Otherwise,
    /// `or`
    Or,
    /// `and`
    And,
    /// `not`
    Not,
    /// Comparisons, `in`, `has` and their kin.
    Compare,
    /// `??`
    Coalesce,
    /// `+`, `-`
    Add,
    /// `*`
    Multiply,
    /// `-a`
    Negate,
    /// What needs no parentheses anywhere.
    Primary,
}

/// The text of an expression.
#[derive(Clone, Debug)]
pub struct Code {
    /// The text.
    pub text: String,
    /// How tightly its outermost operator binds.
    pub level: Level,
    /// The shapes whose requests certainly make it true. What else stands beside it is not reached by them, in an `or`.
    pub always: Vec<Shape>,
    /// The shapes whose requests certainly make it false.
    pub never: Vec<Shape>,
}

impl Code {
    /// An expression with an outermost operator.
    pub fn new(level: Level, text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            level,
            always: Vec::new(),
            never: Vec::new(),
        }
    }

    /// One that needs no parentheses.
    pub fn primary(text: impl Into<String>) -> Self {
        Self::new(Level::Primary, text)
    }

    /// `not …`
    #[must_use]
    pub fn negated(self) -> Self {
        let text = format!("not {}", self.at(Level::Not));
        Self {
            text,
            level: Level::Not,
            always: self.never,
            never: self.always,
        }
    }

    /// `… and …`
    #[must_use]
    pub fn and(operands: &[Self]) -> Self {
        let text = operands
            .iter()
            .map(|operand| operand.at(Level::Not))
            .collect::<Vec<_>>()
            .join(" and ");
        let never = operands
            .iter()
            .flat_map(|operand| operand.never.clone())
            .collect();
        Self {
            text,
            level: Level::And,
            always: in_all(operands.iter().map(|operand| &operand.always)),
            never,
        }
    }

    /// `… or …`
    #[must_use]
    pub fn or(operands: &[Self]) -> Self {
        let text = operands
            .iter()
            .map(|operand| operand.at(Level::And))
            .collect::<Vec<_>>()
            .join(" or ");
        let always = operands
            .iter()
            .flat_map(|operand| operand.always.clone())
            .collect();
        Self {
            text,
            level: Level::Or,
            always,
            never: in_all(operands.iter().map(|operand| &operand.never)),
        }
    }

    /// `… and then …`. That it never holds is known where it is of the first operand.
    #[must_use]
    pub fn and_then(operands: &[Self]) -> Self {
        let text = operands
            .iter()
            .map(|operand| operand.at(Level::Not))
            .collect::<Vec<_>>()
            .join(" and then ");
        Self {
            text,
            level: Level::And,
            always: in_all(operands.iter().map(|operand| &operand.always)),
            never: operands
                .first()
                .map_or_else(Vec::new, |first| first.never.clone()),
        }
    }

    /// `… or else …`. That it always holds is known where it is of the first operand.
    #[must_use]
    pub fn or_else(operands: &[Self]) -> Self {
        let text = operands
            .iter()
            .map(|operand| operand.at(Level::And))
            .collect::<Vec<_>>()
            .join(" or else ");
        Self {
            text,
            level: Level::Or,
            always: operands
                .first()
                .map_or_else(Vec::new, |first| first.always.clone()),
            never: in_all(operands.iter().map(|operand| &operand.never)),
        }
    }

    /// `if condition then yes else no`
    #[must_use]
    pub fn conditional(condition: &Self, yes: &Self, no: &Self) -> Self {
        let text = format!("if {} then {} else {}", condition.text, yes.text, no.text);
        let known = |of: fn(&Self) -> &Vec<Shape>| {
            let taken = |way: &Vec<Shape>, branch: &Self| -> Vec<Shape> {
                way.iter()
                    .copied()
                    .filter(|shape| of(branch).contains(shape))
                    .collect()
            };
            // Whatever the condition is, where both branches agree.
            let both = taken(of(yes), no);
            [taken(&condition.always, yes), taken(&condition.never, no), both].concat()
        };
        Self {
            text,
            level: Level::If,
            always: known(|code| &code.always),
            never: known(|code| &code.never),
        }
    }

    /// The same between parentheses.
    #[must_use]
    pub fn grouped(self) -> Self {
        Self {
            text: format!("({})", self.text),
            level: Level::Primary,
            ..self
        }
    }

    /// The text where an operand must bind at least this tightly.
    #[must_use]
    pub fn at(&self, least: Level) -> String {
        if self.level < least {
            format!("({})", self.text)
        } else {
            self.text.clone()
        }
    }
}

fn in_all<'s>(mut lists: impl Iterator<Item = &'s Vec<Shape>>) -> Vec<Shape> {
    let first = lists.next().cloned().unwrap_or_default();
    lists.fold(first, |kept, other| {
        kept.into_iter().filter(|shape| other.contains(shape)).collect()
    })
}

/// A place for an expression.
#[derive(Clone, Debug)]
pub(super) struct Scope {
    /// The requests that can get here.
    pub shapes: Vec<Shape>,
    /// Those that certainly do: a test that none of them passes is an error.
    pub certain: Vec<Shape>,
    /// The optional values that are known to be present, as written.
    pub present: Vec<String>,
    /// Whether the expression may not be undefined.
    pub total: bool,
    /// Whether principal, resource, action and context can be looked at: they cannot in functions and constants.
    pub has_request: bool,
    /// Parameters and the variables of quantifiers.
    pub locals: Vec<Local>,
    /// The names that something local has taken.
    pub taken: Vec<String>,
    /// How many of the functions may be called, and of the constants used.
    pub known: Known,
    /// How many elements quantifiers may still go through, one for each.
    pub room: usize,
    /// How many quantifiers are around.
    pub level: usize,
    /// What the names of variables start with.
    pub prefix: String,
}

/// How many of the functions may be called, and of the constants used: those that are declared first.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
    pub functions: usize,
    pub constants: usize,
}

/// A parameter, or the variable of a quantifier.
#[derive(Clone, Debug)]
pub(super) struct Local {
    /// How it is written.
    pub text: String,
    /// Its type.
    pub ty: Ty,
}

/// How many elements the quantifiers of a condition may go through, all levels multiplied.
pub(super) const ROOM: usize = 600;

/// Something that can be read.
#[derive(Clone, Debug)]
pub(super) struct Access {
    /// How it is written.
    pub text: String,
    /// Its type.
    pub ty: Ty,
    /// The test of its presence, where it may be absent.
    pub guard: Option<String>,
    /// What it is read of, and with which step, where that has a type of its own.
    pub base: Option<(String, Ty, String)>,
    /// How many elements it has at most.
    pub most: Option<usize>,
}

impl Access {
    /// Something that is there.
    fn root(text: &str, ty: Ty) -> Self {
        Self {
            text: text.to_owned(),
            ty,
            guard: None,
            base: None,
            most: None,
        }
    }
}

/// What the types of all shapes agree on about principal, resource or context.
enum Root {
    Entity(Vec<usize>),
    Context(Vec<usize>),
}

impl Scope {
    /// A place that requests of these shapes get to.
    #[must_use]
    pub(super) fn new(model: &Model, shapes: Vec<Shape>) -> Self {
        Self {
            certain: shapes.clone(),
            shapes,
            present: Vec::new(),
            total: false,
            has_request: true,
            locals: Vec::new(),
            taken: Vec::new(),
            known: Known {
                functions: model.functions.len(),
                constants: model.constants.len(),
            },
            room: ROOM,
            level: 0,
            prefix: "x".to_owned(),
        }
    }

    /// A place that sees no request.
    #[must_use]
    pub(super) fn apart(model: &Model) -> Self {
        Self {
            has_request: false,
            ..Self::new(model, Vec::new())
        }
    }

    /// The same for those shapes only; `None` where none of them certainly gets here.
    pub(super) fn narrowed(&self, keep: impl Fn(&Shape) -> bool) -> Option<Self> {
        let kept =
            |shapes: &[Shape]| -> Vec<Shape> { shapes.iter().copied().filter(|shape| keep(shape)).collect() };
        let (shapes, certain) = (kept(&self.shapes), kept(&self.certain));
        (!certain.is_empty()).then(|| Self {
            shapes,
            certain,
            ..self.clone()
        })
    }

    /// The same for what requests of some shapes do not get to any more. Where none gets there, it is checked for its types
    /// alone.
    #[must_use]
    pub(super) fn without(&self, settled: &[Shape]) -> Self {
        let narrowed = self.narrowed(|shape| !settled.contains(shape));
        narrowed.unwrap_or_else(|| self.unsettled())
    }

    /// The same with something known to be present.
    #[must_use]
    pub(super) fn with(&self, present: &str) -> Self {
        let mut scope = self.clone();
        scope.present.push(present.to_owned());
        scope
    }

    /// The same without tests of what the shapes settle.
    #[must_use]
    pub(super) fn unsettled(&self) -> Self {
        Self {
            certain: Vec::new(),
            ..self.clone()
        }
    }

    /// The same for an expression that may not be undefined.
    #[must_use]
    pub(super) fn total(&self) -> Self {
        Self {
            total: true,
            ..self.clone()
        }
    }

    /// The principal's types.
    #[must_use]
    pub(super) fn principals(&self) -> Vec<usize> {
        distinct(self.shapes.iter().map(|shape| shape.principal))
    }

    /// The resource's types.
    #[must_use]
    pub(super) fn resources(&self) -> Vec<usize> {
        distinct(self.shapes.iter().map(|shape| shape.resource))
    }

    /// The actions.
    #[must_use]
    pub(super) fn actions(&self) -> Vec<usize> {
        distinct(self.shapes.iter().map(|shape| shape.action))
    }

    /// All that can be read here, up to three steps from principal, resource, context or an entity.
    pub(super) fn accesses(&self, model: &Model, rng: &mut Rng) -> Vec<Access> {
        let mut found = Vec::new();
        for local in self.locals.iter().filter(|_| !self.total) {
            found.push(Access::root(&local.text, local.ty.clone()));
            self.steps_of(model, rng, (&local.text, &local.ty), 2, &mut found);
        }
        for constant in self.constants(model) {
            let text = name(Space::Value, &constant.name);
            found.push(Access {
                most: constant.listed,
                ..Access::root(&text, constant.ty.clone())
            });
            if !self.total || matches!(constant.ty, Ty::Map(_)) {
                self.steps_of(model, rng, (&text, &constant.ty), 1, &mut found);
            }
        }
        self.request_accesses(model, rng, &mut found);
        if !self.total && rng.chance(30) {
            let entity = rng.below(model.entities.len());
            let literal = Val::Entity(entity, id(model, rng, entity)).to_language(model, false);
            self.steps_of(model, rng, (&literal, &Ty::Entity(entity)), 1, &mut found);
        }
        found
    }

    /// The constants that can be used here.
    pub(super) fn constants<'m>(
        &self,
        model: &'m Model,
    ) -> impl Iterator<Item = &'m super::functions::Constant> {
        let known = model.constants.iter().take(self.known.constants);
        let (taken, total) = (self.taken.clone(), self.total);
        known.filter(move |constant| !taken.contains(&constant.name) && (!total || constant.is_total))
    }

    fn request_accesses(&self, model: &Model, rng: &mut Rng, found: &mut Vec<Access>) {
        if !self.has_request {
            return;
        }
        let roots = [
            ("principal", Root::Entity(self.principals())),
            ("resource", Root::Entity(self.resources())),
            ("context", Root::Context(self.actions())),
        ];
        for (text, root) in roots {
            let fields = match &root {
                Root::Entity(types) => {
                    if let [one] = types.as_slice() {
                        found.push(Access::root(text, Ty::Entity(*one)));
                    }
                    common(types.iter().map(|ty| model.entities[*ty].attributes.clone()))
                }
                Root::Context(actions) => common(actions.iter().map(|action| model.context_of(*action))),
            };
            let base = match &root {
                Root::Entity(types) => match types.as_slice() {
                    [one] => Some(Ty::Entity(*one)),
                    _ => None,
                },
                Root::Context(_) => None,
            };
            if !self.total || matches!(root, Root::Context(_)) {
                self.steps(model, rng, (text, base.as_ref()), &fields, 3, found);
            }
        }
    }

    /// Reads what can be read of a value.
    fn steps_of(
        &self,
        model: &Model,
        rng: &mut Rng,
        (base, ty): (&str, &Ty),
        steps: usize,
        found: &mut Vec<Access>,
    ) {
        match ty {
            Ty::Entity(entity) => {
                let fields = model.entities[*entity].attributes.clone();
                self.steps(model, rng, (base, Some(ty)), &fields, steps, found);
            }
            Ty::Record(fields) => self.steps(model, rng, (base, Some(ty)), fields, steps, found),
            Ty::Map(inner) => {
                let key = rng.one(&KEYS);
                let step = format!("[\"{key}\"]");
                let text = format!("{base}{step}");
                let known = self.present.contains(&text);
                found.push(Access {
                    guard: (!known).then(|| format!("{base} has \"{key}\"")),
                    base: Some((base.to_owned(), ty.clone(), step)),
                    ..Access::root(&text, (**inner).clone())
                });
            }
            Ty::Bool
            | Ty::Int
            | Ty::Decimal
            | Ty::String
            | Ty::Timestamp
            | Ty::Duration
            | Ty::Ip
            | Ty::Enum(_)
            | Ty::Set(_) => {}
        }
    }

    /// Reads each of these fields, and goes on from there.
    fn steps(
        &self,
        model: &Model,
        rng: &mut Rng,
        (base, of): (&str, Option<&Ty>),
        fields: &[Field],
        steps: usize,
        found: &mut Vec<Access>,
    ) {
        for field in fields {
            let step = format!(".{}", ident(&field.name));
            let text = format!("{base}{step}");
            let known = !field.optional || self.present.contains(&text);
            let guard = (!known).then(|| format!("{base} has {}", ident(&field.name)));
            found.push(Access {
                guard,
                base: of.map(|ty| (base.to_owned(), ty.clone(), step)),
                most: field.most,
                ..Access::root(&text, field.ty.clone())
            });
            if !known || steps == 1 || (steps == 2 && !rng.chance(40)) {
                continue;
            }
            if !(self.total && matches!(field.ty, Ty::Entity(_))) {
                self.steps_of(model, rng, (&text, &field.ty), steps - 1, found);
            }
        }
    }
}

fn distinct(items: impl Iterator<Item = usize>) -> Vec<usize> {
    let mut items: Vec<usize> = items.collect();
    items.sort_unstable();
    items.dedup();
    items
}

/// The fields that all have, with one type and one optionality.
fn common(mut all: impl Iterator<Item = Vec<Field>>) -> Vec<Field> {
    let first = all.next().unwrap_or_default();
    all.fold(first, |kept, other| {
        kept.into_iter().filter(|field| other.contains(field)).collect()
    })
}
