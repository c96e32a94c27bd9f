//! What the grammar made of a declaration to its tree. The grammar settles what stands where, so little is checked here.

use super::grammar::{Node, Nodes, Rule, child, children};
use super::{Built, MISPLACED, UNEXPECTED};
use crate::ast::{
    ActionDecl, Actions, Annotation, Clause, ContextDecl, Declaration, DeclarationKind, Effect, EntityDecl,
    EntityRef, EnumDecl, FieldDecl, FixtureDecl, FixtureEntity, FixtureGrant, FixtureItem, Head, HeadKind,
    Held, Ident, RoleDecl, RuleDecl, TestCase, TestDecl, TypeDecl, TypeExpr, TypeExprKind,
};
use crate::diagnostic::Diagnostic;
use crate::lexer::{Token, TokenKind};
use crate::source::{SourceId, Span};

/// Builds the tree of one declaration.
pub(super) struct Builder<'a> {
    /// The text of the file.
    text: &'a str,
    source: SourceId,
    /// The tokens of the file with its comments.
    all_tokens: &'a [Token],
    /// Where in the file the declaration starts.
    base: u32,
    /// How many expressions the one that is being built stands in.
    pub(super) level: usize,
}

impl<'a> Builder<'a> {
    pub(super) fn new(text: &'a str, source: SourceId, all_tokens: &'a [Token], base: u32) -> Self {
        Self {
            text,
            source,
            all_tokens,
            base,
            level: 0,
        }
    }

    pub(super) fn declaration(&mut self, node: &Node<'_>) -> Built<Declaration> {
        let span = self.span(node);
        let annotations = children(node.clone(), Rule::annotation)
            .map(|node| self.annotation(&node))
            .collect::<Built<Vec<_>>>()?;
        let declared = node
            .clone()
            .into_inner()
            .find(|node| node.as_rule() != Rule::annotation);
        let declared = self.need(declared, node)?;
        // Docs stand before the declaration, or between it and its annotations.
        let parts = children(node.clone(), Rule::annotation).chain([declared.clone()]);
        let docs = parts
            .flat_map(|part| self.docs_before(self.span(&part).start))
            .collect();
        let kind = match declared.as_rule() {
            Rule::entity => DeclarationKind::Entity(self.entity(&declared)?),
            Rule::enumeration => DeclarationKind::Enum(EnumDecl {
                ordered: child(&declared, Rule::kw_ordered).is_some(),
                name: self.name(&declared, Rule::enum_name)?,
                variants: self.names(Some(declared), Rule::variant),
            }),
            Rule::alias => {
                let ty = declared.clone().into_inner().last();
                let ty = self.need(ty, &declared)?;
                DeclarationKind::Type(TypeDecl {
                    name: self.name(&declared, Rule::alias_name)?,
                    ty: self.type_expr(&ty)?,
                })
            }
            Rule::context => DeclarationKind::Context(ContextDecl {
                keyword: self.keyword(&declared, Rule::kw_context)?,
                fields: self.fields(child(&declared, Rule::fields))?,
            }),
            Rule::action => DeclarationKind::Action(ActionDecl {
                names: self.names(Some(declared.clone()), Rule::action_name),
                groups: self.names(child(&declared, Rule::groups), Rule::action_name),
                by: self.names(child(&declared, Rule::principals), Rule::type_name),
                on: self.names(child(&declared, Rule::resources), Rule::type_name),
                context: self.fields(child(&declared, Rule::fields))?,
            }),
            Rule::role => DeclarationKind::Role(RoleDecl {
                name: self.name(&declared, Rule::role_name)?,
                on: self.names(child(&declared, Rule::resources), Rule::type_name),
                includes: self.names(child(&declared, Rule::includes), Rule::role_name),
                actions: self.names(child(&declared, Rule::allowed), Rule::action_name),
                held: child(&declared, Rule::held).map_or(Ok(Held::Default), |held| self.held(held))?,
            }),
            Rule::rule => DeclarationKind::Rule(self.rule(&declared)?),
            Rule::fixture => DeclarationKind::Fixture(self.fixture(&declared)?),
            _ => DeclarationKind::Test(self.test(&declared)?),
        };
        Ok(Declaration {
            docs,
            annotations,
            kind,
            span,
        })
    }

    fn annotation(&self, node: &Node<'_>) -> Built<Annotation> {
        let text = child(node, Rule::text).map(|text| self.text(&text)).transpose()?;
        Ok(Annotation {
            name: self.name(node, Rule::annotation_name)?,
            text,
        })
    }

