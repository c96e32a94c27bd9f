//! Tokens to the tree of an expression: operators take their operands by how tightly they bind.

use dictum_artifact::expr::Quantifier;

use super::cursor::{Cursor, refuse};
use super::explain::shortened;
use super::repair::{after, before, edit};
use super::{Built, GROUPING, Refusal, UNEXPECTED, fault};
use crate::ast::{BinaryOp, EntityRef, Expr, ExprKind, Ident, MAX_DEPTH, Text};
use crate::diagnostic::{Diagnostic, Fix};
use crate::lexer::TokenKind;
use crate::source::Span;

/// How tightly operators bind, loosest first. An operand of an operator binds more tightly than it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Binding {
    Otherwise,
    Or,
    And,
    Not,
    Comparison,
    Coalesce,
    Sum,
    Product,
    Negation,
    Operand,
}

/// An expression, and how many levels it has.
struct Tree {
    expr: Expr,
    height: usize,
}

impl Tree {
    fn leaf(kind: ExprKind, span: Span) -> Self {
        Self {
            expr: Expr { kind, span },
            height: 1,
        }
    }
}

/// Recursion here is bounded twice: brackets, `if` and quantifiers by [`fault::fault`], which runs before, and the right
/// operands of operators by [`Cursor::below`]. Chains to the left are loops; `Cursor::checked` bounds what they build.
impl Cursor<'_> {
    /// The expression that comes next.
    pub(super) fn expression(&mut self) -> Built<Expr> {
        Ok(self.whole()?.expr)
    }

    fn whole(&mut self) -> Built<Tree> {
        match self.written() {
            "if" => self.conditional(),
            "any" => self.quantified(Quantifier::Any),
            "all" => self.quantified(Quantifier::All),
            "count" => self.quantified(Quantifier::Count),
            _ => self.operation(Binding::Otherwise),
        }
    }

    /// `if a then b else c`
    fn conditional(&mut self) -> Built<Tree> {
        let start = self.advance();
        let condition = self.below(start, Self::whole)?;
        self.expect("then")?;
        let then = self.below(start, Self::whole)?;
        self.expect("else")?;
        let otherwise = self.below(start, Self::whole)?;
        let height = condition.height.max(then.height).max(otherwise.height);
        let span = start.to(otherwise.expr.span);
        let kind = ExprKind::If(
            Box::new(condition.expr),
            Box::new(then.expr),
            Box::new(otherwise.expr),
        );
        self.checked(kind, span, height, start)
    }

    /// `any x in s: e` and its kin.
    fn quantified(&mut self, quantifier: Quantifier) -> Built<Tree> {
        let start = self.advance();
        let variable = self.name()?;
        self.expect("in")?;
        let over = self.below(start, |cursor| cursor.operation(Binding::Otherwise))?;
        self.expect(":")?;
        let body = self.below(start, Self::whole)?;
        let (height, span) = (over.height.max(body.height), start.to(body.expr.span));
        let kind = ExprKind::Quantified(quantifier, variable, Box::new(over.expr), Box::new(body.expr));
        self.checked(kind, span, height, start)
    }

    /// The operator that comes next, by how tightly it binds.
    fn binding(&self) -> Option<Binding> {
        Some(match self.kind()? {
            TokenKind::Symbol => match self.written() {
                "==" | "!=" | "<" | "<=" | ">" | ">=" => Binding::Comparison,
                "??" => Binding::Coalesce,
                "+" | "-" => Binding::Sum,
                "*" => Binding::Product,
                _ => return None,
            },
            TokenKind::Word => match self.written() {
                "otherwise" => Binding::Otherwise,
                "or" => Binding::Or,
                "and" => Binding::And,
                "in" | "contains" | "has" | "is" | "like" | "matches" => Binding::Comparison,
                _ => return None,
            },
            TokenKind::Quoted
            | TokenKind::Number
            | TokenKind::String
            | TokenKind::DocComment
            | TokenKind::Comment
            | TokenKind::Unknown => return None,
        })
    }

    /// Operands and the operators between them that bind at least as tightly as this.
    fn operation(&mut self, least: Binding) -> Built<Tree> {
        let mut left = self.prefixed(least)?;
        while let Some(found) = self.binding().filter(|found| *found >= least) {
            left = match found {
                Binding::Or => self.chain(left, ["or", "else"], Binding::And)?,
                Binding::And => self.chain(left, ["and", "then"], Binding::Not)?,
                Binding::Comparison => self.comparison(left)?,
                Binding::Otherwise => self.otherwise(left)?,
                Binding::Coalesce => self.infix(left, Binding::Coalesce)?,
                Binding::Sum => self.infix(left, Binding::Product)?,
                Binding::Product | Binding::Not | Binding::Negation | Binding::Operand => {
                    self.infix(left, Binding::Negation)?
                }
            };
        }
        Ok(left)
    }

    /// `a and b and c`, or `a and then b and then c`: one list, however long.
    fn chain(&mut self, first: Tree, [connective, next]: [&str; 2], operands: Binding) -> Built<Tree> {
        let mut span = first.expr.span;
        let mut height = first.height;
        let mut list = vec![first.expr];
        let mut before = None;
        while let Some(word) = self.take(connective) {
            let in_turn = self.take(next);
            let place = in_turn.map_or(word, |next| word.to(next));
            if let Some((other, before)) = before
                && other != in_turn.is_some()
            {
                return Err(refuse(mixed(connective, next, (place, other), before)));
            }
            before = before.or(Some((in_turn.is_some(), place)));
            let next = self.below(word, |cursor| cursor.operation(operands))?;
            span = span.to(next.expr.span);
            height = height.max(next.height);
            list.push(next.expr);
        }
        let is_sequence = before.is_some_and(|(in_turn, _)| in_turn);
        let kind = match (operands == Binding::Not, is_sequence) {
            (true, false) => ExprKind::And(list),
            (true, true) => ExprKind::AndThen(list),
            (false, false) => ExprKind::Or(list),
            (false, true) => ExprKind::OrElse(list),
        };
        self.checked(kind, span, height, span)
    }

    /// The operator of two operands that comes next, with its right one.
    fn infix(&mut self, left: Tree, operand: Binding) -> Built<Tree> {
        let (operator, place) = self.operator()?;
        let kind = |a, b| ExprKind::Binary(operator, a, b);
        self.right(left, place, operand, kind)
    }

    /// The right operand of the operator at a place.
    fn right(
        &mut self,
        left: Tree,
        place: Span,
        operand: Binding,
        kind: impl FnOnce(Box<Expr>, Box<Expr>) -> ExprKind,
    ) -> Built<Tree> {
        let right = self.below(place, |cursor| cursor.operation(operand))?;
        let span = left.expr.span.to(right.expr.span);
        let height = left.height.max(right.height);
        let kind = kind(Box::new(left.expr), Box::new(right.expr));
        self.checked(kind, span, height, place)
    }

    fn operator(&mut self) -> Built<(BinaryOp, Span)> {
        let operator = match self.written() {
            "==" => BinaryOp::Equal,
            "!=" => BinaryOp::NotEqual,
            "<" => BinaryOp::Less,
            "<=" => BinaryOp::LessOrEqual,
            ">" => BinaryOp::Greater,
            ">=" => BinaryOp::GreaterOrEqual,
            "??" => BinaryOp::Coalesce,
            "+" => BinaryOp::Add,
            "-" => BinaryOp::Subtract,
            "*" => BinaryOp::Multiply,
            "in" => BinaryOp::In,
            "contains" => {
                let start = self.advance();
                let operator = if self.take("all").is_some() {
                    BinaryOp::ContainsAll
                } else if self.take("any").is_some() {
                    BinaryOp::ContainsAny
                } else {
                    BinaryOp::Contains
                };
                return Ok((operator, self.since(start)));
            }
            _ => return Err(Refusal::Unexpected),
        };
        Ok((operator, self.advance()))
    }

    /// `left otherwise b`, after which no operator may follow that seems to belong to `b`.
    fn otherwise(&mut self, left: Tree) -> Built<Tree> {
        let word = self.advance();
        let tree = self.right(left, word, Binding::Operand, ExprKind::Otherwise)?;
        if self.binding().is_some_and(|next| next > Binding::Otherwise) {
            let operator = self.written();
            let (_, place) = self.operator().unwrap_or((BinaryOp::In, self.place()));
            let message = format!("`{operator}` cannot follow the operand of `otherwise`");
            let error = Diagnostic::error(GROUPING, place, message)
                .with_help("write `(a otherwise b) or c`, or `a otherwise (b or c)`");
            return Err(refuse(error));
        }
        Ok(tree)
    }

    /// A comparison or a test of `left`, after which no other one may follow.
    fn comparison(&mut self, left: Tree) -> Built<Tree> {
        let compared = match self.written() {
            "is" => self.is_test(left)?,
            "like" => {
                let word = self.advance();
                let (pattern, place) = self.pattern()?;
                let (span, height) = (left.expr.span.to(place), left.height);
                let kind = ExprKind::Like(Box::new(left.expr), pattern, place);
                self.checked(kind, span, height, word)?
            }
            "matches" => {
                let word = self.advance();
                let text = self.raw_text()?;
                let (span, height) = (left.expr.span.to(text.span), left.height);
                self.checked(ExprKind::Matches(Box::new(left.expr), text), span, height, word)?
            }
            "has" => {
                let word = self.advance();
                self.right(left, word, Binding::Coalesce, ExprKind::Has)?
            }
            operator @ ("==" | "!=") if is_null(self.written_at(1)) => {
                return Err(refuse(self.compared_to_null(&left.expr, operator == "==")));
            }
            _ => self.infix(left, Binding::Coalesce)?,
        };
        if self.binding() == Some(Binding::Comparison) {
            let error = Diagnostic::error(GROUPING, self.place(), "comparisons cannot be chained")
                .with_help("write `a < b and b < c`, or parentheses around one of them")
                .with_related(compared.expr.span, "the first comparison");
            return Err(refuse(error));
        }
        Ok(compared)
    }

    /// The error of `a.b == null`, or `!=`: it asks whether `b` is there.
    fn compared_to_null(&mut self, left: &Expr, equal: bool) -> Diagnostic {
        self.advance();
        let written = self.written();
        let place = self.advance();
        let error = no_null(written, place);
        let ExprKind::Field(of, name) = &left.kind else {
            return error;
        };
        let (of, field) = (of.span, self.text_of(name.span));
        let test = format!("{} has {field}", self.text_of(of));
        let test = if equal { format!("not {test}") } else { test };
        error.with_fix(Fix::replace(
            format!("write `{}`", shortened(&test)),
            left.span.to(place),
            test,
        ))
    }

    /// `left is T`, `left is T in x`, `left is empty`
    fn is_test(&mut self, left: Tree) -> Built<Tree> {
        let place = self.advance();
        if let Some(empty) = self.take("empty") {
            let span = left.expr.span.to(empty);
            return self.checked(ExprKind::IsEmpty(Box::new(left.expr)), span, left.height, place);
        }
        let ty = self.reference()?;
        let mut span = left.expr.span.to(ty.span);
        let mut height = left.height;
        let ancestor = match self.take("in") {
            Some(word) => {
                let ancestor = self.below(word, |cursor| cursor.operation(Binding::Coalesce))?;
                span = span.to(ancestor.expr.span);
                height = height.max(ancestor.height);
                Some(Box::new(ancestor.expr))
            }
            None => None,
        };
        let kind = ExprKind::Is(Box::new(left.expr), ty, ancestor);
        self.checked(kind, span, height, place)
    }

    /// An operand with the `not` or the `-` before it.
    fn prefixed(&mut self, least: Binding) -> Built<Tree> {
        let (sign, prefix, operand) = match self.written() {
            "not" => ("not", Binding::Not, Binding::Comparison),
            "-" => ("-", Binding::Negation, Binding::Operand),
            _ => return self.postfixed(),
        };
        let mut prefixes = Vec::new();
        while let Some(place) = self.take(sign) {
            if least > prefix {
                let error = needs_parentheses(sign, place);
                return Err(refuse(self.with_parentheses(error, place)));
            }
            prefixes.push(place);
            if self.level + prefixes.len() >= MAX_DEPTH {
                return Err(refuse(fault::too_deep(place)));
            }
        }
        self.level += prefixes.len();
        let mut tree = if sign == "-" && self.kind() == Some(TokenKind::Number) {
            self.negated(&mut prefixes)?
        } else {
            self.operation(operand)?
        };
        while let Some(place) = prefixes.pop() {
            self.level -= 1;
            let span = place.to(tree.expr.span);
            let operand = Box::new(tree.expr);
            let kind = if sign == "-" {
                ExprKind::Negate(operand)
            } else {
                ExprKind::Not(operand)
            };
            tree = self.checked(kind, span, tree.height, place)?;
        }
        Ok(tree)
    }

    /// The error of a sign that needs parentheses, with those, where its operand is certain.
    fn with_parentheses(&mut self, error: Diagnostic, place: Span) -> Diagnostic {
        match self.postfixed() {
            Ok(operand) if self.binding().is_none_or(|next| next <= Binding::And) => {
                let end = operand.expr.span;
                error.with_fix(Fix {
                    title: "write parentheses around it".to_owned(),
                    edits: vec![edit(before(place), "("), edit(after(end), ")")],
                })
            }
            _ => error,
        }
    }

    /// A number after `-`. The least of its type has no positive counterpart, and takes the last sign into itself.
    fn negated(&mut self, signs: &mut Vec<Span>) -> Built<Tree> {
        let alone = !matches!(self.written_at(1), "." | "[");
        match self.least().filter(|_| alone) {
            Some(kind) => {
                let span = self.advance();
                self.level -= 1;
                let sign = signs.pop().unwrap_or(span);
                Ok(Tree::leaf(kind, sign.to(span)))
            }
            None => self.postfixed(),
        }
    }

    /// An operand with the fields, calls and keys behind it.
    fn postfixed(&mut self) -> Built<Tree> {
        let mut tree = self.primary()?;
        loop {
            if self.take(".").is_some() {
                let member = self.own_name()?;
                let (place, mut span) = (member.span, tree.expr.span.to(member.span));
                let mut height = tree.height;
                let receiver = Box::new(tree.expr);
                let kind = if self.is("(") {
                    let (arguments, tallest) = self.expressions(")")?;
                    span = self.since(span);
                    height = height.max(tallest);
                    ExprKind::Method(receiver, member, arguments)
                } else {
                    ExprKind::Field(receiver, member)
                };
                tree = self.checked(kind, span, height, place)?;
            } else if let Some(start) = self.take("[") {
                let key = self.below(start, Self::whole)?;
                self.expect("]")?;
                let (span, height) = (self.since(tree.expr.span), tree.height.max(key.height));
                let kind = ExprKind::Index(Box::new(tree.expr), Box::new(key.expr));
                tree = self.checked(kind, span, height, self.since(start))?;
            } else {
                return Ok(tree);
            }
        }
    }

    fn primary(&mut self) -> Built<Tree> {
        if self.is_name() {
            return self.named();
        }
        let start = self.place();
        let kind = match self.written() {
            "(" => {
                self.advance();
                let mut tree = self.whole()?;
                self.expect(")")?;
                tree.expr.span = self.since(start);
                return Ok(tree);
            }
            "[" => {
                let (elements, height) = self.expressions("]")?;
                let span = self.since(start);
                return self.checked(ExprKind::Set(elements), span, height, span);
            }
            "{" => {
                let (entries, height) = self.below(start, |cursor| cursor.entry_list(true))?;
                let span = self.since(start);
                return self.checked(ExprKind::Record(entries), span, height, span);
            }
            "principal" => ExprKind::Principal,
            "resource" => ExprKind::Resource,
            "action" => ExprKind::Action,
            "context" => ExprKind::Context,
            _ => return Ok(Tree::leaf(self.literal()?, start)),
        };
        self.advance();
        Ok(Tree::leaf(kind, start))
    }

    /// A name that stands alone, before arguments, or with its path before an id.
    fn named(&mut self) -> Built<Tree> {
        if self.is_entity() {
            let entity: EntityRef = self.entity_ref()?;
            let span = entity.span;
            return Ok(Tree::leaf(ExprKind::Entity(entity), span));
        }
        let written = self.written();
        let name = self.name()?;
        let span = name.span;
        if self.is("(") {
            let (arguments, height) = self.expressions(")")?;
            let whole = self.since(span);
            return self.checked(ExprKind::Call(name, arguments), whole, height, span);
        }
        if is_null(written) {
            return Err(refuse(no_null(written, span)));
        }
        Ok(Tree::leaf(ExprKind::Name(name.name), span))
    }

    /// Whether the name that comes next is the type of an entity, or the start of its path.
    fn is_entity(&self) -> bool {
        let mut after = 1;
        while self.written_at(after) == "." && self.is_name_at(after + 1) {
            after += 2;
        }
        self.written_at(after) == "::"
    }

    /// The expressions in brackets, and the height of the tallest.
    fn expressions(&mut self, close: &str) -> Built<(Vec<Expr>, usize)> {
        let open = self.advance();
        let mut height = 0;
        let list = self.list_up_to(close, |cursor| {
            let tree = cursor.below(open, Self::whole)?;
            height = height.max(tree.height);
            Ok(tree.expr)
        })?;
        Ok((list, height))
    }

    /// The fields of `{ a: 1, b: 2 }`.
    pub(super) fn entries(&mut self) -> Built<Vec<(Ident, Expr)>> {
        Ok(self.entry_list(false)?.0)
    }

    /// The fields or, if it may be a map, the keys in braces; and the height of the tallest value.
    fn entry_list(&mut self, may_be_map: bool) -> Built<(Vec<(Ident, Expr)>, usize)> {
        let mut height = 0;
        let list = self.in_braces(|cursor| {
            let name = if may_be_map && cursor.kind() == Some(TokenKind::String) {
                let Text { value: name, span } = cursor.text()?;
                Ident { name, span }
            } else {
                cursor.own_name()?
            };
            cursor.expect(":")?;
            let tree = cursor.whole()?;
            height = height.max(tree.height);
            Ok((name, tree.expr))
        })?;
        Ok((list, height))
    }

    /// Builds something one level further down.
    fn below<T>(&mut self, place: Span, build: impl FnOnce(&mut Self) -> Built<T>) -> Built<T> {
        if self.level + 1 >= MAX_DEPTH {
            return Err(refuse(fault::too_deep(place)));
        }
        self.level += 1;
        let built = build(self);
        self.level -= 1;
        built
    }

    /// An expression over operands of which the tallest has this height.
    fn checked(&self, kind: ExprKind, span: Span, operands: usize, place: Span) -> Built<Tree> {
        let height = operands + 1;
        if self.level + height > MAX_DEPTH {
            return Err(refuse(fault::too_deep(place)));
        }
        Ok(Tree {
            expr: Expr { kind, span },
            height,
        })
    }
}

