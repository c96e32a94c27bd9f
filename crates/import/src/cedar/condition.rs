//! A policy's condition to a [`Term`], for all kinds of requests that the policy is about at once.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

use cedar_policy_core::ast::{BinaryOp, EntityType, EntityUID, Expr, ExprKind, Literal, UnaryOp, Var};
use cedar_policy_core::validator::ValidatorSchema;
use cedar_policy_core::validator::types::{BoolType, EntityKind, Type};
use dictum_artifact::value::DAY;

use super::actions::{is_action_type, not_actions};
use super::data::{Extension, extension};
use super::environments::{Environment, Numbered, place};
use super::names::{Full, Names, of_action, of_type};
use super::schema::ACTION;
use super::terms::{EVERYTHING, Kind, Level, Operator, Term, depends_on_erring, take_out};
use super::text;

/// How many parts of a condition may be there twice: as the tests of an `if` are, where they can err.
const MAX_COPIES: usize = 1 << 16;

/// How deep a condition may be nested. What is written may be at most 128 levels, of which it does not take one for each of
/// Cedar's.
const MAX_DEPTH: usize = 300;

/// Why there is no term.
pub(super) enum Unsaid {
    /// What is said differs between kinds of requests, and has to be said for each by itself.
    Mixed,
    /// The language has no way to say it.
    Unsayable {
        /// Why.
        message: String,
        /// Where it stands in the policy's text.
        start: Option<usize>,
    },
}

/// Turns the conditions of one policy into terms.
pub(super) struct Translator<'a> {
    pub(super) names: &'a Names,
    pub(super) schema: &'a ValidatorSchema,
    pub(super) policy: &'a Numbered,
    /// The kinds of requests that the term is for.
    pub(super) environments: Vec<&'a Environment>,
    /// The modules whose names are written bare, and have to be used.
    pub(super) uses: &'a RefCell<BTreeSet<Vec<String>>>,
    /// The modules whose actions are values.
    pub(super) action_values: &'a RefCell<BTreeSet<Vec<String>>>,
    /// How deep the part stands that is being translated.
    pub(super) depth: Cell<usize>,
}

/// The kinds of requests in which a part matters.
pub(super) type Live<'l> = Vec<&'l Environment>;

/// What cannot make a part err where it is asked, as it would have made an earlier one err, or was asked for: see
/// [`Term::causes`].
type Safe = BTreeSet<String>;

impl<'a> Translator<'a> {
    /// The term of a clause, where earlier ones have made some reasons to err impossible; none where they settle it.
    pub(super) fn clause(&self, expr: &Expr, safe: &Safe) -> Result<Option<Term>, Unsaid> {
        let live = Self::live(expr, &self.environments);
        if live.is_empty() {
            return Ok(None);
        }
        self.part(expr, &live, safe).map(Some)
    }

    /// Where the operands of a clause's outermost `&&` stand.
    pub(super) fn places(policy: &Numbered, clause: &Expr) -> Vec<usize> {
        let (mut places, mut rest) = (Vec::new(), vec![clause]);
        while let Some(expr) = rest.pop() {
            match expr.expr_kind() {
                ExprKind::And { left, right } => rest.extend([right, left].map(|side| &**side)),
                _ => places.extend(policy.places.get(place(expr)).copied().flatten()),
            }
        }
        places
    }

    /// The bare name where only one module declares it, and its module is used; the full one else.
    pub(super) fn name(&self, full: &Full, action: bool) -> String {
        let write = |module: &[String]| {
            if action {
                self.names.write_action(full, module)
            } else {
                self.names.write_type(full, module)
            }
        };
        // Every namespace may have a type of actions.
        if full.module.is_empty() || full.name == ACTION || !self.names.is_unique(&full.name) {
            return write(&[]);
        }
        self.uses.borrow_mut().insert(full.module.clone());
        write(&full.module)
    }

    pub(super) fn type_name(&self, ty: &EntityType) -> String {
        self.name(&of_type(ty), false)
    }

