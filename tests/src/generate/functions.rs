//! Constants and functions, and the calls of them.

use super::conditions::Writer;
use super::marks::{Space, call, name, parameter};
use super::model::{Model, ident};
use super::rng::Rng;
use super::scope::{Access, Code, Known, Level, Local, Scope};
use super::values::{Field, KEYS, Ty, Val, value};

/// A constant.
#[derive(Clone, Debug)]
pub struct Constant {
    /// Its name.
    pub name: String,
    /// Its type.
    pub ty: Ty,
    /// How it is declared: its type, where that is written, and its value.
    pub text: String,
    /// The value by itself, where its text tells its type.
    pub alone: Option<String>,
    /// The value, where it is no more than that.
    pub val: Option<Val>,
    /// How many elements it has, where they are listed.
    pub listed: Option<usize>,
    /// Whether the checker sees that it is never undefined.
    pub is_total: bool,
}

/// A function.
#[derive(Clone, Debug)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// Its parameters.
    pub parameters: Vec<(String, Ty)>,
    /// The types of the parameters as they are written.
    types: Vec<String>,
    /// Its value; parameters are marked.
    pub body: String,
    /// The type of its value.
    pub ty: Ty,
    /// What a value of it establishes.
    establishes: Option<Established>,
    /// How many elements its quantifiers go through.
    room: usize,
}

/// The presence of what a step leads to from an argument, where the function is true (or false).
#[derive(Clone, Debug)]
struct Established {
    parameter: usize,
    step: String,
    truth: bool,
}

/// The names of constants: some are those of attributes too, of which `has` asks.
const CONSTANTS: [&str; 7] = ["note", "Limit", "size", "the max", "c_4", "age", "table"];

/// The names of functions.
const FUNCTIONS: [&str; 6] = ["is_fine", "title", "is it", "near", "f5", "count"];

/// How many elements the quantifiers of a function may go through.
const ROOM: usize = 300;

/// Makes constants and functions for a model.
pub fn make(model: &mut Model, rng: &mut Rng) {
    let count = rng.between(0, CONSTANTS.len());
    for name in CONSTANTS.iter().take(count) {
        let constant = Writer { model, rng }.constant(name);
        model.constants.extend(constant);
    }
    let count = rng.between(0, FUNCTIONS.len());
    for at in 0..count {
        let function = Writer { model, rng }.function(at);
        model.functions.extend(function);
    }
}

impl Constant {
    /// Its declaration.
    #[must_use]
    pub fn declaration(&self) -> String {
        format!("const {}{}", ident(&self.name), self.text)
    }
}

impl Function {
    /// Its declaration.
    #[must_use]
    pub fn declaration(&self) -> String {
        let parameters: Vec<String> = self
            .parameters
            .iter()
            .zip(&self.types)
            .map(|((name, _), ty)| format!("{}: {ty}", ident(name)))
            .collect();
        format!(
            "fn {}({}) = {}",
            ident(&self.name),
            parameters.join(", "),
            self.body
        )
    }
}

