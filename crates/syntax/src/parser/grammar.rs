//! The parser that pest derives from the grammar.

#[derive(pest_derive::Parser)]
#[grammar = "../../grammar/dictum.pest"]
pub(crate) struct Grammar;

/// What the grammar made of a part of a source.
pub(crate) type Node<'i> = pest::iterators::Pair<'i, Rule>;

/// The child that a rule made, the first of them.
pub(crate) fn child<'i>(node: &Node<'i>, wanted: Rule) -> Option<Node<'i>> {
    node.clone().into_inner().find(|child| child.as_rule() == wanted)
}

/// Nodes to be taken one by one.
pub(crate) struct Nodes<'i>(std::iter::Peekable<pest::iterators::Pairs<'i, Rule>>);

impl<'i> Nodes<'i> {
    /// The children of a node.
    pub(crate) fn of(node: Node<'i>) -> Self {
        Self(node.into_inner().peekable())
    }

    /// The rule of the next node.
    pub(crate) fn peek(&mut self) -> Option<Rule> {
        self.0.peek().map(Node::as_rule)
    }

    /// The next node.
    pub(crate) fn next(&mut self) -> Option<Node<'i>> {
        self.0.next()
    }

    /// The next node, if it is of this rule.
    pub(crate) fn take(&mut self, wanted: Rule) -> Option<Node<'i>> {
        self.0.next_if(|node| node.as_rule() == wanted)
    }
}
