//! Values of a wanted type: read, written down, computed, chosen.

use super::conditions::Writer;
use super::scope::{Code, Level, Scope};
use super::values::{Ty, Val, ZONES, value};

impl Writer<'_> {
    /// An expression of a type. Where its place does not tell the type (`hinted`), its text does. `None` where nothing of
    /// the type can be had here.
    pub(super) fn value(&mut self, scope: &Scope, ty: &Ty, depth: usize, hinted: bool) -> Option<Code> {
        for _ in 0..6 {
            let code = match self.rng.below(12) {
                10 => self.constant_of(scope, ty),
                11 => self.call_of(scope, ty, depth),
                0..=2 => self.read(scope, ty, depth),
                3..=6 if depth > 0 => self.computed(scope, ty, depth - 1, hinted),
                7 if depth > 0 => {
                    let condition = self.condition(scope, depth - 1);
                    // One branch that tells its type tells that of the other, unless an action or a type settles which.
                    let open = condition.always.is_empty() && condition.never.is_empty();
                    let (in_yes, in_no) = (scope.without(&condition.never), scope.without(&condition.always));
                    let yes = self.value(&in_yes, ty, depth - 1, hinted && open)?;
                    let no = self.value(&in_no, ty, depth - 1, open)?;
                    Some(Code::conditional(&condition, &yes, &no))
                }
                _ => self.literal(scope, ty, hinted),
            };
            if code.is_some() {
                return code;
            }
        }
        self.read(scope, ty, depth)
            .or_else(|| self.literal(scope, ty, hinted))
    }

    /// Something that can be read, or its default.
    fn read(&mut self, scope: &Scope, ty: &Ty, depth: usize) -> Option<Code> {
        let mut accesses = scope.accesses(self.model, self.rng);
        accesses.retain(|access| access.ty == *ty && (access.guard.is_none() || depth > 0));
        let access = self.rng.pick(&accesses)?.clone();
        if access.guard.is_none() {
            return Some(Code::primary(access.text));
        }
        // What is read tells the type of its default.
        let default = self.value(scope, ty, depth - 1, true)?;
        Some(Code::new(
            Level::Coalesce,
            format!("{} ?? {}", access.text, default.at(Level::Coalesce)),
        ))
    }

    /// The value itself.
    fn literal(&mut self, scope: &Scope, ty: &Ty, hinted: bool) -> Option<Code> {
        if !(hinted || tells_its_type(ty)) {
            return None;
        }
        let mut val = value(self.model, self.rng, ty);
        if let (Ty::Set(inner), Val::Set(items), false) = (ty, &mut val, hinted)
            && items.is_empty()
        {
            items.push(value(self.model, self.rng, inner));
        }
        let text = val.to_language(self.model, hinted);
        // A sign is an operator, and operators may overflow.
        let quoted = matches!(ty, Ty::Timestamp | Ty::String | Ty::Ip | Ty::Entity(_));
        if scope.total && text.contains('-') && !quoted {
            return None;
        }
        Some(Code::new(
            if text.starts_with('-') {
                Level::Negate
            } else {
                Level::Primary
            },
            text,
        ))
    }

    /// An operator's result.
    fn computed(&mut self, scope: &Scope, ty: &Ty, depth: usize, hinted: bool) -> Option<Code> {
        match ty {
            Ty::Bool => Some(self.condition(scope, depth)),
            Ty::Int => match self.rng.below(9) {
                7 | 8 => self.count(scope, depth),
                0 => self.property(scope, &Ty::String, "length", depth),
                1 => {
                    let inner = if self.rng.chance(50) { Ty::Int } else { Ty::String };
                    self.property(scope, &Ty::Set(Box::new(inner)), "size", depth)
                }
                2 => {
                    let unit = self.rng.one(&[
                        "in_milliseconds",
                        "in_seconds",
                        "in_minutes",
                        "in_hours",
                        "in_days",
                    ]);
                    self.property(scope, &Ty::Duration, unit, depth)
                }
                _ => self.sum_or_product(scope, ty, depth),
            },
            Ty::Decimal => self.sum_or_product(scope, ty, depth),
            Ty::Duration => match self.rng.below(5) {
                0 => self.clock(scope, "time_of_day", depth),
                1 => self.operation(scope, (&Ty::Timestamp, "-", &Ty::Timestamp), depth),
                2 => self.operation(scope, (&Ty::Duration, "*", &Ty::Int), depth),
                3 => self.operation(scope, (&Ty::Int, "*", &Ty::Duration), depth),
                _ => self.sum_or_product(scope, ty, depth),
            },
            Ty::Timestamp => match self.rng.below(4) {
                0 if !scope.total => self.clock(scope, "date", depth),
                1 => self.operation(scope, (&Ty::Timestamp, "+", &Ty::Duration), depth),
                2 => self.operation(scope, (&Ty::Duration, "+", &Ty::Timestamp), depth),
                _ => self.operation(scope, (&Ty::Timestamp, "-", &Ty::Duration), depth),
            },
            Ty::Enum(0) => self.clock(scope, "weekday", depth),
            Ty::String => {
                let entity = Ty::Entity(self.rng.below(self.model.entities.len()));
                self.property(scope, &entity, "id", depth)
            }
            Ty::Set(inner) if hinted || tells_its_type(ty) => {
                let count = self.rng.between(usize::from(!hinted), 3);
                let items: Option<Vec<String>> = (0..count)
                    .map(|_| self.value(scope, inner, depth, hinted).map(|item| item.text))
                    .collect();
                items.map(|items| Code::primary(format!("[{}]", items.join(", "))))
            }
            Ty::Record(fields) if hinted => {
                let mut entries = Vec::new();
                for field in fields {
                    if !field.optional || self.rng.chance(60) {
                        let value = self.value(scope, &field.ty, depth, true)?;
                        entries.push(format!("{}: {}", super::model::ident(&field.name), value.text));
                    }
                }
                self.rng.shuffle(&mut entries);
                Some(Code::primary(format!("{{ {} }}", entries.join(", "))))
            }
            Ty::Entity(entity) => Some(Code::primary(self.entity_literal(*entity))),
            Ty::Ip | Ty::Enum(_) | Ty::Map(_) | Ty::Set(_) | Ty::Record(_) => None,
        }
    }

    fn property(&mut self, scope: &Scope, of: &Ty, property: &str, depth: usize) -> Option<Code> {
        let of = self.value(scope, of, depth, false)?;
        Some(Code::primary(format!("{}.{property}", of.at(Level::Primary))))
    }

    /// What a clock shows, in UTC or in a zone.
    fn clock(&mut self, scope: &Scope, property: &str, depth: usize) -> Option<Code> {
        if scope.total || self.rng.chance(40) {
            return self.property(scope, &Ty::Timestamp, property, depth);
        }
        let zone = self.rng.one(&ZONES);
        self.property(
            scope,
            &Ty::Timestamp,
            &format!("at(\"{zone}\").{property}"),
            depth,
        )
    }

    fn sum_or_product(&mut self, scope: &Scope, ty: &Ty, depth: usize) -> Option<Code> {
        let operator = if *ty == Ty::Duration {
            ["+", "-", "negate"]
        } else {
            ["+", "-", "*"]
        };
        let operator = if self.rng.chance(15) {
            "negate"
        } else {
            self.rng.one(&operator)
        };
        if operator != "negate" {
            return self.operation(scope, (ty, operator, ty), depth);
        }
        if scope.total {
            return None;
        }
        let operand = self.value(scope, ty, depth, false)?;
        Some(Code::new(
            Level::Negate,
            format!("-{}", operand.at(Level::Negate)),
        ))
    }

    fn operation(&mut self, scope: &Scope, (a, operator, b): (&Ty, &str, &Ty), depth: usize) -> Option<Code> {
        if scope.total {
            return None;
        }
        let (a, b) = (
            self.value(scope, a, depth, false)?,
            self.value(scope, b, depth, false)?,
        );
        let (level, right) = if operator == "*" {
            (Level::Multiply, Level::Negate)
        } else {
            (Level::Add, Level::Multiply)
        };
        Some(Code::new(
            level,
            format!("{} {operator} {}", a.at(level), b.at(right)),
        ))
    }
}

/// Whether the text of a value tells its type without help.
pub(super) fn tells_its_type(ty: &Ty) -> bool {
    match ty {
        Ty::Record(_) | Ty::Map(_) => false,
        Ty::Set(inner) => !matches!(**inner, Ty::Set(_)) && tells_its_type(inner),
        Ty::Bool
        | Ty::Int
        | Ty::Decimal
        | Ty::String
        | Ty::Timestamp
        | Ty::Duration
        | Ty::Ip
        | Ty::Enum(_)
        | Ty::Entity(_) => true,
    }
}