    fn entity(&self, node: &Node<'_>) -> Built<EntityDecl> {
        let ids = child(node, Rule::ids);
        let ids = ids.map(|ids| {
            children(ids, Rule::text)
                .map(|id| self.text(&id))
                .collect::<Built<_>>()
        });
        Ok(EntityDecl {
            name: self.name(node, Rule::entity_name)?,
            parents: self.names(child(node, Rule::parents), Rule::type_name),
            attributes: self.fields(child(node, Rule::fields))?,
            ids: ids.transpose()?,
        })
    }

    fn fields(&self, node: Option<Node<'_>>) -> Built<Vec<FieldDecl>> {
        node.into_iter()
            .flat_map(|node| children(node, Rule::field))
            .map(|field| self.field(&field))
            .collect()
    }

    fn field(&self, node: &Node<'_>) -> Built<FieldDecl> {
        let ty = self.need(node.clone().into_inner().last(), node)?;
        Ok(FieldDecl {
            docs: self.docs_before(self.span(node).start),
            name: self.name(node, Rule::field_name)?,
            optional: child(node, Rule::question).is_some(),
            ty: self.type_expr(&ty)?,
        })
    }

    /// A type. Recursion is bounded: brackets and `<` are not nested deeper than [`crate::ast::MAX_DEPTH`].
    fn type_expr(&self, node: &Node<'_>) -> Built<TypeExpr> {
        let element = |word| -> Built<Box<TypeExpr>> {
            let inner = node.clone().into_inner().find(|child| {
                !matches!(child.as_rule(), Rule::less | Rule::greater) && child.as_rule() != word
            });
            Ok(Box::new(self.type_expr(&self.need(inner, node)?)?))
        };
        let kind = match node.as_rule() {
            Rule::set_type => TypeExprKind::Set(element(Rule::word_set)?),
            Rule::map_type => TypeExprKind::Map(element(Rule::word_map)?),
            Rule::record_type => TypeExprKind::Record(self.fields(child(node, Rule::fields))?),
            _ => TypeExprKind::Name(self.ident(node).name),
        };
        Ok(TypeExpr {
            kind,
            span: self.span(node),
        })
    }

    fn held(&mut self, node: Node<'_>) -> Built<Held> {
        let mut nodes = Nodes::of(node);
        nodes.take(Rule::kw_held);
        if nodes.take(Rule::kw_when).is_some() {
            return Ok(Held::When(self.expression(&mut nodes)?));
        }
        nodes.take(Rule::kw_by);
        nodes.take(Rule::kw_grant);
        if nodes.take(Rule::kw_or).is_none() {
            return Ok(Held::ByGrant);
        }
        nodes.take(Rule::kw_when);
        Ok(Held::ByGrantOrWhen(self.expression(&mut nodes)?))
    }

    fn rule(&mut self, node: &Node<'_>) -> Built<RuleDecl> {
        let permit = child(node, Rule::kw_permit);
        let effect = if permit.is_some() {
            Effect::Permit
        } else {
            Effect::Forbid
        };
        let keyword = self.need(permit.or_else(|| child(node, Rule::kw_forbid)), node)?;
        let because = child(node, Rule::because);
        if let Some(because) = because.as_ref().filter(|_| effect == Effect::Permit) {
            let span = self.keyword(because, Rule::kw_because)?;
            let error = Diagnostic::error(MISPLACED, span, "only a `forbid` has a `because`")
                .with_help("a doc comment (`///`) before the rule says why it permits");
            return Err(Box::new(error));
        }
        let heads = |list, head| {
            let heads = child(node, list)
                .into_iter()
                .flat_map(|list| children(list, head));
            heads.map(|head| self.head(&head)).collect::<Built<Vec<_>>>()
        };
        let who = heads(Rule::who, Rule::who_head)?;
        let what = heads(Rule::what, Rule::what_head)?;
        let deeds = self.need(child(node, Rule::deeds), node)?;
        let actions = match child(&deeds, Rule::kw_any) {
            Some(any) => Actions::Any(self.span(&any)),
            None => Actions::List(self.names(Some(deeds), Rule::action_name)),
        };
        let label = child(node, Rule::label)
            .map(|label| self.name(&label, Rule::rule_name))
            .transpose()?;
        let because = because.map(|because| self.need(child(&because, Rule::text), &because));
        let because = because.transpose()?.map(|text| self.text(&text)).transpose()?;
        let keyword = self.span(&keyword);
        let clauses = children(node.clone(), Rule::clause)
            .map(|clause| self.clause(clause))
            .collect::<Built<_>>()?;
        Ok(RuleDecl {
            label,
            effect,
            keyword,
            who,
            actions,
            what,
            clauses,
            because,
        })
    }

