//! The layout of declarations: a head, what stands in braces, and clauses.
//!
//! A head that does not fit goes on in lines indented by four columns, so that they are not taken for clauses, which are
//! indented by two.

use super::layout::{Breaking, Flat, Indent, NONE};
use super::writer::Writer;
use crate::parser::grammar::{Node, Nodes, Rule};

const HEAD: Indent = Indent::By(4);

/// How the parts in braces stand, if not all on one line.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Braced {
    /// One on a line, without commas: the fields of a type.
    Fields,
    /// One on a line, if there are several: what fixtures and tests consist of.
    Lines,
    /// As many on a line as fit, or one on a line where the source has that; with commas between them.
    Values,
}

impl<'a> Writer<'a> {
    /// Lays out a declaration with its annotations.
    pub(super) fn declaration(&mut self, node: &Node<'a>, base: u32) {
        self.start(base);
        for part in node.clone().into_inner() {
            let kind = part.as_rule();
            let mut nodes = Nodes::of(part);
            match kind {
                Rule::annotation => {
                    self.rest(&mut nodes);
                    self.forced_break(false);
                }
                Rule::entity => self.entity(&mut nodes),
                Rule::enumeration => {
                    self.words_up_to(&mut nodes, Rule::open_brace);
                    self.in_braces(&mut nodes, Braced::Values);
                }
                Rule::alias => {
                    self.words_up_to(&mut nodes, Rule::equals);
                    self.words(&mut nodes, 1);
                    self.type_expr(&mut nodes);
                }
                Rule::context => {
                    self.words(&mut nodes, 1);
                    self.fields(&mut nodes);
                }
                Rule::obligation => {
                    self.words(&mut nodes, 1);
                    self.rest_of(&mut nodes, 1);
                    if nodes.peek().is_some() {
                        self.space();
                        self.fields(&mut nodes);
                    }
                }
                Rule::module | Rule::import => self.import(&mut nodes),
                Rule::principal_types => self.group(Breaking::Fill, HEAD, |writer| {
                    writer.words(&mut nodes, 1);
                    writer.list(&mut nodes);
                }),
                Rule::function => self.function(&mut nodes),
                Rule::constant => self.constant(&mut nodes),
                Rule::action => self.action(&mut nodes),
                Rule::role => self.role(&mut nodes),
                Rule::rule | Rule::invariant | Rule::exclusive => self.rule(&mut nodes),
                Rule::fixture => {
                    self.group(Breaking::Fill, HEAD, |writer| {
                        writer.words(&mut nodes, 1);
                        writer.rest_of(&mut nodes, 1);
                        writer.lists(&mut nodes, &[Rule::base]);
                    });
                    self.space();
                    self.in_braces(&mut nodes, Braced::Lines);
                }
                _ => {
                    self.group(Breaking::Fill, HEAD, |writer| {
                        writer.words(&mut nodes, 1);
                        writer.rest_of(&mut nodes, 1);
                        writer.lists(&mut nodes, &[Rule::using]);
                    });
                    self.space();
                    self.in_braces(&mut nodes, Braced::Lines);
                }
            }
        }
        self.flush();
    }

    // -----------------------------------------------------------------------------------------------------------
    // Schema
    // -----------------------------------------------------------------------------------------------------------

    fn entity(&mut self, nodes: &mut Nodes<'a>) {
        self.group(Breaking::Fill, HEAD, |writer| {
            writer.words(nodes, 1);
            writer.rest_of(nodes, 1);
            writer.lists(nodes, &[Rule::parents]);
        });
        if nodes.peek() == Some(Rule::fields) {
            self.space();
            self.fields(nodes);
        }
        if let Some(ids) = nodes.take(Rule::ids) {
            let mut nodes = Nodes::of(ids);
            self.space();
            self.words(&mut nodes, 1);
            self.in_brackets(&mut nodes);
        }
    }

    fn action(&mut self, nodes: &mut Nodes<'a>) {
        self.group(Breaking::Fill, HEAD, |writer| {
            writer.words(nodes, 1);
            writer.list(nodes);
            writer.lists(nodes, &[Rule::groups, Rule::principals, Rule::resources]);
        });
        if nodes.peek() == Some(Rule::fields) {
            self.space();
            self.fields(nodes);
        }
    }

