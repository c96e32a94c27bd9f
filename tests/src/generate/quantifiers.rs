//! `any`, `all` and `count`, over sets and the values of maps.

use super::conditions::Writer;
use super::marks::{Space, name};
use super::model::ident;
use super::scope::{Code, Level, Local, Scope};
use super::values::{DEFAULT_BOUND, Ty};

/// How many quantifiers may be nested in a condition.
const LEVELS: usize = 3;

impl Writer<'_> {
    /// A quantifier that is true or false.
    pub(super) fn any_or_all(&mut self, scope: &Scope, depth: usize) -> Option<Code> {
        let word = self.rng.one(&["any", "all"]);
        self.quantified(scope, word, depth)
    }

    /// A quantifier that counts.
    pub(super) fn count(&mut self, scope: &Scope, depth: usize) -> Option<Code> {
        self.quantified(scope, "count", depth)
    }

    fn quantified(&mut self, scope: &Scope, word: &str, depth: usize) -> Option<Code> {
        if scope.total || scope.level >= LEVELS || scope.room == 0 {
            return None;
        }
        let (over, element, most) = self.gone_through(scope, depth)?;
        let room = scope.room / most.max(1);
        if room == 0 {
            return None;
        }
        let (variable, mut inside) = self.inside(scope, element.clone());
        inside.room = room;
        // What many elements are asked is asked often.
        let depth = if most > 20 { depth.min(1) } else { depth };
        let text = ident(&variable);
        let read = Code::primary(text.clone());
        let about = (self.rng.chance(70))
            .then(|| self.test_of(&inside, &read, &element, depth.min(1)))
            .flatten();
        let body = match about {
            Some(test) if depth == 0 || self.rng.chance(50) => test,
            Some(test) => {
                let more = self.condition(&inside, depth - 1);
                if self.rng.chance(50) {
                    Code::and(&[test, more])
                } else {
                    Code::or(&[test, more])
                }
            }
            None => self.condition(&inside, depth.saturating_sub(1)),
        };
        Some(Code::new(
            Level::If,
            format!("{word} {text} in {}: {}", over.at(Level::Otherwise), body.text),
        ))
    }

    /// What a quantifier goes through: the type of its elements, and how many there are at most.
    fn gone_through(&mut self, scope: &Scope, depth: usize) -> Option<(Code, Ty, usize)> {
        let element_of = |ty: &Ty| match ty {
            Ty::Set(element) | Ty::Map(element) => Some((**element).clone()),
            _ => None,
        };
        if self.rng.chance(65) {
            let mut accesses = scope.accesses(self.model, self.rng);
            accesses.retain(|access| access.guard.is_none() && element_of(&access.ty).is_some());
            let access = self.rng.pick(&accesses)?.clone();
            let most = access.most.unwrap_or(DEFAULT_BOUND);
            return Some((Code::primary(access.text), element_of(&access.ty)?, most));
        }
        // Whatever its value is, the checker counts the elements that are listed, or the default.
        let element = match self.rng.below(6) {
            0 => Ty::Int,
            1 => Ty::String,
            2 => Ty::Enum(0),
            3 => Ty::Timestamp,
            _ => Ty::Entity(self.rng.below(self.model.entities.len())),
        };
        let set = Ty::Set(Box::new(element.clone()));
        let over = if self.rng.chance(60) {
            let count = self.rng.between(1, 3);
            let items: Option<Vec<String>> = (0..count)
                .map(|_| self.value(scope, &element, 1, false).map(|item| item.text))
                .collect();
            return Some((Code::primary(format!("[{}]", items?.join(", "))), element, count));
        } else {
            self.value(scope, &set, depth.min(1), false)?
        };
        Some((over, element, DEFAULT_BOUND))
    }

    /// A place in the body of a quantifier, and the name of its variable.
    fn inside(&mut self, scope: &Scope, ty: Ty) -> (String, Scope) {
        let mut inside = scope.clone();
        inside.level += 1;
        // A name that something else has outside: of a constant, or of the quantifier around this one.
        let shadows = scope.has_request && self.rng.chance(15);
        let variable = if shadows {
            // What another constant is made of would be seen there, where that is written out.
            let made_of = |called: &str| {
                let mark = name(Space::Value, called);
                let mut texts = self.model.constants.iter().map(|constant| &constant.text);
                texts.any(|text| text.contains(&mark))
            };
            let constants = self.model.constants.iter().map(|constant| constant.name.clone());
            let constants = constants.filter(|called| !made_of(called));
            let names: Vec<String> = constants.chain(["x1".to_owned()]).collect();
            self.rng.pick(&names).cloned().unwrap_or_default()
        } else {
            format!("{}{}", scope.prefix, inside.level)
        };
        if shadows {
            // What is written out in the place of a call would see it too.
            inside.known.functions = 0;
        }
        let text = ident(&variable);
        inside.locals.retain(|local| local.text != text);
        inside.present.retain(|present| !present.contains(&text));
        inside.taken.push(variable.clone());
        inside.locals.push(Local { text, ty });
        (variable, inside)
    }
}