impl Writer<'_> {
    fn constant(&mut self, called: &str) -> Option<Constant> {
        let scope = Scope {
            known: Known {
                functions: 0,
                constants: self.model.constants.len(),
            },
            ..Scope::apart(self.model)
        };
        let ty = match self.rng.below(12) {
            0 | 1 => Ty::Map(Box::new(Ty::Int)),
            2 => Ty::Map(Box::new(Ty::Entity(self.rng.below(self.model.entities.len())))),
            3 => Ty::Map(Box::new(Ty::String)),
            4 => Ty::Entity(self.rng.below(self.model.entities.len())),
            5 => Ty::Set(Box::new(Ty::Entity(self.rng.below(self.model.entities.len())))),
            6 => Ty::Int,
            _ => self.rng.pick(&self.model.types())?.clone(),
        };
        // An alias, or something computed; what overflows is no constant.
        let total = scope.total();
        let computed = match &ty {
            Ty::Int if self.rng.chance(30) => self.listed_quantifier("count"),
            Ty::Bool if self.rng.chance(30) => self.listed_quantifier("any"),
            // What is in what is for the store to say.
            _ if self.rng.chance(35) => {
                let value = self.value(&total, &ty, 2, false);
                value.filter(|code| !code.text.contains(" in "))
            }
            _ => None,
        };
        if let Some(code) = computed {
            return Some(Constant {
                name: called.to_owned(),
                text: format!(" = {}", code.text),
                alone: Some(code.text),
                val: None,
                listed: None,
                is_total: false,
                ty,
            });
        }
        let mut val = value(self.model, self.rng, &ty);
        if let Val::Set(items) = &mut val {
            items.sort_by_key(|item| format!("{item:?}"));
        }
        let is_typed = !super::arithmetic::tells_its_type(&ty) || is_empty(&val) || self.rng.chance(35);
        let text = val.to_language(self.model, is_typed);
        let quoted = matches!(ty, Ty::Timestamp | Ty::String | Ty::Ip | Ty::Entity(_));
        let type_text = if is_typed {
            format!(": {}", self.model.type_text(self.rng, &ty))
        } else {
            String::new()
        };
        Some(Constant {
            name: called.to_owned(),
            text: format!("{type_text} = {text}"),
            alone: (!is_typed).then(|| text.clone()),
            listed: listed(&val),
            val: Some(val),
            is_total: quoted || !text.contains('-'),
            ty,
        })
    }

    /// A quantifier over numbers that are listed.
    fn listed_quantifier(&mut self, word: &str) -> Option<Code> {
        let (limit, operator) = (self.rng.below(4), self.rng.one(&["<", ">=", "==", "!="]));
        let inner = self
            .rng
            .chance(30)
            .then(|| format!("all c2 in [1, 2]: c2 <= c1 or c1 {operator} {limit}"));
        let body = inner.unwrap_or_else(|| format!("c1 {operator} {limit}"));
        Some(Code::new(Level::If, format!("{word} c1 in [1, 2, 3, 7]: {body}")))
    }

    fn function(&mut self, number: usize) -> Option<Function> {
        let room = self.rng.one(&[0, ROOM]);
        let scope = Scope {
            room,
            prefix: format!("y{number}_"),
            // Calls may be nested, and their quantifiers with them.
            level: 2,
            ..Scope::apart(self.model)
        };
        let function = if self.rng.chance(50) {
            self.guard(&scope)
        } else {
            self.any_function(&scope)
        }?;
        Some(Function {
            name: FUNCTIONS[number].to_owned(),
            room,
            ..function
        })
    }

    /// A function whose value says that something is there.
    fn guard(&mut self, scope: &Scope) -> Option<Function> {
        let of = self.some_holder()?;
        let mut parameters = vec![("p1".to_owned(), of)];
        if self.rng.chance(30) {
            parameters.push((self.rng.one(&["p2", "note"]).to_owned(), self.any_type()?));
        }
        let scope = with_parameters(scope, &parameters);
        let base = parameter(&parameters[0].0);
        let mut accesses = scope.accesses(self.model, self.rng);
        accesses.retain(|access| {
            access.guard.is_some() && access.base.as_ref().is_some_and(|(text, ..)| *text == base)
        });
        let access = self.rng.pick(&accesses)?.clone();
        let (guard, (_, _, step)) = (access.guard.clone()?, access.base.clone()?);
        let present = Code::new(Level::Compare, guard);
        let inside = scope.with(&access.text);
        let (body, truth) = match self.rng.below(6) {
            0 | 1 => (present, true),
            2 => (present.grouped().negated(), false),
            3 => {
                let more = self.condition(&scope, 1);
                (Code::or(&[present.grouped().negated(), more]), false)
            }
            4 => {
                let test = self.test_of(&inside, &Code::primary(access.text), &access.ty, 1)?;
                (Code::conditional(&present, &test, &Code::primary("false")), true)
            }
            _ => {
                let test = self.test_of(&inside, &Code::primary(access.text), &access.ty, 1)?;
                (Code::and(&[present, test]), true)
            }
        };
        let establishes = Some(Established {
            parameter: 0,
            step,
            truth,
        });
        Some(self.made(parameters, body.text, Ty::Bool, establishes))
    }

    fn any_function(&mut self, scope: &Scope) -> Option<Function> {
        let count = self.rng.between(0, 3);
        let mut parameters: Vec<(String, Ty)> = Vec::new();
        for name in ["p1", "size", "for"].iter().take(count) {
            parameters.push(((*name).to_owned(), self.any_type()?));
        }
        let scope = with_parameters(scope, &parameters);
        let (body, ty) = if self.rng.chance(60) {
            (self.condition(&scope, 2), Ty::Bool)
        } else {
            let ty = self.any_type()?;
            (self.value(&scope, &ty, 2, false)?, ty)
        };
        Some(self.made(parameters, body.text, ty, None))
    }

    fn made(
        &mut self,
        parameters: Vec<(String, Ty)>,
        body: String,
        ty: Ty,
        establishes: Option<Established>,
    ) -> Function {
        let types = parameters
            .iter()
            .map(|(_, ty)| self.model.type_text(self.rng, ty))
            .collect();
        Function {
            name: String::new(),
            parameters,
            types,
            body,
            ty,
            establishes,
            room: 0,
        }
    }

    /// A type that has something optional.
    fn some_holder(&mut self) -> Option<Ty> {
        let has_optional = |fields: &[Field]| fields.iter().any(|field| field.optional);
        let mut holders: Vec<Ty> = (0..self.model.entities.len())
            .filter(|entity| has_optional(&self.model.entities[*entity].attributes))
            .map(Ty::Entity)
            .collect();
        holders.extend(self.model.types().into_iter().filter(|ty| match ty {
            Ty::Record(fields) => has_optional(fields),
            Ty::Map(_) => true,
            _ => false,
        }));
        self.rng.pick(&holders).cloned()
    }

    fn any_type(&mut self) -> Option<Ty> {
        let types = self.model.types();
        self.rng.pick(&types).cloned()
    }

    /// A call of one of the functions whose values have a type.
    pub(super) fn call_of(&mut self, scope: &Scope, ty: &Ty, depth: usize) -> Option<Code> {
        let fits = |at: &usize| {
            let function = &self.model.functions[*at];
            function.ty == *ty && function.room <= scope.room
        };
        let known: Vec<usize> = (0..scope.known.functions).filter(fits).collect();
        let function = *self.rng.pick(&known)?;
        self.call(scope, function, None, depth)
    }

    /// A call, with an argument that is given.
    fn call(
        &mut self,
        scope: &Scope,
        function: usize,
        given: Option<(usize, &str)>,
        depth: usize,
    ) -> Option<Code> {
        if scope.total {
            return None;
        }
        let function = &self.model.functions[function];
        let mut arguments = Vec::new();
        for (at, (_, ty)) in function.parameters.iter().enumerate() {
            arguments.push(match given {
                Some((given, text)) if given == at => text.to_owned(),
                _ => {
                    let hinted = self.model.hinted_arguments;
                    self.value(scope, ty, depth.saturating_sub(1), hinted)?.text
                }
            });
        }
        Some(Code::primary(call(&function.name, &arguments)))
    }

    /// A call that says that what an access reads is there; where it says so by being false, negated.
    pub(super) fn guard_call(&mut self, scope: &Scope, access: &Access, depth: usize) -> Option<Code> {
        let (base, ty, step) = access.base.as_ref()?;
        let establishes = |at: &usize| {
            let function = &self.model.functions[*at];
            function.room <= scope.room
                && function
                    .establishes
                    .as_ref()
                    .is_some_and(|it| it.step == *step && function.parameters[it.parameter].1 == *ty)
        };
        let known: Vec<usize> = (0..scope.known.functions).filter(establishes).collect();
        let function = *self.rng.pick(&known)?;
        let Established { parameter, truth, .. } = self.model.functions[function].establishes.clone()?;
        let call = self.call(scope, function, Some((parameter, base)), depth)?;
        Some(if truth { call } else { call.negated() })
    }

    /// A constant of a type.
    pub(super) fn constant_of(&mut self, scope: &Scope, ty: &Ty) -> Option<Code> {
        let known: Vec<&Constant> = scope
            .constants(self.model)
            .filter(|constant| constant.ty == *ty)
            .collect();
        let constant = self.rng.pick(&known)?;
        Some(Code::primary(name(Space::Value, &constant.name)))
    }

    /// A key for maps.
    pub(super) fn key(&mut self, scope: &Scope) -> Option<Code> {
        if self.rng.chance(40) {
            return Some(Code::primary(format!("\"{}\"", self.rng.one(&KEYS))));
        }
        self.value(scope, &Ty::String, 1, true)
    }
}

fn with_parameters(scope: &Scope, parameters: &[(String, Ty)]) -> Scope {
    let local = |(name, ty): &(String, Ty)| Local {
        text: parameter(name),
        ty: ty.clone(),
    };
    Scope {
        locals: parameters.iter().map(local).collect(),
        taken: parameters.iter().map(|(name, _)| name.clone()).collect(),
        ..scope.clone()
    }
}

fn is_empty(val: &Val) -> bool {
    matches!(val, Val::Set(items) if items.is_empty() || items.iter().all(is_empty))
}

fn listed(val: &Val) -> Option<usize> {
    match val {
        Val::Set(items) => Some(items.len()),
        Val::Map(entries) => Some(entries.len()),
        _ => None,
    }
}