    fn fields(&mut self, nodes: &mut Nodes<'a>) {
        if let Some(fields) = nodes.take(Rule::fields) {
            self.in_braces(&mut Nodes::of(fields), Braced::Fields);
        }
    }

    /// `module a.b`, `use a.b.{c, d}`
    fn import(&mut self, nodes: &mut Nodes<'a>) {
        self.words(nodes, 1);
        self.item(nodes);
        self.rest_of(nodes, 1);
        if let Some(names) = nodes.take(Rule::used_names) {
            self.in_brackets(&mut Nodes::of(names));
        }
    }

    fn function(&mut self, nodes: &mut Nodes<'a>) {
        self.group(Breaking::Fill, NONE, |writer| {
            writer.words(nodes, 1);
            writer.rest_of(nodes, 1);
            if let Some(parameters) = nodes.take(Rule::parameters) {
                writer.in_brackets(&mut Nodes::of(parameters));
            }
            writer.space();
            writer.rest_of(nodes, 1);
            writer.value(nodes);
        });
    }

    /// `a: Int`
    pub(super) fn parameter(&mut self, nodes: &mut Nodes<'a>) {
        self.group(Breaking::Fill, NONE, |writer| {
            writer.rest_of(nodes, 2);
            writer.value_follows(nodes);
            writer.type_expr(nodes);
        });
    }

    fn constant(&mut self, nodes: &mut Nodes<'a>) {
        self.group(Breaking::Fill, NONE, |writer| {
            writer.group(Breaking::Fill, HEAD, |writer| {
                writer.words(nodes, 1);
                writer.rest_of(nodes, 1);
                if nodes.peek() == Some(Rule::colon) {
                    writer.rest_of(nodes, 1);
                    writer.line(0);
                    writer.type_expr(nodes);
                }
            });
            writer.space();
            writer.rest_of(nodes, 1);
            writer.value(nodes);
        });
    }

    /// The value behind `=`: on a line of its own where it does not fit, but for one in brackets.
    fn value(&mut self, nodes: &mut Nodes<'a>) {
        let indent = if matches!(nodes.peek(), Some(Rule::set | Rule::record)) {
            self.space();
            NONE
        } else {
            self.line(2);
            Indent::Here
        };
        self.group(Breaking::Consistent, indent, |writer| writer.below(nodes));
    }

    /// `Set<{ a: Int }>`
    fn type_expr(&mut self, nodes: &mut Nodes<'a>) {
        let Some(node) = nodes.next() else { return };
        match node.as_rule() {
            Rule::record_type => self.fields(&mut Nodes::of(node)),
            Rule::set_type | Rule::map_type => {
                let mut nodes = Nodes::of(node);
                self.rest_of(&mut nodes, 2);
                self.type_expr(&mut nodes);
                if let Some(bound) = nodes.take(Rule::bound) {
                    let mut nodes = Nodes::of(bound);
                    self.words(&mut nodes, 1);
                    self.rest(&mut nodes);
                }
                self.rest_of(&mut nodes, 1);
            }
            _ => self.reference(&mut Nodes::of(node)),
        }
    }

    // -----------------------------------------------------------------------------------------------------------
    // Roles and rules
    // -----------------------------------------------------------------------------------------------------------

    fn role(&mut self, nodes: &mut Nodes<'a>) {
        self.group(Breaking::Consistent, NONE, |writer| {
            writer.group(Breaking::Fill, HEAD, |writer| {
                writer.words(nodes, 1);
                writer.rest_of(nodes, 1);
                writer.lists(nodes, &[Rule::resources, Rule::includes]);
            });
            if let Some(allowed) = nodes.take(Rule::allowed) {
                writer.space();
                writer.in_braces(&mut Nodes::of(allowed), Braced::Values);
            }
            if let Some(held) = nodes.take(Rule::held) {
                let mut nodes = Nodes::of(held);
                writer.line(2);
                while matches!(
                    nodes.peek(),
                    Some(Rule::kw_held | Rule::kw_by | Rule::kw_grant | Rule::kw_or | Rule::kw_when)
                ) {
                    let is_last = nodes.peek() == Some(Rule::kw_grant);
                    writer.rest_of(&mut nodes, 1);
                    if !is_last || nodes.peek().is_some() {
                        writer.space();
                    }
                }
                writer.condition(&mut nodes);
            }
        });
    }