    pub(super) fn action_name(&self, uid: &EntityUID) -> String {
        self.name(&of_action(uid), true)
    }

    /// `User::"ann"`
    pub(super) fn entity(&self, uid: &EntityUID) -> String {
        let eid: &str = uid.eid().as_ref();
        format!("{}::{}", self.type_name(uid.entity_type()), text::string(eid))
    }

    /// The one request's action, where the term is for requests for one.
    fn only_action(&self, live: &Live<'a>) -> Option<&'a EntityUID> {
        let first = &live.first()?.shape.action;
        live.iter()
            .all(|environment| environment.shape.action == *first)
            .then_some(first)
    }

    fn start(&self, expr: &Expr) -> Option<usize> {
        self.policy.places.get(place(expr)).copied().flatten()
    }

    pub(super) fn unsayable(&self, expr: &Expr, message: impl Into<String>) -> Unsaid {
        Unsaid::Unsayable {
            message: message.into(),
            start: self.start(expr),
        }
    }

    /// What the types alone say that a condition is.
    fn settled(expr: &Expr, live: &Live<'a>) -> Option<bool> {
        let each = |environment: &&Environment| match environment.types.get(&place(expr)) {
            Some(Type::Bool(BoolType::True)) => Some(true),
            Some(Type::Bool(BoolType::False)) => Some(false),
            _ => None,
        };
        let mut found = live.iter().map(each);
        let first = found.next()??;
        found.all(|other| other == Some(first)).then_some(first)
    }

    fn live(expr: &Expr, live: &Live<'a>) -> Live<'a> {
        live.iter()
            .filter(|environment| environment.types.contains_key(&place(expr)))
            .copied()
            .collect()
    }

    pub(super) fn has_type(expr: &Expr, live: &Live<'a>, wanted: impl Fn(&Type) -> bool) -> bool {
        live.iter()
            .any(|environment| environment.types.get(&place(expr)).is_some_and(&wanted))
    }

    fn is_entity(expr: &Expr, live: &Live<'a>) -> bool {
        Self::has_type(expr, live, |ty| matches!(ty, Type::Entity(_)))
    }

    fn is_action(expr: &Expr, live: &Live<'a>) -> bool {
        Self::has_type(expr, live, is_action_type)
    }

    fn part(&self, expr: &Expr, live: &Live<'a>, safe: &Safe) -> Result<Term, Unsaid> {
        stacker::maybe_grow(128 * 1024, 1024 * 1024, || {
            let depth = self.depth.get();
            if depth > MAX_DEPTH {
                return Err(self.unsayable(
                    expr,
                    format!("the condition is nested deeper than {MAX_DEPTH} levels"),
                ));
            }
            self.depth.set(depth + 1);
            let term = self.kind(expr, live, safe);
            self.depth.set(depth);
            let mut term = term?;
            if term.copies > MAX_COPIES {
                let message = format!(
                    "more than {MAX_COPIES} parts of it would have to be written twice, as they are in tests that can err"
                );
                return Err(self.unsayable(expr, message));
            }
            term.start = self.start(expr).or(term.start);
            Ok(term)
        })
    }

    /// The operands of `a && b && …`, or of `a || b || …`, each as it is behind those before it: where they are all true, or
    /// all false. A long chain is not nesting.
    fn chain(&self, expr: &Expr, value: bool, live: &Live<'a>, safe: &Safe) -> Result<Vec<Term>, Unsaid> {
        let (mut operands, mut rest) = (Vec::new(), expr);
        loop {
            match rest.expr_kind() {
                ExprKind::And { left, right } if value => {
                    operands.push(&**right);
                    rest = left;
                }
                ExprKind::Or { left, right } if !value => {
                    operands.push(&**right);
                    rest = left;
                }
                _ => break,
            }
        }
        let first = self.part(rest, live, safe)?;
        let (mut safe, mut terms) = (first.safe_behind(safe, value), vec![first]);
        for operand in operands.into_iter().rev() {
            let live = Self::live(operand, live);
            if live.is_empty() {
                terms.push(Term::bool(!value));
                break;
            }
            let term = self.part(operand, &live, &safe)?;
            safe = term.safe_behind(&safe, value);
            terms.push(term);
        }
        Ok(terms)
    }

    fn kind(&self, expr: &Expr, live: &Live<'a>, safe: &Safe) -> Result<Term, Unsaid> {
        match expr.expr_kind() {
            ExprKind::Lit(literal) => Ok(self.literal(literal)),
            ExprKind::Var(Var::Principal) => Ok(Term::text("principal", Level::Postfix)),
            ExprKind::Var(Var::Resource) => Ok(Term::text("resource", Level::Postfix)),
            ExprKind::Var(Var::Context) => Ok(Term::text("context", Level::Postfix)),
            ExprKind::Var(Var::Action) => Ok(Term::new(match self.only_action(live) {
                Some(uid) if self.environments.len() == 1 => Kind::Named(uid.clone()),
                Some(_) | None => Kind::Action,
            })),
            ExprKind::Slot(_) | ExprKind::Unknown(_) => {
                Err(self.unsayable(expr, "it is not known what stands here"))
            }
            ExprKind::If {
                test_expr,
                then_expr,
                else_expr,
            } => self.conditional(test_expr, then_expr, else_expr, live, safe),
            ExprKind::And { .. } => Ok(Term::and(self.chain(expr, true, live, safe)?)),
            ExprKind::Or { .. } => Ok(Term::or(self.chain(expr, false, live, safe)?)),
            ExprKind::UnaryApp { op, arg } => {
                let operand = self.part(arg, live, safe)?;
                match op {
                    UnaryOp::Not => Ok(operand.not()),
                    UnaryOp::Neg => Ok(negative(expr, operand, safe)),
                    UnaryOp::IsEmpty => self.condition(expr, live, Operator::IsEmpty, vec![operand]),
                }
            }
            ExprKind::BinaryApp { op, arg1, arg2 } => self.binary(expr, *op, arg1, arg2, live, safe),
            ExprKind::ExtensionFunctionApp { fn_name, args } => {
                let function = fn_name.basename().to_string();
                self.call(expr, &function, args, live, safe)
            }
            ExprKind::GetAttr { expr: of, attr } => {
                // Where it is known to be described, it has not erred.
                let operand = if safe.contains(&of.to_string()) {
                    self.defined(of, live)?
                } else {
                    self.part(of, live, safe)?
                };
                // A field of a record that is written out: the others are not read in Dictum, but may err.
                if let Kind::Apply(Operator::Record(names), values) = &operand.kind
                    && Self::is_action(expr, live)
                {
                    let name = text::name(attr);
                    let found = names
                        .iter()
                        .position(|field| *field == name)
                        .and_then(|at| values.get(at));
                    return match found {
                        Some(value) if !operand.errs() => Ok(value.clone()),
                        Some(_) | None => Err(self.unsayable(expr, "an action is no value in Dictum")),
                    };
                }
                let term = operand.field(text::name(attr));
                let term = if Self::is_entity(of, live) {
                    term.erring(of.to_string(), safe)
                } else {
                    term
                };
                // It may be a condition of its own.
                if Self::has_type(expr, live, |ty| matches!(ty, Type::Bool(_))) {
                    return self.taken_out(expr, term);
                }
                Ok(term)
            }
            ExprKind::HasAttr { expr: of, attr } => {
                let operand = self.part(of, live, safe)?;
                self.has(expr, of, text::name(attr), operand, live)
            }
            ExprKind::ExtHasAttr { expr: of, attrs } => {
                let operand = self.part(of, live, safe)?;
                let path: Vec<String> = attrs.iter().map(|attr| text::name(attr)).collect();
                self.has(expr, of, path.join("."), operand, live)
            }
            ExprKind::Like { expr: of, pattern } => {
                let operand = self.part(of, live, safe)?;
                self.condition(
                    expr,
                    live,
                    Operator::Like(text::pattern(pattern.get_elems())),
                    vec![operand],
                )
            }
            ExprKind::Is {
                expr: of,
                entity_type,
            } => {
                let operand = self.part(of, live, safe)?;
                if let Some(value) = Self::settled(expr, live) {
                    return Ok(Term::settled(value, not_actions(vec![operand])));
                }
                if Self::is_action(of, live) {
                    return Err(Unsaid::Mixed);
                }
                let name = self.type_name(entity_type);
                self.condition(expr, live, Operator::Is(name), vec![operand])
            }
            ExprKind::Set(items) => {
                let items = items.iter().map(|item| self.part(item, live, safe));
                Ok(Term::apply(Operator::Set, items.collect::<Result<_, _>>()?))
            }
            ExprKind::Record(fields) => {
                let names = fields.keys().map(|name| text::name(name)).collect();
                let values = fields.values().map(|value| self.part(value, live, safe));
                Ok(Term::apply(
                    Operator::Record(names),
                    values.collect::<Result<_, _>>()?,
                ))
            }
        }
    }

    fn literal(&self, literal: &Literal) -> Term {
        match literal {
            Literal::Bool(value) => Term::bool(*value),
            Literal::Long(value) => number_term(*value),
            Literal::String(value) => Term::text(text::string(value), Level::Postfix),
            Literal::EntityUID(uid) if uid.is_action() => Term::new(Kind::Named(EntityUID::clone(uid))),
            Literal::EntityUID(uid) => Term::text(self.entity(uid), Level::Postfix),
        }
    }

    fn conditional(
        &self,
        test: &Expr,
        yes: &Expr,
        no: &Expr,
        live: &Live<'a>,
        safe: &Safe,
    ) -> Result<Term, Unsaid> {
        let test_term = self.part(test, live, safe)?;
        // Where the types settle the test, the branch that does not count has no types.
        let counts = |branch: &Expr, wanted: bool| -> Live<'a> {
            let other = Type::singleton_boolean(!wanted);
            let live = live.iter().filter(|environment| {
                environment.types.get(&place(test)) != Some(&other)
                    && environment.types.contains_key(&place(branch))
            });
            live.copied().collect()
        };
        let (live_yes, live_no) = (counts(yes, true), counts(no, false));
        let safe_if = |value| test_term.safe_behind(safe, value);
        let yes = (!live_yes.is_empty())
            .then(|| self.part(yes, &live_yes, &safe_if(true)))
            .transpose()?;
        let no = (!live_no.is_empty())
            .then(|| self.part(no, &live_no, &safe_if(false)))
            .transpose()?;
        match (yes, no) {
            (Some(yes), Some(no)) => Ok(Term::conditional(test_term, yes, no)),
            // Only one branch counts. The test may err all the same.
            (Some(one), None) | (None, Some(one)) if !test_term.errs() => Ok(one),
            (Some(one), None) | (None, Some(one)) if is_condition(&one) => {
                Ok(Term::and(vec![test_term.known(), one]))
            }
            (Some(one), None) | (None, Some(one)) => Ok(Term::conditional(test_term, one.clone(), one)),
            (None, None) => Ok(Term::bool(false)),
        }
    }

    fn binary(
        &self,
        expr: &Expr,
        op: BinaryOp,
        left: &Expr,
        right: &Expr,
        live: &Live<'a>,
        safe: &Safe,
    ) -> Result<Term, Unsaid> {
        let operand = |side: &Expr| match op {
            // It stands behind a test that there is this tag, where neither has erred.
            BinaryOp::GetTag => self.defined(side, live),
            _ => self.part(side, live, safe),
        };
        let (mut a, mut b) = (operand(left)?, operand(right)?);
        match op {
            BinaryOp::Eq | BinaryOp::In => {
                let settled = Self::settled(expr, live);
                let about_actions = Self::is_action(left, live) || Self::is_action(right, live);
                match settled {
                    Some(value) if about_actions => return Ok(Term::settled(value, not_actions(vec![a, b]))),
                    Some(value) => return Ok(Term::settled(value, vec![a, b])),
                    None => {}
                }
                if about_actions {
                    return self.about_actions(expr, op, [a, b], right, live);
                }
                let symbol = if op == BinaryOp::Eq { "==" } else { "in" };
                self.condition(
                    expr,
                    live,
                    Operator::Binary(symbol, Level::Comparison),
                    vec![a, b],
                )
            }
            BinaryOp::Less => {
                self.condition(expr, live, Operator::Binary("<", Level::Comparison), vec![a, b])
            }
            BinaryOp::LessEq => {
                self.condition(expr, live, Operator::Binary("<=", Level::Comparison), vec![a, b])
            }
            BinaryOp::Add => Ok(arithmetic("+", Level::Sum, i64::checked_add, [a, b], expr, safe)),
            BinaryOp::Sub => Ok(arithmetic("-", Level::Sum, i64::checked_sub, [a, b], expr, safe)),
            BinaryOp::Mul => Ok(arithmetic(
                "*",
                Level::Product,
                i64::checked_mul,
                [a, b],
                expr,
                safe,
            )),
            BinaryOp::Contains | BinaryOp::ContainsAll | BinaryOp::ContainsAny => {
                if Self::is_action(left, live) || Self::is_action(right, live) {
                    return self.about_actions(expr, op, [a, b], right, live);
                }
                let symbol = match op {
                    BinaryOp::ContainsAll => "contains all",
                    BinaryOp::ContainsAny => "contains any",
                    _ => "contains",
                };
                self.condition(
                    expr,
                    live,
                    Operator::Binary(symbol, Level::Comparison),
                    vec![a, b],
                )
            }
            BinaryOp::GetTag => Ok(Term::apply(
                Operator::Tag(self.tags(expr, left, live)?),
                vec![a, b],
            )),
            BinaryOp::HasTag => {
                if let Some(value) = Self::settled(expr, live) {
                    return Ok(Term::settled(value, not_actions(vec![a, b])));
                }
                let tags_of = self.tags(expr, left, live)?;
                let surely: BTreeSet<String> = a.surely.union(&b.surely).cloned().collect();
                let mut tests = Vec::new();
                if depends_on_erring(&a) {
                    tests.push(a.known());
                    a = self.defined(left, live)?;
                }
                // Where the entity has no tags at all, Dictum does not ask for the key: only whose tags they are makes it
                // undefined.
                let (untrue, unfalse) = (a.untrue.clone(), a.unfalse.clone());
                if depends_on_erring(&b) || !b.causes.is_subset(&a.untrue) {
                    tests.push(b.known());
                    b = self.defined(right, live)?;
                }
                let undefined = a.undefined_by();
                let mut term = self.condition(expr, live, Operator::HasTag(tags_of), vec![a, b])?;
                term.untrue.retain(|cause| undefined.contains(cause));
                term.unfalse.retain(|cause| undefined.contains(cause));
                (term.untrue, term.unfalse) = (untrue, unfalse);
                term.described.insert(left.to_string());
                Ok(Term::behind(tests, term, surely))
            }
        }
    }

    /// What is known not to err, nor anything in it that is asked: alike wherever it stands.
    fn defined(&self, expr: &Expr, live: &Live<'a>) -> Result<Term, Unsaid> {
        self.part(expr, live, &Safe::from([EVERYTHING.to_owned()]))
    }

    /// The attribute that holds the tags of an entity, which has one type.
    fn tags(&self, expr: &Expr, of: &Expr, live: &Live<'a>) -> Result<String, Unsaid> {
        let mut found = BTreeSet::new();
        for environment in live {
            if let Some(Type::Entity(EntityKind::Entity(types))) = environment.types.get(&place(of))
                && let Some(ty) = types.get_single_entity()
                && let Some(tags) = self.names.tags(&ty.to_string())
            {
                found.insert(text::name(tags));
            }
        }
        let first = found.pop_first();
        match first {
            Some(tags) if found.is_empty() => Ok(tags),
            Some(_) => Err(Unsaid::Mixed),
            None => Err(self.unsayable(expr, "nothing here has tags")),
        }
    }

    fn has(
        &self,
        expr: &Expr,
        of: &Expr,
        path: String,
        operand: Term,
        live: &Live<'a>,
    ) -> Result<Term, Unsaid> {
        if let Some(value) = Self::settled(expr, live) {
            let mut term = Term::settled(value, not_actions(vec![operand]));
            if value {
                term.described.insert(of.to_string());
            }
            return Ok(term);
        }
        let (mut tests, surely) = (Vec::new(), operand.surely.clone());
        let mut operand = operand;
        if depends_on_erring(&operand) {
            tests.push(operand.known());
            operand = self.defined(of, live)?;
        }
        let mut term = self.condition(expr, live, Operator::Has(path), vec![operand])?;
        term.described.insert(of.to_string());
        Ok(Term::behind(tests, term, surely))
    }

    fn call(
        &self,
        expr: &Expr,
        function: &str,
        args: &[Expr],
        live: &Live<'a>,
        safe: &Safe,
    ) -> Result<Term, Unsaid> {
        if let [arg] = args
            && let ExprKind::Lit(Literal::String(written)) = arg.expr_kind()
            && let Some(value) = extension(function, written)
        {
            return value
                .map(extension_term)
                .map_err(|message| self.unsayable(expr, message));
        }
        let mut args = args
            .iter()
            .map(|arg| self.part(arg, live, safe))
            .collect::<Result<Vec<_>, _>>()?
            .into_iter();
        let (Some(a), b) = (args.next(), args.next()) else {
            return Err(self.unsayable(expr, format!("Dictum has no `{function}` without operands")));
        };
        let property = |name| Term::apply(Operator::Property(name), vec![a.clone()]);
        let comparison = |symbol| Operator::Binary(symbol, Level::Comparison);
        match (function, b) {
            ("lessThan", Some(b)) => self.condition(expr, live, comparison("<"), vec![a, b]),
            ("lessThanOrEqual", Some(b)) => self.condition(expr, live, comparison("<="), vec![a, b]),
            ("greaterThan", Some(b)) => self.condition(expr, live, comparison(">"), vec![a, b]),
            ("greaterThanOrEqual", Some(b)) => self.condition(expr, live, comparison(">="), vec![a, b]),
            ("isInRange", Some(b)) => self.condition(expr, live, comparison("in"), vec![a, b]),
            ("isIpv4", None) => self.condition(expr, live, Operator::Property("is_v4"), vec![a]),
            ("isIpv6", None) => self.condition(expr, live, Operator::Property("is_v6"), vec![a]),
            ("isLoopback", None) => self.condition(expr, live, Operator::Property("is_loopback"), vec![a]),
            ("isMulticast", None) => self.condition(expr, live, Operator::Property("is_multicast"), vec![a]),
            ("offset", Some(b)) => Ok(arithmetic("+", Level::Sum, i64::checked_add, [a, b], expr, safe)),
            ("durationSince", Some(b)) => {
                Ok(arithmetic("-", Level::Sum, i64::checked_sub, [a, b], expr, safe))
            }
            ("toDate", None) => {
                // Midnight may be before the first instant that there is.
                let fits = a.number.is_some_and(|instant| instant >= i64::MIN + DAY);
                let term = property("date");
                Ok(if fits {
                    term
                } else {
                    term.erring(expr.to_string(), safe)
                })
            }
            ("toTime", None) => Ok(property("time_of_day")),
            ("toMilliseconds", None) => Ok(property("in_milliseconds")),
            ("toSeconds", None) => Ok(property("in_seconds")),
            ("toMinutes", None) => Ok(property("in_minutes")),
            ("toHours", None) => Ok(property("in_hours")),
            ("toDays", None) => Ok(property("in_days")),
            _ => Err(self.unsayable(expr, format!("Dictum has no `{function}`"))),
        }
    }

    /// A condition that errs where an operand does. Conditionals among the operands that can err are taken out of it.
    fn condition(
        &self,
        expr: &Expr,
        live: &Live<'a>,
        operator: Operator,
        operands: Vec<Term>,
    ) -> Result<Term, Unsaid> {
        if let Some(value) = Self::settled(expr, live) {
            return Ok(Term::settled(value, operands));
        }
        let operands = operands.into_iter().map(|operand| self.as_value(operand));
        let term = Term::apply(operator, operands.collect());
        self.taken_out(expr, term)
    }

    fn taken_out(&self, expr: &Expr, term: Term) -> Result<Term, Unsaid> {
        take_out(term)
            .ok_or_else(|| self.unsayable(expr, "too many values here depend on conditions that can err"))
    }
}

/// Whether a term is one that can be true or false, as far as it shows.
fn is_condition(term: &Term) -> bool {
    match &term.kind {
        Kind::Bool(_) | Kind::And(_) | Kind::Or(_) | Kind::Not(_) => true,
        Kind::If(parts) => is_condition(&parts[1]) && is_condition(&parts[2]),
        Kind::Apply(Operator::Binary(_, level), _) => *level == Level::Comparison,
        Kind::Apply(
            Operator::Has(_)
            | Operator::HasTag(_)
            | Operator::Like(_)
            | Operator::Is(_)
            | Operator::IsEmpty
            | Operator::Known,
            _,
        ) => true,
        Kind::Apply(..) | Kind::Text(..) | Kind::Action | Kind::Named(_) => false,
    }
}

fn number_term(value: i64) -> Term {
    let level = if value < 0 {
        Level::Negative
    } else {
        Level::Postfix
    };
    Term {
        number: Some(value),
        ..Term::text(value.to_string(), level)
    }
}

fn extension_term(value: Extension) -> Term {
    let number = match value {
        Extension::Timestamp(instant, _) => Some(instant.0),
        Extension::Duration(span, _) => Some(span.0),
        Extension::Decimal(_) | Extension::Ip(_) => None,
    };
    let text = match value {
        Extension::Decimal(value) => value.to_string(),
        Extension::Ip(value) => format!("ip\"{value}\""),
        Extension::Timestamp(_, written) => written,
        Extension::Duration(_, written) => written,
    };
    let level = if text.starts_with('-') {
        Level::Negative
    } else {
        Level::Postfix
    };
    Term {
        number,
        ..Term::text(text, level)
    }
}

fn negative(expr: &Expr, operand: Term, safe: &Safe) -> Term {
    let number = operand.number.and_then(i64::checked_neg);
    computed(number, Term::apply(Operator::Negative, vec![operand]), expr, safe)
}

fn arithmetic(
    symbol: &'static str,
    level: Level,
    compute: impl Fn(i64, i64) -> Option<i64>,
    [a, b]: [Term; 2],
    expr: &Expr,
    safe: &Safe,
) -> Term {
    let number = a.number.zip(b.number).and_then(|(a, b)| compute(a, b));
    // `a + -1` is `a - 1`.
    let (symbol, b) = match &b.kind {
        Kind::Text(text, Level::Negative)
            if symbol == "+" && b.number.is_some_and(|number| number > i64::MIN) =>
        {
            ("-", Term::text(text.trim_start_matches('-'), Level::Postfix))
        }
        _ => (symbol, b),
    };
    computed(
        number,
        Term::apply(Operator::Binary(symbol, level), vec![a, b]),
        expr,
        safe,
    )
}

/// A term whose value is this number, if it is known to fit.
fn computed(number: Option<i64>, term: Term, expr: &Expr, safe: &Safe) -> Term {
    match number {
        Some(_) => Term { number, ..term },
        None => term.erring(expr.to_string(), safe),
    }
}