    fn head(&self, node: &Node<'_>) -> Built<Head> {
        let name = node
            .clone()
            .into_inner()
            .find(|child| matches!(child.as_rule(), Rule::head_name | Rule::type_name));
        let span = self.span(node);
        let kind = match (name, child(node, Rule::text), child(node, Rule::entity_ref)) {
            (None, ..) => HeadKind::Any,
            (Some(ty), Some(id), _) => HeadKind::Entity(EntityRef {
                ty: self.ident(&ty),
                id: self.text(&id)?,
                span,
            }),
            (Some(ty), None, Some(ancestor)) => HeadKind::In(self.ident(&ty), self.entity_ref(&ancestor)?),
            (Some(name), None, None) => HeadKind::Name(self.ident(&name)),
        };
        Ok(Head { kind, span })
    }

    fn clause(&mut self, node: Node<'_>) -> Built<Clause> {
        let mut nodes = Nodes::of(node.clone());
        let keyword = self.need(nodes.next(), &node)?;
        let unless = keyword.as_rule() == Rule::kw_unless;
        Ok(Clause {
            unless,
            keyword: self.span(&keyword),
            condition: self.expression(&mut nodes)?,
        })
    }

    fn fixture(&mut self, node: &Node<'_>) -> Built<FixtureDecl> {
        let mut items = Vec::new();
        for item in node.clone().into_inner() {
            match item.as_rule() {
                Rule::grant => items.push(FixtureItem::Grant(Box::new(self.grant(&item)?))),
                Rule::fixture_entity => items.push(FixtureItem::Entity(self.fixture_entity(&item)?)),
                _ => {}
            }
        }
        Ok(FixtureDecl {
            name: self.name(node, Rule::fixture_name)?,
            items,
        })
    }

    fn fixture_entity(&mut self, node: &Node<'_>) -> Built<FixtureEntity> {
        let entity = self.need(child(node, Rule::entity_ref), node)?;
        let parents = child(node, Rule::fixture_in)
            .into_iter()
            .flat_map(|node| children(node, Rule::entity_ref));
        Ok(FixtureEntity {
            entity: self.entity_ref(&entity)?,
            parents: parents
                .map(|parent| self.entity_ref(&parent))
                .collect::<Built<_>>()?,
            attributes: self.entries(child(node, Rule::entries))?,
            span: self.span(node),
        })
    }

    fn grant(&mut self, node: &Node<'_>) -> Built<FixtureGrant> {
        let mut entities = children(node.clone(), Rule::entity_ref);
        let on = match child(node, Rule::kw_anything) {
            Some(anything) => Head {
                kind: HeadKind::Any,
                span: self.span(&anything),
            },
            None => {
                let entity = self.entity_ref(&self.need(entities.next(), node)?)?;
                Head {
                    span: entity.span,
                    kind: HeadKind::Entity(entity),
                }
            }
        };
        let to = self.entity_ref(&self.need(entities.next(), node)?)?;
        let until = child(node, Rule::until).map(|until| {
            let mut nodes = Nodes::of(until);
            nodes.take(Rule::kw_until);
            self.expression(&mut nodes)
        });
        let until = until.transpose()?;
        Ok(FixtureGrant {
            role: self.name(node, Rule::role_name)?,
            on,
            to,
            until,
            span: self.span(node),
        })
    }

    fn test(&mut self, node: &Node<'_>) -> Built<TestDecl> {
        let name = self.text(&self.need(child(node, Rule::text), node)?)?;
        let using = child(node, Rule::using)
            .map(|using| self.name(&using, Rule::fixture_name))
            .transpose()?;
        let context = child(node, Rule::test_context).and_then(|node| child(&node, Rule::entries));
        let context = match context {
            Some(entries) => Some((self.span(&entries), self.entries(Some(entries))?)),
            None => None,
        };
        let cases = children(node.clone(), Rule::case)
            .map(|case| self.case(&case))
            .collect::<Built<_>>()?;
        Ok(TestDecl {
            name,
            using,
            context,
            cases,
        })
    }