    fn rule(&mut self, nodes: &mut Nodes<'a>) {
        self.group(Breaking::Consistent, NONE, |writer| {
            writer.group(Breaking::Fill, HEAD, |writer| {
                if let Some(label) = nodes.take(Rule::label) {
                    writer.rest(&mut Nodes::of(label));
                    writer.line(0);
                }
                writer.words(nodes, 1);
                match nodes.take(Rule::who) {
                    Some(who) => writer.list(&mut Nodes::of(who)),
                    None => writer.list(nodes),
                }
                writer.lists(nodes, &[Rule::deeds, Rule::what, Rule::resources]);
            });
            while let Some(clause) = nodes.take(Rule::clause) {
                let mut nodes = Nodes::of(clause);
                writer.line(2);
                writer.words(&mut nodes, 1);
                writer.condition(&mut nodes);
            }
            while let Some(reason) = nodes.next() {
                writer.line(2);
                if reason.as_rule() == Rule::obligations {
                    writer.obligations(reason);
                    continue;
                }
                let mut nodes = Nodes::of(reason);
                writer.group(Breaking::Fill, HEAD, |writer| {
                    writer.rest_of(&mut nodes, 1);
                    writer.line(0);
                    writer.rest(&mut nodes);
                });
            }
        });
    }

    /// `with a { b: 1 }, c`, one below the other where they do not fit a line.
    fn obligations(&mut self, node: Node<'a>) {
        let mut nodes = Nodes::of(node);
        self.words(&mut nodes, 1);
        self.group(Breaking::Consistent, Indent::Here, |writer| {
            writer.list(&mut nodes);
        });
    }

    // -----------------------------------------------------------------------------------------------------------
    // Fixtures and tests
    // -----------------------------------------------------------------------------------------------------------

    fn fixture_entity(&mut self, nodes: &mut Nodes<'a>) {
        self.group(Breaking::Fill, HEAD, |writer| {
            writer.item(nodes);
            writer.lists(nodes, &[Rule::fixture_in]);
        });
        if nodes.peek().is_some() {
            self.space();
            self.entries(nodes);
        }
    }

    fn grant(&mut self, nodes: &mut Nodes<'a>) {
        self.group(Breaking::Fill, HEAD, |writer| {
            writer.words(nodes, 1);
            writer.item(nodes);
            while matches!(nodes.peek(), Some(Rule::kw_on | Rule::kw_to)) {
                writer.line(0);
                writer.words(nodes, 1);
                writer.item(nodes);
            }
            if let Some(until) = nodes.take(Rule::until) {
                let mut nodes = Nodes::of(until);
                writer.line(0);
                writer.words(&mut nodes, 1);
                writer.expression(&mut nodes);
            }
        });
    }

    fn case(&mut self, nodes: &mut Nodes<'a>, is_aligned: bool) {
        self.group(Breaking::Consistent, NONE, |writer| {
            writer.group(Breaking::Fill, HEAD, |writer| {
                let is_deny = nodes.peek() == Some(Rule::kw_deny);
                writer.rest_of(nodes, 1);
                // Among `allow` and `deny`, both are equally wide.
                writer.spaces(if is_deny && is_aligned { 2 } else { 1 });
                writer.item(nodes);
                while matches!(nodes.peek(), Some(Rule::kw_on | Rule::kw_to)) {
                    writer.line(0);
                    writer.words(nodes, 1);
                    writer.item(nodes);
                }
            });
            if nodes.peek().is_none() {
                return;
            }
            writer.line(2);
            writer.group(Breaking::Fill, Indent::By(2), |writer| writer.case_clauses(nodes));
        });
    }

    /// `for u in [a, b] { … }`
    fn table(&mut self, nodes: &mut Nodes<'a>) {
        self.words(nodes, 3);
        if let Some(values) = nodes.take(Rule::set) {
            self.in_brackets(&mut Nodes::of(values));
        }
        self.space();
        self.in_braces(nodes, Braced::Lines);
    }

