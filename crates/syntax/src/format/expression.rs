//! The layout of expressions.
//!
//! Of the operators that stand in a row, the loosest break first, all of them, each at the start of its line. In a clause,
//! `and` and `or` stand below its keyword, so that what they connect is aligned:
//!
//! ```text
//!   unless context.now.weekday <= friday
//!      and context.now.time_of_day >= 8h
//! ```

use std::ops::Range;

use super::layout::{Breaking, Indent, NONE};
use super::writer::Writer;
use crate::parser::expression::Binding;
use crate::parser::grammar::{Node, Nodes, Rule};

/// Where the operators of a row stand that break.
#[derive(Clone, Copy)]
enum Place {
    /// To the left of the operands, right before them: behind a keyword.
    Left,
    /// Below the first operand: in parentheses.
    Below,
    /// Further right than the first operand, since the row is itself an operand.
    Within,
}

/// Operands with operators between them, as the grammar lists them. The last operand of `is empty` and its kin stands in
/// the operator, and nothing behind it.
struct Row<'a> {
    nodes: Vec<Node<'a>>,
    /// Which of the nodes are operators.
    operators: Vec<(usize, Binding)>,
}

impl<'a> Writer<'a> {
    /// The condition of a clause.
    pub(super) fn condition(&mut self, nodes: &mut Nodes<'a>) {
        self.group(Breaking::Consistent, Indent::Here, |writer| {
            writer.placed(nodes, Place::Left);
        });
    }

    /// An expression that starts here.
    pub(super) fn expression(&mut self, nodes: &mut Nodes<'a>) {
        self.placed(nodes, Place::Within);
    }

    /// An expression whose operators stand below its first operand.
    pub(super) fn below(&mut self, nodes: &mut Nodes<'a>) {
        self.placed(nodes, Place::Below);
    }

    fn placed(&mut self, nodes: &mut Nodes<'a>, place: Place) {
        match nodes.peek() {
            Some(Rule::kw_if) => {
                return self.group(Breaking::Consistent, Indent::Here, |writer| {
                    writer.conditional(nodes);
                });
            }
            Some(Rule::kw_any | Rule::kw_all | Rule::kw_count) => {
                return self.group(Breaking::Consistent, Indent::Here, |writer| {
                    writer.quantified(nodes);
                });
            }
            _ => {}
        }
        let row = Row::read(nodes);
        self.row(&row, 0..row.operators.len(), place);
    }

    /// `if a then b else if c then d else e`, with each `else` below the first `if`.
    fn conditional(&mut self, nodes: &mut Nodes<'a>) {
        while nodes.peek() == Some(Rule::kw_if) {
            self.group(Breaking::Consistent, NONE, |writer| {
                writer.words(nodes, 1);
                writer.placed(nodes, Place::Below);
                writer.line(2);
                writer.words(nodes, 1);
                writer.placed(nodes, Place::Below);
            });
            self.line(0);
            self.words(nodes, 1);
        }
        self.placed(nodes, Place::Below);
    }

    /// `any x in s: e`, with the body indented below it where it does not fit.
    fn quantified(&mut self, nodes: &mut Nodes<'a>) {
        self.words(nodes, 3);
        self.placed(nodes, Place::Within);
        self.rest_of(nodes, 1);
        self.line(2);
        self.placed(nodes, Place::Below);
    }

    /// Some of the operators of a row, with the operands around them.
    fn row(&mut self, row: &Row<'a>, operators: Range<usize>, place: Place) {
        let own = row.operators.get(operators.clone()).unwrap_or_default();
        let Some(loosest) = own.iter().map(|(_, binding)| *binding).min() else {
            return self.operand(row.operand(operators.start));
        };
        let offset = match (place, loosest) {
            (Place::Left, Binding::And) => -4,
            (Place::Left, Binding::Or) => -3,
            (Place::Below, Binding::And | Binding::Or) => 0,
            _ => 2,
        };
        self.group(Breaking::Consistent, Indent::Here, |writer| {
            let mut start = operators.start;
            for (at, (node, _)) in operators
                .clone()
                .zip(own)
                .filter(|(_, (_, binding))| *binding == loosest)
            {
                writer.row(row, start..at, Place::Within);
                // A set or a record opens its brackets on the line of its operator, if there are no others to be aligned.
                if own.len() == 1 && row.is_bracketed(at + 1) {
                    writer.space();
                } else {
                    writer.line(offset);
                }
                if let Some(node) = row.nodes.get(*node) {
                    writer.operator(node);
                }
                if !row.operand(at + 1).is_empty() {
                    writer.space();
                }
                start = at + 1;
            }
            writer.row(row, start..operators.end, Place::Within);
        });
    }

    /// An operator, and what it holds.
    fn operator(&mut self, node: &Node<'a>) {
        let mut nodes = Nodes::of(node.clone());
        if nodes.peek().is_none() {
            return self.token(node);
        }
        self.rest_of(&mut nodes, 1);
        while nodes.peek().is_some() {
            self.space();
            self.reference(&mut nodes);
        }
    }