    fn case(&mut self, node: &Node<'_>) -> Built<TestCase> {
        let mut entities = children(node.clone(), Rule::entity_ref);
        for (list, word, text) in [
            (Rule::given, Rule::kw_given, "given"),
            (Rule::deciding, Rule::kw_by, "by"),
        ] {
            if let Some(again) = children(node.clone(), list).nth(1) {
                let error = Diagnostic::error(
                    MISPLACED,
                    self.keyword(&again, word)?,
                    format!("this case has a second `{text}`"),
                )
                .with_help("write all of it after the first one, with `,` between");
                return Err(Box::new(error));
            }
        }
        Ok(TestCase {
            allow: child(node, Rule::kw_allow).is_some(),
            principal: self.entity_ref(&self.need(entities.next(), node)?)?,
            action: self.name(node, Rule::action_name)?,
            resource: self.entity_ref(&self.need(entities.next(), node)?)?,
            given: self.entries(child(node, Rule::given).and_then(|given| child(&given, Rule::entries)))?,
            by: self.names(child(node, Rule::deciding), Rule::rule_name),
            span: self.span(node),
        })
    }

    pub(super) fn entity_ref(&self, node: &Node<'_>) -> Built<EntityRef> {
        let id = self.need(child(node, Rule::text), node)?;
        Ok(EntityRef {
            ty: self.name(node, Rule::type_name)?,
            id: self.text(&id)?,
            span: self.span(node),
        })
    }

    pub(super) fn ident(&self, node: &Node<'_>) -> Ident {
        Ident {
            name: node.as_str().trim_matches('`').to_owned(),
            span: self.span(node),
        }
    }

    fn name(&self, node: &Node<'_>, wanted: Rule) -> Built<Ident> {
        Ok(self.ident(&self.need(child(node, wanted), node)?))
    }

    fn names(&self, node: Option<Node<'_>>, wanted: Rule) -> Vec<Ident> {
        node.into_iter()
            .flat_map(|node| children(node, wanted))
            .map(|name| self.ident(&name))
            .collect()
    }

    fn keyword(&self, node: &Node<'_>, wanted: Rule) -> Built<Span> {
        Ok(self.span(&self.need(child(node, wanted), node)?))
    }

    /// A node's place in the file, up to the end of its last token: where a part that may be left out is left out at the
    /// end, the grammar has read the space and the comments before it.
    pub(super) fn span(&self, node: &Node<'_>) -> Span {
        let place = |at: usize| self.base.saturating_add(u32::try_from(at).unwrap_or(u32::MAX));
        let span = node.as_span();
        let (start, end) = (place(span.start()), place(span.end()));
        let within = self.all_tokens.partition_point(|token| token.end <= end);
        let tokens = self.all_tokens.get(..within).unwrap_or_default();
        let last = tokens.iter().rfind(|token| !token.is_comment());
        Span {
            source: self.source,
            start,
            // A part of a token has no token of its own.
            end: last.map_or(end, |last| if last.end > start { last.end } else { end }),
        }
    }

    /// The docs that stand directly before a place. A doc comment behind something on its line is a plain comment.
    fn docs_before(&self, at: u32) -> Vec<String> {
        let end = self.all_tokens.partition_point(|token| token.start < at);
        let before = self.all_tokens.get(..end).unwrap_or_default();
        let start = before
            .iter()
            .rposition(|token| !token.is_comment())
            .map_or(0, |last| last + 1);
        let mut line_end = start
            .checked_sub(1)
            .and_then(|last| before.get(last))
            .map(|token| token.end);
        let mut docs = Vec::new();
        for token in before.get(start..).unwrap_or_default() {
            let gap = line_end.and_then(|end| self.text.get(end as usize..token.start as usize));
            let first_on_line = gap.is_none_or(|gap| gap.contains('\n'));
            if token.kind == TokenKind::DocComment && first_on_line {
                let line = token.text(self.text).trim_start_matches('/');
                docs.push(line.strip_prefix(' ').unwrap_or(line).trim_end().to_owned());
            }
            line_end = None;
        }
        docs
    }

    /// A part that the grammar promises; an error where it breaks the promise.
    pub(super) fn need<'i>(&self, part: Option<Node<'i>>, whole: &Node<'_>) -> Built<Node<'i>> {
        part.ok_or_else(|| self.unreadable(self.span(whole)))
    }

    pub(super) fn unreadable(&self, span: Span) -> Box<Diagnostic> {
        Box::new(Diagnostic::error(UNEXPECTED, span, "this cannot be read"))
    }

    /// The whole declaration's place, for what has none of its own.
    pub(super) fn start(&self) -> Span {
        Span {
            source: self.source,
            start: self.base,
            end: self.base,
        }
    }
}