    fn case_clauses(&mut self, nodes: &mut Nodes<'a>) {
        while let Some(clause) = nodes.next() {
            if clause.as_rule() == Rule::obligations {
                self.obligations(clause);
            } else {
                let mut parts = Nodes::of(clause);
                self.words(&mut parts, 1);
                match parts.peek() {
                    Some(Rule::entries) => self.entries(&mut parts),
                    _ => self.group(Breaking::Fill, HEAD, |writer| writer.list(&mut parts)),
                }
            }
            if nodes.peek().is_some() {
                self.line(0);
            }
        }
    }

    /// The fields of a record.
    pub(super) fn record(&mut self, nodes: &mut Nodes<'a>) {
        self.in_braces(nodes, Braced::Values);
    }

    /// The fields of a value.
    fn entries(&mut self, nodes: &mut Nodes<'a>) {
        if let Some(entries) = nodes.take(Rule::entries) {
            self.in_braces(&mut Nodes::of(entries), Braced::Values);
        }
    }

    fn entry(&mut self, nodes: &mut Nodes<'a>) {
        self.group(Breaking::Fill, NONE, |writer| {
            writer.rest_of(nodes, 2);
            writer.value_follows(nodes);
            writer.expression(nodes);
        });
    }

    /// What stands behind the colon of a field: a long value or type may have a line of its own, but for one in brackets,
    /// which opens them on this line.
    fn value_follows(&mut self, nodes: &mut Nodes<'a>) {
        match nodes.peek() {
            Some(Rule::set | Rule::record | Rule::record_type | Rule::set_type | Rule::map_type) => {
                self.space();
            }
            _ => self.line(2),
        }
    }

    // -----------------------------------------------------------------------------------------------------------
    // Parts
    // -----------------------------------------------------------------------------------------------------------

    /// So many tokens, with a space after each.
    pub(super) fn words(&mut self, nodes: &mut Nodes<'a>, count: usize) {
        for _ in 0..count {
            self.rest_of(nodes, 1);
            self.space();
        }
    }

    /// The tokens up to that of a rule, with a space after each.
    fn words_up_to(&mut self, nodes: &mut Nodes<'a>, end: Rule) {
        while nodes.peek().is_some_and(|next| next != end) {
            self.words(nodes, 1);
        }
    }

    /// So many tokens, with nothing between them.
    pub(super) fn rest_of(&mut self, nodes: &mut Nodes<'a>, count: usize) {
        for node in (0..count).map_while(|_| nodes.next()) {
            self.token(&node);
        }
    }

    /// The remaining tokens, with nothing between them.
    fn rest(&mut self, nodes: &mut Nodes<'a>) {
        self.rest_of(nodes, usize::MAX);
    }

    /// Lists, each after its keyword, of the rules that are given.
    fn lists(&mut self, nodes: &mut Nodes<'a>, rules: &[Rule]) {
        while let Some(list) = nodes
            .peek()
            .filter(|next| rules.contains(next))
            .and_then(|_| nodes.next())
        {
            let mut nodes = Nodes::of(list);
            self.line(0);
            self.words(&mut nodes, 1);
            self.list(&mut nodes);
        }
    }

    /// Names or entities with commas between them.
    fn list(&mut self, nodes: &mut Nodes<'a>) {
        self.item(nodes);
        while nodes.take(Rule::comma).is_some() {
            self.comma();
            self.line(0);
            self.item(nodes);
        }
    }

    /// A name with its path, an entity, a WHO or a WHAT, or an obligation.
    fn item(&mut self, nodes: &mut Nodes<'a>) {
        let Some(node) = nodes.next() else { return };
        match node.as_rule() {
            Rule::entity_ref | Rule::test_entity => {
                let mut nodes = Nodes::of(node);
                self.reference(&mut nodes);
                self.rest(&mut nodes);
            }
            Rule::who_head | Rule::what_head => {
                let mut nodes = Nodes::of(node);
                self.item(&mut nodes);
                if nodes.peek() == Some(Rule::kw_in) {
                    self.line(0);
                    self.words(&mut nodes, 1);
                    self.item(&mut nodes);
                }
                self.rest(&mut nodes);
            }
            Rule::obliged => {
                let mut nodes = Nodes::of(node);
                self.item(&mut nodes);
                if nodes.peek().is_some() {
                    self.space();
                    self.entries(&mut nodes);
                }
            }
            _ => self.path(&node, nodes),
        }
    }

