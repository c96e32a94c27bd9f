//! Well-typed conditions, by construction: every operand has the type that its operator takes, every optional value is
//! read where its presence is established.

use super::marks::{Space, name, names};
use super::model::{Model, Shape, ident};
use super::regexes::regex;
use super::rng::Rng;
use super::scope::{Access, Code, Level, Scope};
use super::values::{KEYS, PATTERNS, Ty, Val, ZONES, id};

/// Makes expressions over a model.
pub(super) struct Writer<'m> {
    /// The schema.
    pub model: &'m Model,
    /// The choices.
    pub rng: &'m mut Rng,
}

impl Writer<'_> {
    /// A condition that requests of the scope's shapes can be asked. Of a depth: how many operators may lie around an
    /// atom.
    pub(super) fn condition(&mut self, scope: &Scope, depth: usize) -> Code {
        for _ in 0..12 {
            let code = if depth == 0 || self.rng.chance(35) {
                self.atom(scope, depth)
            } else {
                self.connective(scope, depth)
            };
            if let Some(code) = code {
                return code;
            }
        }
        self.truth(scope)
    }

    fn truth(&mut self, scope: &Scope) -> Code {
        if self.rng.chance(60) {
            Code {
                always: scope.shapes.clone(),
                ..Code::primary("true")
            }
        } else {
            Code {
                never: scope.shapes.clone(),
                ..Code::primary("false")
            }
        }
    }

    fn connective(&mut self, scope: &Scope, depth: usize) -> Option<Code> {
        let next = depth - 1;
        match self.rng.below(14) {
            12 => self.any_or_all(scope, next),
            13 => self.call_of(scope, &Ty::Bool, next),
            0 => Some(self.chain(scope, next, Level::And)),
            1 => Some(self.chain(scope, next, Level::Or)),
            2 => Some(self.condition(scope, next).negated()),
            3 => {
                let condition = self.condition(scope, next);
                let yes = self.condition(&scope.without(&condition.never), next);
                let no = self.condition(&scope.without(&condition.always), next);
                Some(Code::conditional(&condition, &yes, &no))
            }
            4 if !scope.total => {
                // Whether a settled condition settles this is the checker's to know: ask for nothing that is settled.
                let value = self.condition(&scope.unsettled(), next);
                let default = self.condition(&scope.total(), next.min(1));
                let text = format!(
                    "{} otherwise {}",
                    value.at(Level::Otherwise),
                    default.at(Level::Primary)
                );
                Some(Code::new(Level::Otherwise, text))
            }
            5 | 6 => self.narrowed(scope, next),
            _ => self.guarded(scope, next),
        }
    }

    fn chain(&mut self, scope: &Scope, depth: usize, level: Level) -> Code {
        let mut scope = scope.clone();
        let mut operands = Vec::new();
        for _ in 0..self.rng.between(2, 3) {
            let operand = self.condition(&scope, depth);
            scope = scope.without(if level == Level::And {
                &operand.never
            } else {
                &operand.always
            });
            // Also parentheses that are not needed.
            operands.push(if self.rng.chance(10) {
                operand.grouped()
            } else {
                operand
            });
        }
        match (level == Level::And, self.rng.chance(30)) {
            (true, false) => Code::and(&operands),
            (true, true) => Code::and_then(&operands),
            (false, false) => Code::or(&operands),
            (false, true) => Code::or_else(&operands),
        }
    }

    /// A condition with a part that only some of the scope's shapes get to.
    fn narrowed(&mut self, scope: &Scope, depth: usize) -> Option<Code> {
        let (test, keep) = self.type_or_action_test(scope)?;
        let inside = scope.narrowed(&*keep)?;
        let outside = scope.narrowed(|shape| !keep(shape))?;
        let condition = self.condition(&inside, depth);
        Some(match self.rng.below(4) {
            0 => Code::and(&[test, condition]),
            1 => Code::or(&[test.negated(), condition]),
            2 => Code::or(&[test, self.condition(&outside, depth)]),
            _ => Code::conditional(&test, &condition, &self.condition(&outside, depth)),
        })
    }

    /// A test that splits the scope's shapes, and which of them pass.
    #[expect(clippy::type_complexity, reason = "a test and the shapes that it keeps")]
    fn type_or_action_test(&mut self, scope: &Scope) -> Option<(Code, Box<dyn Fn(&Shape) -> bool>)> {
        let (test, keep) = self.some_test(scope)?;
        let (always, never) = scope.shapes.iter().copied().partition(|shape| keep(shape));
        scope.certain.iter().any(&*keep).then_some((
            Code {
                always,
                never,
                ..test
            },
            keep,
        ))
    }

    #[expect(clippy::type_complexity, reason = "a test and the shapes that it keeps")]
    fn some_test(&mut self, scope: &Scope) -> Option<(Code, Box<dyn Fn(&Shape) -> bool>)> {
        let (principals, resources, actions) = (scope.principals(), scope.resources(), scope.actions());
        match self.rng.below(4) {
            0 if principals.len() > 1 => {
                let ty = self.rng.one(&principals);
                let test = self.is_test("principal", ty);
                Some((test, Box::new(move |shape| shape.principal == ty)))
            }
            1 if resources.len() > 1 => {
                let ty = self.rng.one(&resources);
                let test = self.is_test("resource", ty);
                Some((test, Box::new(move |shape| shape.resource == ty)))
            }
            2 if actions.len() > 1 => {
                let action = self.rng.one(&actions);
                scope.certain.iter().find(|shape| shape.action == action)?;
                let read = name(Space::Action, &self.model.actions[action].name);
                let (text, equal) = match self.rng.below(4) {
                    0 => (format!("{read} == action"), true),
                    1 => (format!("action != {read}"), false),
                    _ => (format!("action == {read}"), true),
                };
                let keep = move |shape: &Shape| (shape.action == action) == equal;
                Some((Code::new(Level::Compare, text), Box::new(keep)))
            }
            3 if actions.len() > 1 => {
                let certain =
                    |members: &Vec<usize>| scope.certain.iter().any(|shape| members.contains(&shape.action));
                let all: Vec<usize> = (0..self.model.actions.len()).collect();
                let groups: Vec<usize> = all
                    .into_iter()
                    .filter(|group| certain(&self.model.members(*group)))
                    .collect();
                let listed = self.rng.between(1, 2);
                let listed: Vec<usize> = (0..listed)
                    .filter_map(|_| self.rng.pick(&groups).copied())
                    .collect();
                let all = names(
                    Space::Action,
                    listed.iter().map(|at| self.model.actions[*at].name.as_str()),
                );
                let text = if listed.len() == 1 {
                    format!("action in {all}")
                } else {
                    format!("action in [{all}]")
                };
                let members: Vec<usize> = listed.iter().flat_map(|at| self.model.members(*at)).collect();
                Some((
                    Code::new(Level::Compare, text),
                    Box::new(move |shape| members.contains(&shape.action)),
                ))
            }
            _ => None,
        }
    }

    fn is_test(&mut self, of: &str, ty: usize) -> Code {
        Code::new(Level::Compare, format!("{of} is {}", self.model.entity(ty)))
    }

    /// A condition that reads an optional value behind a test of its presence.
    fn guarded(&mut self, scope: &Scope, depth: usize) -> Option<Code> {
        let accesses = scope.accesses(self.model, self.rng);
        let optional: Vec<&Access> = accesses.iter().filter(|access| access.guard.is_some()).collect();
        let access = (*self.rng.pick(&optional)?).clone();
        let guard = access.guard.clone()?;
        let inside = scope.with(&access.text);
        // A path of two: `x has f.g`, where `f` and `g` are optional.
        if let (Ty::Record(fields), true) = (&access.ty, self.rng.chance(50))
            && let Some(field) = self.rng.pick(fields).filter(|field| field.optional)
        {
            let inner = format!("{}.{}", access.text, ident(&field.name));
            let inner_access = Access {
                text: inner.clone(),
                ty: field.ty.clone(),
                guard: None,
                base: None,
                most: None,
            };
            let condition = self.about(&inside.with(&inner), &inner_access, depth)?;
            let guard = Code::new(Level::Compare, format!("{guard}.{}", ident(&field.name)));
            return Some(Code::and(&[guard, condition]));
        }
        // A key in an optional map, or in a map that is asked for with it: `x has f["key"]`.
        if let (Ty::Map(inner), true) = (&access.ty, self.rng.chance(50)) {
            let step = format!("[\"{}\"]", self.rng.one(&KEYS));
            let text = format!("{}{step}", access.text);
            let inner_access = Access {
                text: text.clone(),
                ty: (**inner).clone(),
                guard: None,
                base: None,
                most: None,
            };
            let condition = self.about(&inside.with(&text), &inner_access, depth)?;
            let guard = Code::new(Level::Compare, format!("{guard}{step}"));
            return Some(Code::and(&[guard, condition]));
        }
        let guard = match &access.base {
            Some((map, Ty::Map(_), step)) if self.rng.chance(50) => match map.rsplit_once('.') {
                Some((of, field)) => format!("{of} has {field}{step}"),
                None => guard,
            },
            _ => guard,
        };
        let by_call = if self.rng.chance(50) {
            self.guard_call(scope, &access, depth.min(1))
        } else {
            None
        };
        let condition = self.about(
            &inside,
            &Access {
                guard: None,
                ..access
            },
            depth,
        )?;
        let guard = by_call.unwrap_or_else(|| Code::new(Level::Compare, guard));
        Some(match self.rng.below(4) {
            0 | 1 if self.rng.chance(20) => Code::and_then(&[guard, condition]),
            0 | 1 => Code::and(&[guard, condition]),
            2 if self.rng.chance(20) => Code::or_else(&[guard.grouped().negated(), condition]),
            2 => Code::or(&[guard.grouped().negated(), condition]),
            _ => Code::conditional(&guard, &condition, &self.condition(scope, depth)),
        })
    }

    /// A condition that certainly reads something.
    fn about(&mut self, scope: &Scope, access: &Access, depth: usize) -> Option<Code> {
        let first = self.test_of(scope, &Code::primary(access.text.clone()), &access.ty, 0)?;
        if depth == 0 || self.rng.chance(50) {
            return Some(first);
        }
        let rest = self.condition(scope, depth - 1);
        Some(Code::and(&[first, rest]))
    }

    fn atom(&mut self, scope: &Scope, depth: usize) -> Option<Code> {
        match self.rng.below(14) {
            12 if depth > 0 => self.any_or_all(scope, 0),
            13 if depth > 0 => self.call_of(scope, &Ty::Bool, 0),
            0 => {
                let accesses = scope.accesses(self.model, self.rng);
                let known = |access: Access| match (access.guard, access.base) {
                    // Of an entity's required attribute, whether it is known.
                    (None, Some((base, Ty::Entity(_), step))) => {
                        let field = step.strip_prefix('.').unwrap_or(&step);
                        Some(format!("{base} has {field}"))
                    }
                    (guard, _) => guard,
                };
                let guards: Vec<String> = accesses.into_iter().filter_map(known).collect();
                self.rng
                    .pick(&guards)
                    .map(|guard| Code::new(Level::Compare, guard.clone()))
            }
            1 => {
                let (test, _) = self.type_or_action_test(scope)?;
                Some(test)
            }
            2 => self.computed_key(scope),
            3 => {
                let ty = self.some_type();
                let value = self.value(scope, &ty, depth, false)?;
                self.test_of(scope, &value, &ty, depth)
            }
            _ => {
                let accesses = scope.accesses(self.model, self.rng);
                let readable: Vec<Access> = accesses
                    .into_iter()
                    .filter(|access| access.guard.is_none())
                    .collect();
                let access = self.rng.pick(&readable)?.clone();
                self.test_of(scope, &Code::primary(access.text), &access.ty, depth)
            }
        }
    }

    /// `map has key` and `map[key] ?? default`, with a key that is computed.
    fn computed_key(&mut self, scope: &Scope) -> Option<Code> {
        let accesses = scope.accesses(self.model, self.rng);
        let maps: Vec<(String, Ty)> = accesses
            .into_iter()
            .filter(|access| access.guard.is_none())
            .filter_map(|access| {
                if let Ty::Map(inner) = access.ty {
                    Some((access.text, *inner))
                } else {
                    None
                }
            })
            .collect();
        let (map, inner) = self.rng.pick(&maps)?.clone();
        let key = self.key(scope)?;
        if self.rng.chance(40) {
            return Some(Code::new(
                Level::Compare,
                format!("{map} has {}", key.at(Level::Coalesce)),
            ));
        }
        let default = self.value(scope, &inner, 0, true)?;
        let read = format!("{map}[{}] ?? {}", key.text, default.at(Level::Coalesce));
        self.test_of(scope, &Code::new(Level::Coalesce, read), &inner, 0)
    }

    /// A test of a value whose type its text tells.
    pub(super) fn test_of(&mut self, scope: &Scope, value: &Code, ty: &Ty, depth: usize) -> Option<Code> {
        // The other operand may be computed too, most of the time.
        let next = if self.rng.chance(60) {
            depth.saturating_sub(1).max(1)
        } else {
            0
        };
        if self.rng.chance(20) {
            return self.equality(scope, value, ty, next);
        }
        if self.rng.chance(30)
            && let Some(test) = self.property_test(scope, value, ty)
        {
            return Some(test);
        }
        let operand = value.at(Level::Coalesce);
        let compare = |text: String| Some(Code::new(Level::Compare, text));
        match ty {
            Ty::Bool => Some(value.clone()),
            Ty::Int | Ty::Decimal | Ty::Timestamp | Ty::Duration => {
                if *ty == Ty::Int && self.rng.chance(20) {
                    let set = self.value(scope, &Ty::Set(Box::new(Ty::Int)), next, true)?;
                    return compare(format!("{operand} in {}", set.at(Level::Coalesce)));
                }
                self.order(scope, &operand, ty, next)
            }
            Ty::Enum(e) if self.model.enums[*e].ordered && self.rng.chance(60) => {
                self.order(scope, &operand, ty, next)
            }
            Ty::Enum(_) => {
                let set = self.value(scope, &Ty::Set(Box::new(ty.clone())), next, true)?;
                compare(format!("{operand} in {}", set.at(Level::Coalesce)))
            }
            Ty::String => self.text_test(scope, value, next),
            Ty::Ip => self.address_test(scope, value, next),
            Ty::Entity(entity) => self.entity_test(scope, value, *entity, next),
            Ty::Set(inner) => self.set_test(scope, value, inner, next),
            Ty::Map(_) => {
                let key = self.rng.one(&KEYS);
                compare(if self.rng.chance(50) {
                    format!("{operand} is empty")
                } else {
                    format!("{operand} has \"{key}\"")
                })
            }
            Ty::Record(_) => self.equality(scope, value, ty, next),
        }
    }

    /// A test of a property of a value, where its type has one that is no Bool.
    fn property_test(&mut self, scope: &Scope, value: &Code, ty: &Ty) -> Option<Code> {
        let (properties, result): (&[&str], Ty) = match ty {
            Ty::String => (&["length"], Ty::Int),
            Ty::Timestamp => {
                let zone = if self.rng.chance(50) && !scope.total {
                    format!(".at(\"{}\")", self.rng.one(&ZONES))
                } else {
                    String::new()
                };
                let (property, result) = self.rng.one(
                    &[
                        ("weekday", Ty::Enum(0)),
                        ("date", Ty::Timestamp),
                        ("time_of_day", Ty::Duration),
                    ]
                    .each_ref(),
                );
                let read = format!("{}{zone}.{property}", value.at(Level::Primary));
                if scope.total && *property == "date" {
                    return None;
                }
                return self.test_of(scope, &Code::primary(read), result, 0);
            }
            Ty::Duration => (
                &[
                    "in_milliseconds",
                    "in_seconds",
                    "in_minutes",
                    "in_hours",
                    "in_days",
                ],
                Ty::Int,
            ),
            Ty::Set(_) => (&["size"], Ty::Int),
            Ty::Entity(_) => (&["id"], Ty::String),
            Ty::Bool | Ty::Int | Ty::Decimal | Ty::Ip | Ty::Enum(_) | Ty::Map(_) | Ty::Record(_) => {
                return None;
            }
        };
        let property = self.rng.one(properties);
        let read = Code::primary(format!("{}.{property}", value.at(Level::Primary)));
        self.test_of(scope, &read, &result, 0)
    }

    fn equality(&mut self, scope: &Scope, value: &Code, ty: &Ty, depth: usize) -> Option<Code> {
        let other = self.value(scope, ty, depth, true)?;
        // What is compared with itself is settled, and the shapes that it settles are not known here.
        if other.text.contains(&value.text) || value.text.contains(&other.text) {
            return None;
        }
        let operator = if self.rng.chance(70) { "==" } else { "!=" };
        let (a, b) = (value.at(Level::Coalesce), other.at(Level::Coalesce));
        let (a, b) = if self.rng.chance(70) { (a, b) } else { (b, a) };
        Some(Code::new(Level::Compare, format!("{a} {operator} {b}")))
    }

    fn order(&mut self, scope: &Scope, operand: &str, ty: &Ty, depth: usize) -> Option<Code> {
        let other = self.value(scope, ty, depth, true)?.at(Level::Coalesce);
        let operator = self.rng.one(&["<", "<=", ">", ">="]);
        let (a, b) = if self.rng.chance(70) {
            (operand, other.as_str())
        } else {
            (other.as_str(), operand)
        };
        Some(Code::new(Level::Compare, format!("{a} {operator} {b}")))
    }

    fn text_test(&mut self, scope: &Scope, value: &Code, depth: usize) -> Option<Code> {
        let operand = value.at(Level::Coalesce);
        Some(match self.rng.below(6) {
            4 | 5 => {
                let regex = regex(self.rng, 2);
                Code::new(Level::Compare, format!("{operand} matches r\"{regex}\""))
            }
            0 => {
                let pattern = self.rng.one(&PATTERNS);
                Code::new(Level::Compare, format!("{operand} like \"{pattern}\""))
            }
            1 => {
                let set = self.value(scope, &Ty::Set(Box::new(Ty::String)), depth, true)?;
                Code::new(
                    Level::Compare,
                    format!("{operand} in {}", set.at(Level::Coalesce)),
                )
            }
            method => {
                let method = if method == 2 { "starts_with" } else { "ends_with" };
                let argument = self.value(scope, &Ty::String, depth, true)?;
                Code::primary(format!(
                    "{}.{method}({})",
                    value.at(Level::Primary),
                    argument.text
                ))
            }
        })
    }

    fn address_test(&mut self, scope: &Scope, value: &Code, depth: usize) -> Option<Code> {
        let operand = value.at(Level::Coalesce);
        Some(match self.rng.below(6) {
            0 | 1 => {
                let network = self.value(scope, &Ty::Ip, depth, true)?;
                Code::new(
                    Level::Compare,
                    format!("{operand} in {}", network.at(Level::Coalesce)),
                )
            }
            2 | 3 => {
                let set = self.value(scope, &Ty::Set(Box::new(Ty::Ip)), depth, true)?;
                Code::new(
                    Level::Compare,
                    format!("{operand} in {}", set.at(Level::Coalesce)),
                )
            }
            _ => {
                let property = self
                    .rng
                    .one(&["is_v4", "is_v6", "is_loopback", "is_multicast", "is_private"]);
                Code::primary(format!("{}.{property}", value.at(Level::Primary)))
            }
        })
    }

    /// Tests of an entity; in the hierarchy only where something of its type can be in the other.
    fn entity_test(&mut self, scope: &Scope, value: &Code, entity: usize, depth: usize) -> Option<Code> {
        let operand = value.at(Level::Coalesce);
        let above = self.model.above(entity);
        let compare = |text: String| Some(Code::new(Level::Compare, text));
        let ty = self.rng.one(&above);
        match self.rng.below(5) {
            0 => {
                let other = self.value(scope, &Ty::Entity(ty), depth, false)?;
                compare(format!("{operand} in {}", other.at(Level::Coalesce)))
            }
            1 => {
                let set = self.value(scope, &Ty::Set(Box::new(Ty::Entity(ty))), depth, false)?;
                compare(format!("{operand} in {}", set.at(Level::Coalesce)))
            }
            2 => {
                let name = self.model.entity(entity);
                let other = self.value(scope, &Ty::Entity(ty), 0, false)?;
                compare(format!("{operand} is {name} in {}", other.at(Level::Coalesce)))
            }
            3 => {
                let text = Code::primary(format!("{}.id", value.at(Level::Primary)));
                self.test_of(scope, &text, &Ty::String, depth)
            }
            _ => self.equality(scope, value, &Ty::Entity(entity), depth),
        }
    }

    fn set_test(&mut self, scope: &Scope, value: &Code, inner: &Ty, depth: usize) -> Option<Code> {
        let operand = value.at(Level::Coalesce);
        let compare = |text: String| Some(Code::new(Level::Compare, text));
        match self.rng.below(5) {
            0 => compare(format!("{operand} is empty")),
            1 => {
                let item = self.value(scope, inner, depth, true)?;
                compare(format!("{operand} contains {}", item.at(Level::Coalesce)))
            }
            2 => {
                let size = Code::primary(format!("{}.size", value.at(Level::Primary)));
                self.test_of(scope, &size, &Ty::Int, depth)
            }
            which => {
                let word = if which == 3 {
                    "contains all"
                } else {
                    "contains any"
                };
                let other = self.value(scope, &Ty::Set(Box::new(inner.clone())), depth, true)?;
                compare(format!("{operand} {word} {}", other.at(Level::Coalesce)))
            }
        }
    }

    fn some_type(&mut self) -> Ty {
        let entity = Ty::Entity(self.rng.below(self.model.entities.len()));
        match self.rng.below(9) {
            0 | 1 => Ty::Int,
            2 => Ty::Decimal,
            3 => Ty::String,
            4 => Ty::Timestamp,
            5 => Ty::Duration,
            6 => Ty::Enum(0),
            7 if self.rng.chance(50) => Ty::Set(Box::new(Ty::Int)),
            7 => Ty::Set(Box::new(Ty::String)),
            _ => entity,
        }
    }

    /// An id of an entity type, in the language.
    pub(super) fn entity_literal(&mut self, entity: usize) -> String {
        let id = id(self.model, self.rng, entity);
        Val::Entity(entity, id).to_language(self.model, true)
    }
}