    /// An operand, with the signs before it and the fields and calls behind it.
    fn operand(&mut self, nodes: &[Node<'a>]) {
        let has_fields = nodes
            .iter()
            .any(|node| matches!(node.as_rule(), Rule::dot | Rule::path_dot));
        if !has_fields {
            return nodes.iter().for_each(|node| self.part_of_operand(node));
        }
        self.group(Breaking::Fill, Indent::By(2), |writer| {
            for node in nodes {
                if matches!(node.as_rule(), Rule::dot | Rule::path_dot) {
                    writer.soft_line(0);
                }
                writer.part_of_operand(node);
            }
        });
    }

    fn part_of_operand(&mut self, node: &Node<'a>) {
        let mut nodes = Nodes::of(node.clone());
        match node.as_rule() {
            Rule::kw_not => {
                self.token(node);
                self.space();
            }
            Rule::group => {
                self.rest_of(&mut nodes, 1);
                self.placed(&mut nodes, Place::Below);
                self.rest_of(&mut nodes, 1);
            }
            Rule::set | Rule::arguments | Rule::index => self.in_brackets(&mut nodes),
            Rule::record => self.record(&mut nodes),
            _ => self.token(node),
        }
    }

    /// What a list in brackets holds: an expression, a parameter, or a name that is used.
    fn bracketed(&mut self, nodes: &mut Nodes<'a>) {
        match nodes.take(Rule::parameter) {
            Some(parameter) => self.parameter(&mut Nodes::of(parameter)),
            None => self.expression(nodes),
        }
    }

    /// What stands in brackets or parentheses, with commas between: as much on a line as fits.
    pub(super) fn in_brackets(&mut self, nodes: &mut Nodes<'a>) {
        self.group(Breaking::Consistent, Indent::By(2), |writer| {
            writer.rest_of(nodes, 1);
            if !closes(nodes.peek()) {
                writer.soft_line(0);
                writer.group(Breaking::Fill, NONE, |writer| {
                    writer.bracketed(nodes);
                    while nodes.take(Rule::comma).is_some() && !closes(nodes.peek()) {
                        writer.comma();
                        writer.line(0);
                        writer.bracketed(nodes);
                    }
                });
            }
            writer.soft_line(-2);
            writer.rest_of(nodes, 1);
        });
    }
}

impl<'a> Row<'a> {
    /// The operands and operators up to what is neither.
    fn read(nodes: &mut Nodes<'a>) -> Self {
        let mut row = Self {
            nodes: Vec::new(),
            operators: Vec::new(),
        };
        // After an operand, a minus is an operator; before it, a sign.
        let mut is_complete = false;
        while let Some(next) = nodes.peek() {
            if matches!(next, Rule::kw_then | Rule::kw_else | Rule::comma | Rule::colon) || closes(Some(next))
            {
                break;
            }
            if let Some(binding) = binding(next).filter(|_| is_complete) {
                row.operators.push((row.nodes.len(), binding));
                is_complete = matches!(next, Rule::is_test | Rule::like_test | Rule::matches_test);
            } else {
                is_complete = !matches!(next, Rule::kw_not | Rule::minus);
            }
            row.nodes.extend(nodes.next());
        }
        row
    }

    /// Whether an operand is nothing but a set or a record.
    fn is_bracketed(&self, operand: usize) -> bool {
        matches!(self.operand(operand), [node] if matches!(node.as_rule(), Rule::set | Rule::record))
    }

    /// The nodes before an operator, up to the one before it.
    fn operand(&self, operator: usize) -> &[Node<'a>] {
        let before = operator
            .checked_sub(1)
            .and_then(|before| self.operators.get(before));
        let start = before.map_or(0, |(node, _)| node + 1);
        let end = self
            .operators
            .get(operator)
            .map_or(self.nodes.len(), |(node, _)| *node);
        self.nodes.get(start..end).unwrap_or_default()
    }
}

fn closes(node: Option<Rule>) -> bool {
    matches!(
        node,
        None | Some(Rule::close_paren | Rule::close_bracket | Rule::close_brace)
    )
}

/// The binding of the operator that a node is, if it is one.
fn binding(node: Rule) -> Option<Binding> {
    Some(match node {
        Rule::kw_otherwise => Binding::Otherwise,
        Rule::kw_or | Rule::or_else => Binding::Or,
        Rule::kw_and | Rule::and_then => Binding::And,
        Rule::comparison
        | Rule::kw_in
        | Rule::contains
        | Rule::kw_has
        | Rule::is_test
        | Rule::like_test
        | Rule::matches_test => Binding::Comparison,
        Rule::coalesce => Binding::Coalesce,
        Rule::plus | Rule::minus => Binding::Sum,
        Rule::times => Binding::Product,
        _ => return None,
    })
}