    /// A name with its path, as `a.b.User`.
    pub(super) fn reference(&mut self, nodes: &mut Nodes<'a>) {
        if let Some(name) = nodes.next() {
            self.path(&name, nodes);
        }
    }

    fn path(&mut self, name: &Node<'a>, nodes: &mut Nodes<'a>) {
        if nodes.peek() != Some(Rule::path_dot) {
            return self.token(name);
        }
        self.group(Breaking::Fill, Indent::By(2), |writer| {
            writer.token(name);
            while nodes.peek() == Some(Rule::path_dot) {
                writer.soft_line(0);
                writer.rest_of(nodes, 2);
            }
        });
    }

    /// What stands in braces, with the braces.
    fn in_braces(&mut self, nodes: &mut Nodes<'a>, braced: Braced) {
        let Some(open) = nodes.take(Rule::open_brace) else {
            return;
        };
        let mut parts = Vec::new();
        let mut close = None;
        while let Some(node) = nodes.next() {
            match node.as_rule() {
                Rule::comma => {}
                Rule::close_brace => close = Some(node),
                _ => parts.push(node),
            }
        }
        self.group(Breaking::Consistent, Indent::By(2), |writer| {
            writer.token(&open);
            match parts.first() {
                None => writer.soft_line(-2),
                Some(first) => {
                    let opens_line = writer.has_line_break(&open, first);
                    let mut pairs = parts.iter().zip(parts.iter().skip(1));
                    let one_on_a_line = match braced {
                        Braced::Fields => false,
                        Braced::Lines => parts.len() > 1,
                        Braced::Values => opens_line && pairs.all(|(a, b)| writer.has_line_break(a, b)),
                    };
                    writer.after_opening(opens_line || one_on_a_line);
                    if braced == Braced::Values {
                        writer.group(Breaking::Fill, NONE, |writer| {
                            writer.parts(parts, braced, one_on_a_line);
                        });
                    } else {
                        writer.parts(parts, braced, one_on_a_line);
                    }
                    writer.before_closing();
                }
            }
            if let Some(close) = close {
                writer.token(&close);
            }
        });
    }

    fn parts(&mut self, parts: Vec<Node<'a>>, braced: Braced, one_on_a_line: bool) {
        let allows = parts.iter().any(|part| {
            part.as_rule() == Rule::case && Nodes::of(part.clone()).peek() == Some(Rule::kw_allow)
        });
        for (at, part) in parts.into_iter().enumerate() {
            if at > 0 {
                match braced {
                    Braced::Fields => {
                        let flat = if self.comma_among_comments() {
                            Flat::Space
                        } else {
                            Flat::Comma
                        };
                        self.between(flat, false);
                    }
                    Braced::Lines => self.between(Flat::Space, one_on_a_line),
                    Braced::Values => {
                        self.comma();
                        self.between(Flat::Space, one_on_a_line);
                    }
                }
            }
            let kind = part.as_rule();
            let mut nodes = Nodes::of(part.clone());
            match kind {
                Rule::field => {
                    self.rest_of(&mut nodes, 1);
                    if nodes.peek() == Some(Rule::question) {
                        self.rest_of(&mut nodes, 1);
                    }
                    self.group(Breaking::Fill, NONE, |writer| {
                        writer.rest_of(&mut nodes, 1);
                        writer.value_follows(&mut nodes);
                        writer.type_expr(&mut nodes);
                    });
                }
                Rule::entry | Rule::record_entry => self.entry(&mut nodes),
                Rule::fixture_entity => self.fixture_entity(&mut nodes),
                Rule::grant => self.grant(&mut nodes),
                Rule::test_context => {
                    self.words(&mut nodes, 1);
                    self.entries(&mut nodes);
                }
                Rule::case => self.case(&mut nodes, allows),
                Rule::table => self.table(&mut nodes),
                Rule::allowed_action => self.reference(&mut nodes),
                _ => self.token(&part),
            }
        }
    }
}
