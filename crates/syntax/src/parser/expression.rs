//! The operands and operators of an expression, which the grammar leaves in a row, to its tree.

use super::build::Builder;
use super::fault;
use super::grammar::{Node, Nodes, Rule, child, children};
use super::{Built, GROUPING, UNEXPECTED, mend};
use crate::ast::{BinaryOp, EntityRef, Expr, ExprKind, Ident, MAX_DEPTH};
use crate::diagnostic::Diagnostic;
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

/// The binding of the operator that a node is, if it is one.
pub(crate) fn binding(node: Rule) -> Option<Binding> {
    Some(match node {
        Rule::kw_otherwise => Binding::Otherwise,
        Rule::kw_or => Binding::Or,
        Rule::kw_and => Binding::And,
        Rule::comparison | Rule::kw_in | Rule::contains | Rule::kw_has | Rule::is_test | Rule::like_test => {
            Binding::Comparison
        }
        Rule::coalesce => Binding::Coalesce,
        Rule::plus | Rule::minus => Binding::Sum,
        Rule::times => Binding::Product,
        _ => return None,
    })
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

/// Recursion here is bounded twice: brackets and `if` by [`fault::fault`], which runs before, and the right operands of
/// operators by [`Builder::level`]. Chains to the left are loops; `Builder::checked` bounds what they build.
impl Builder<'_> {
    /// The expression that the nodes start with.
    pub(super) fn expression(&mut self, nodes: &mut Nodes<'_>) -> Built<Expr> {
        Ok(self.whole(nodes)?.expr)
    }

    fn whole(&mut self, nodes: &mut Nodes<'_>) -> Built<Tree> {
        let Some(keyword) = nodes.take(Rule::kw_if) else {
            return self.operation(nodes, Binding::Otherwise);
        };
        let start = self.span(&keyword);
        let condition = self.below(start, |builder| builder.whole(nodes))?;
        nodes.take(Rule::kw_then);
        let then = self.below(start, |builder| builder.whole(nodes))?;
        nodes.take(Rule::kw_else);
        let otherwise = self.below(start, |builder| builder.whole(nodes))?;
        let height = condition.height.max(then.height).max(otherwise.height);
        let span = start.to(otherwise.expr.span);
        let kind = ExprKind::If(
            Box::new(condition.expr),
            Box::new(then.expr),
            Box::new(otherwise.expr),
        );
        self.checked(kind, span, height, start)
    }

    /// Operands and the operators between them that bind at least as tightly as this.
    fn operation(&mut self, nodes: &mut Nodes<'_>, least: Binding) -> Built<Tree> {
        let mut left = self.prefixed(nodes, least)?;
        while let Some(found) = nodes.peek().and_then(binding).filter(|found| *found >= least) {
            left = match found {
                Binding::Or => self.chain(nodes, left, Rule::kw_or, Binding::And, ExprKind::Or)?,
                Binding::And => self.chain(nodes, left, Rule::kw_and, Binding::Not, ExprKind::And)?,
                Binding::Comparison => self.comparison(nodes, left)?,
                Binding::Otherwise => self.otherwise(nodes, left)?,
                Binding::Coalesce => self.infix(nodes, left, Binding::Coalesce, binary)?,
                Binding::Sum => self.infix(nodes, left, Binding::Product, binary)?,
                Binding::Product | Binding::Not | Binding::Negation | Binding::Operand => {
                    self.infix(nodes, left, Binding::Negation, binary)?
                }
            };
        }
        Ok(left)
    }

    /// `a and b and c`: one list, however long.
    fn chain(
        &mut self,
        nodes: &mut Nodes<'_>,
        first: Tree,
        connective: Rule,
        operands: Binding,
        kind: fn(Vec<Expr>) -> ExprKind,
    ) -> Built<Tree> {
        let mut span = first.expr.span;
        let mut height = first.height;
        let mut list = vec![first.expr];
        while let Some(word) = nodes.take(connective) {
            let next = self.below(self.span(&word), |builder| builder.operation(nodes, operands))?;
            span = span.to(next.expr.span);
            height = height.max(next.height);
            list.push(next.expr);
        }
        self.checked(kind(list), span, height, span)
    }

    /// The operator that comes next, with its right operand.
    fn infix(
        &mut self,
        nodes: &mut Nodes<'_>,
        left: Tree,
        operand: Binding,
        kind: impl FnOnce(BinaryOp, Box<Expr>, Box<Expr>) -> ExprKind,
    ) -> Built<Tree> {
        let Some(operator) = nodes.next() else {
            return Ok(left);
        };
        let place = self.span(&operator);
        let right = self.below(place, |builder| builder.operation(nodes, operand))?;
        let span = left.expr.span.to(right.expr.span);
        let height = left.height.max(right.height);
        let kind = kind(operator_of(&operator), Box::new(left.expr), Box::new(right.expr));
        self.checked(kind, span, height, place)
    }

    /// `left otherwise b`, after which no operator may follow that seems to belong to `b`.
    fn otherwise(&mut self, nodes: &mut Nodes<'_>, left: Tree) -> Built<Tree> {
        let tree = self.infix(nodes, left, Binding::Operand, |_, a, b| ExprKind::Otherwise(a, b))?;
        if nodes
            .peek()
            .and_then(binding)
            .is_some_and(|next| next > Binding::Otherwise)
            && let Some(operator) = nodes.next()
        {
            let message = format!("`{}` cannot follow the operand of `otherwise`", operator.as_str());
            let error = Diagnostic::error(GROUPING, self.span(&operator), message)
                .with_help("write `(a otherwise b) or c`, or `a otherwise (b or c)`");
            return Err(Box::new(error));
        }
        Ok(tree)
    }

    /// A comparison or a test of `left`, after which no other one may follow.
    fn comparison(&mut self, nodes: &mut Nodes<'_>, left: Tree) -> Built<Tree> {
        let compared = match nodes.peek() {
            Some(Rule::is_test) => self.is_test(nodes, left)?,
            Some(Rule::like_test) => {
                let Some(test) = nodes.next() else { return Ok(left) };
                let text = self.need(child(&test, Rule::text), &test)?;
                let span = left.expr.span.to(self.span(&test));
                let kind = ExprKind::Like(Box::new(left.expr), self.pattern(&text)?, self.span(&text));
                self.checked(kind, span, left.height, self.span(&test))?
            }
            Some(Rule::kw_has) => {
                self.infix(nodes, left, Binding::Coalesce, |_, a, b| ExprKind::Has(a, b))?
            }
            _ => self.infix(nodes, left, Binding::Coalesce, binary)?,
        };
        if nodes.peek().and_then(binding) == Some(Binding::Comparison) {
            let second = nodes.next().map_or(compared.expr.span, |node| self.span(&node));
            let error = Diagnostic::error(GROUPING, second, "comparisons cannot be chained")
                .with_help("write `a < b and b < c`, or parentheses around one of them")
                .with_related(compared.expr.span, "the first comparison");
            return Err(Box::new(error));
        }
        Ok(compared)
    }

    /// `left is T`, `left is T in x`, `left is empty`
    fn is_test(&mut self, nodes: &mut Nodes<'_>, left: Tree) -> Built<Tree> {
        let Some(test) = nodes.next() else { return Ok(left) };
        let span = left.expr.span.to(self.span(&test));
        let Some(ty) = child(&test, Rule::type_name) else {
            return self.checked(
                ExprKind::IsEmpty(Box::new(left.expr)),
                span,
                left.height,
                self.span(&test),
            );
        };
        let ancestor = match nodes.take(Rule::kw_in) {
            Some(word) => Some(self.below(self.span(&word), |builder| {
                builder.operation(nodes, Binding::Coalesce)
            })?),
            None => None,
        };
        let span = ancestor
            .as_ref()
            .map_or(span, |ancestor| span.to(ancestor.expr.span));
        let height = ancestor
            .as_ref()
            .map_or(left.height, |ancestor| left.height.max(ancestor.height));
        let ancestor = ancestor.map(|ancestor| Box::new(ancestor.expr));
        let kind = ExprKind::Is(Box::new(left.expr), self.ident(&ty), ancestor);
        self.checked(kind, span, height, self.span(&test))
    }

    /// An operand with the `not` or the `-` before it.
    fn prefixed(&mut self, nodes: &mut Nodes<'_>, least: Binding) -> Built<Tree> {
        let (sign, prefix, operand) = match nodes.peek() {
            Some(Rule::kw_not) => (Rule::kw_not, Binding::Not, Binding::Comparison),
            Some(Rule::minus) => (Rule::minus, Binding::Negation, Binding::Operand),
            _ => return self.postfixed(nodes),
        };
        let mut prefixes = Vec::new();
        while let Some(word) = nodes.take(sign) {
            let place = self.span(&word);
            if least > prefix {
                return Err(Box::new(needs_parentheses(word.as_str(), place)));
            }
            prefixes.push(place);
            if self.level + prefixes.len() >= MAX_DEPTH {
                return Err(Box::new(fault::too_deep(place)));
            }
        }
        self.level += prefixes.len();
        let number = if sign == Rule::minus {
            nodes.take(Rule::number)
        } else {
            None
        };
        let mut tree = match number {
            Some(number) => self.negated(nodes, &number, &mut prefixes)?,
            None => self.operation(nodes, operand)?,
        };
        while let Some(place) = prefixes.pop() {
            self.level -= 1;
            let span = place.to(tree.expr.span);
            let operand = Box::new(tree.expr);
            let kind = if sign == Rule::minus {
                ExprKind::Negate(operand)
            } else {
                ExprKind::Not(operand)
            };
            tree = self.checked(kind, span, tree.height, place)?;
        }
        Ok(tree)
    }

    /// A number after `-`. The least of its type has no positive counterpart, and takes the last sign into itself.
    fn negated(&mut self, nodes: &mut Nodes<'_>, number: &Node<'_>, signs: &mut Vec<Span>) -> Built<Tree> {
        let alone = !matches!(nodes.peek(), Some(Rule::dot | Rule::index));
        let span = self.span(number);
        match self.least(number).filter(|_| alone) {
            Some(kind) => {
                self.level -= 1;
                let sign = signs.pop().unwrap_or(span);
                Ok(Tree::leaf(kind, sign.to(span)))
            }
            None => {
                let tree = Tree::leaf(self.literal(number)?, span);
                self.postfixes(nodes, tree)
            }
        }
    }

    fn postfixed(&mut self, nodes: &mut Nodes<'_>) -> Built<Tree> {
        let tree = self.primary(nodes)?;
        self.postfixes(nodes, tree)
    }

    fn postfixes(&mut self, nodes: &mut Nodes<'_>, mut tree: Tree) -> Built<Tree> {
        loop {
            if nodes.take(Rule::dot).is_some() {
                let Some(name) = nodes.take(Rule::member) else {
                    return Err(self.unreadable(tree.expr.span));
                };
                let member = self.ident(&name);
                let (place, mut span) = (member.span, tree.expr.span.to(member.span));
                let mut height = tree.height;
                let receiver = Box::new(tree.expr);
                let kind = match nodes.take(Rule::arguments) {
                    Some(_) if member.name == "at" => {
                        return Err(Box::new(mend::not_yet(place, "times in a zone (`.at(…)`)")));
                    }
                    Some(arguments) => {
                        span = span.to(self.span(&arguments));
                        let (arguments, tallest) = self.list(arguments, Rule::open_paren)?;
                        height = height.max(tallest);
                        ExprKind::Method(receiver, member, arguments)
                    }
                    None => ExprKind::Field(receiver, member),
                };
                tree = self.checked(kind, span, height, place)?;
            } else if let Some(index) = nodes.take(Rule::index) {
                let place = self.span(&index);
                let mut inner = Nodes::of(index);
                inner.take(Rule::open_bracket);
                let key = self.below(place, |builder| builder.whole(&mut inner))?;
                let (span, height) = (tree.expr.span.to(place), tree.height.max(key.height));
                let kind = ExprKind::Index(Box::new(tree.expr), Box::new(key.expr));
                tree = self.checked(kind, span, height, place)?;
            } else {
                return Ok(tree);
            }
        }
    }

    fn primary(&mut self, nodes: &mut Nodes<'_>) -> Built<Tree> {
        let Some(node) = nodes.next() else {
            return Err(self.unreadable(self.start()));
        };
        let span = self.span(&node);
        let kind = match node.as_rule() {
            Rule::group => {
                let mut inner = Nodes::of(node);
                inner.take(Rule::open_paren);
                let mut tree = self.whole(&mut inner)?;
                tree.expr.span = span;
                return Ok(tree);
            }
            Rule::set => {
                let (elements, height) = self.list(node, Rule::open_bracket)?;
                return self.checked(ExprKind::Set(elements), span, height, span);
            }
            Rule::record => {
                let entries = child(&node, Rule::entries);
                let (entries, height) = self.below(span, |builder| builder.entry_list(entries))?;
                return self.checked(ExprKind::Record(entries), span, height, span);
            }
            Rule::name => {
                let name = self.ident(&node);
                match nodes.take(Rule::colons).and_then(|_| nodes.take(Rule::text)) {
                    Some(text) => {
                        let id = self.text(&text)?;
                        let span = span.to(id.span);
                        return Ok(Tree::leaf(
                            ExprKind::Entity(EntityRef { ty: name, id, span }),
                            span,
                        ));
                    }
                    None if node.as_str() == "null" => {
                        let error = Diagnostic::error(UNEXPECTED, span, "there is no `null`")
                            .with_help("leave an optional field out, and ask for one with `x has f`");
                        return Err(Box::new(error));
                    }
                    None => ExprKind::Name(name.name),
                }
            }
            Rule::kw_principal => ExprKind::Principal,
            Rule::kw_resource => ExprKind::Resource,
            Rule::kw_action => ExprKind::Action,
            Rule::kw_context => ExprKind::Context,
            _ => self.literal(&node)?,
        };
        Ok(Tree::leaf(kind, span))
    }

    /// The expressions between brackets, and the height of the tallest.
    fn list(&mut self, node: Node<'_>, open: Rule) -> Built<(Vec<Expr>, usize)> {
        let place = self.span(&node);
        let mut nodes = Nodes::of(node);
        nodes.take(open);
        let (mut list, mut height) = (Vec::new(), 0);
        while !matches!(nodes.peek(), None | Some(Rule::close_paren | Rule::close_bracket)) {
            let tree = self.below(place, |builder| builder.whole(&mut nodes))?;
            height = height.max(tree.height);
            list.push(tree.expr);
            nodes.take(Rule::comma);
        }
        Ok((list, height))
    }

    /// The fields of `{ a: 1, b: 2 }`, none where there are no braces.
    pub(super) fn entries(&mut self, node: Option<Node<'_>>) -> Built<Vec<(Ident, Expr)>> {
        Ok(self.entry_list(node)?.0)
    }

    fn entry_list(&mut self, node: Option<Node<'_>>) -> Built<(Vec<(Ident, Expr)>, usize)> {
        let (mut list, mut height) = (Vec::new(), 0);
        for entry in node.into_iter().flat_map(|node| children(node, Rule::entry)) {
            let place = self.span(&entry);
            let mut nodes = Nodes::of(entry);
            let Some(name) = nodes.take(Rule::field_name) else {
                return Err(self.unreadable(place));
            };
            nodes.take(Rule::colon);
            let tree = self.whole(&mut nodes)?;
            height = height.max(tree.height);
            list.push((self.ident(&name), tree.expr));
        }
        Ok((list, height))
    }

    /// Builds something one level further down.
    fn below<T>(&mut self, place: Span, build: impl FnOnce(&mut Self) -> Built<T>) -> Built<T> {
        if self.level + 1 >= MAX_DEPTH {
            return Err(Box::new(fault::too_deep(place)));
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
            return Err(Box::new(fault::too_deep(place)));
        }
        Ok(Tree {
            expr: Expr { kind, span },
            height,
        })
    }
}