/// What others write for a value that is absent.
fn is_null(written: &str) -> bool {
    matches!(written, "null" | "nil" | "NULL")
}

fn no_null(written: &str, span: Span) -> Diagnostic {
    Diagnostic::error(UNEXPECTED, span, format!("there is no `{written}`"))
        .with_help("leave an optional field out, and ask for one with `x has f`")
}

/// The error of `and` and `and then` in one row, or `or` and `or else`: at the place of the second, where the first was.
fn mixed(word: &str, next: &str, (place, is_first_sequence): (Span, bool), first: Span) -> Diagnostic {
    let both = format!("{word} {next}");
    let (one, other) = if is_first_sequence {
        (both.as_str(), word)
    } else {
        (word, both.as_str())
    };
    let message = format!("`{other}` cannot follow `{one}` without parentheses");
    Diagnostic::error(GROUPING, place, message)
        .with_help(format!(
            "write `(a {one} b) {other} c`, or `a {one} (b {other} c)`"
        ))
        .with_related(first, "the other operator")
}

fn needs_parentheses(word: &str, place: Span) -> Diagnostic {
    Diagnostic::error(
        GROUPING,
        place,
        format!("`{word}` binds less tightly than the operator before it"),
    )
    .with_help(format!("write parentheses around `{word}` and its operand"))
}