fn binary(operator: BinaryOp, left: Box<Expr>, right: Box<Expr>) -> ExprKind {
    ExprKind::Binary(operator, left, right)
}

fn operator_of(node: &Node<'_>) -> BinaryOp {
    match (node.as_rule(), node.as_str()) {
        (_, "==") => BinaryOp::Equal,
        (_, "!=") => BinaryOp::NotEqual,
        (_, "<") => BinaryOp::Less,
        (_, "<=") => BinaryOp::LessOrEqual,
        (_, ">") => BinaryOp::Greater,
        (_, ">=") => BinaryOp::GreaterOrEqual,
        (_, "??") => BinaryOp::Coalesce,
        (_, "+") => BinaryOp::Add,
        (_, "-") => BinaryOp::Subtract,
        (_, "*") => BinaryOp::Multiply,
        (Rule::contains, _) if child(node, Rule::kw_all).is_some() => BinaryOp::ContainsAll,
        (Rule::contains, _) if child(node, Rule::kw_any).is_some() => BinaryOp::ContainsAny,
        (Rule::contains, _) => BinaryOp::Contains,
        _ => BinaryOp::In,
    }
}

fn needs_parentheses(word: &str, place: Span) -> Diagnostic {
    Diagnostic::error(
        GROUPING,
        place,
        format!("`{word}` binds less tightly than the operator before it"),
    )
    .with_help(format!("write parentheses around `{word}` and its operand"))
}
