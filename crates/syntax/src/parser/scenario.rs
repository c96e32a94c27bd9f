//! Tokens to the trees of fixtures and tests.

use super::cursor::{Cursor, refuse};
use super::explain::shortened;
use super::{Built, MISPLACED, Refusal, UNEXPECTED};
use crate::ast::{
    EntityRef, Expr, FixtureDecl, FixtureEntity, FixtureGrant, FixtureItem, Head, HeadKind, Ident, TestCase,
    TestDecl, TestEntity, TestFor, TestItem, With,
};
use crate::diagnostic::Diagnostic;

impl Cursor<'_> {
    pub(super) fn fixture(&mut self) -> Built<FixtureDecl> {
        let name = self.name()?;
        let base = match self.take("on") {
            Some(_) => Some(self.reference()?),
            None => None,
        };
        self.expect("{")?;
        let mut items = Vec::new();
        while self.take("}").is_none() {
            items.push(if self.is("grant") {
                FixtureItem::Grant(Box::new(self.grant()?))
            } else {
                FixtureItem::Entity(self.fixture_entity()?)
            });
        }
        Ok(FixtureDecl { name, base, items })
    }

    fn fixture_entity(&mut self) -> Built<FixtureEntity> {
        let entity = self.entity_ref()?;
        let parents = match self.take("in") {
            Some(_) => self.list(Self::entity_ref)?,
            None => Vec::new(),
        };
        let attributes = if self.is("{") { self.entries()? } else { Vec::new() };
        let span = self.since(entity.span);
        Ok(FixtureEntity {
            entity,
            parents,
            attributes,
            span,
        })
    }

    fn grant(&mut self) -> Built<FixtureGrant> {
        let start = self.expect("grant")?;
        let role = self.reference()?;
        self.expect("on")?;
        let on = match self.take("anything") {
            Some(span) => Head {
                kind: HeadKind::Any,
                span,
            },
            None => {
                let entity = self.entity_ref()?;
                Head {
                    span: entity.span,
                    kind: HeadKind::Entity(entity),
                }
            }
        };
        self.expect("to")?;
        let to = self.entity_ref()?;
        let until = match self.take("until") {
            Some(_) => Some(self.expression()?),
            None => None,
        };
        Ok(FixtureGrant {
            role,
            on,
            to,
            until,
            span: self.since(start),
        })
    }

    pub(super) fn test(&mut self) -> Built<TestDecl> {
        let name = self.text()?;
        let using = match self.take("using") {
            Some(_) => Some(self.reference()?),
            None => None,
        };
        self.expect("{")?;
        let context = match self.take("context") {
            Some(_) => {
                let start = self.place();
                let fields = self.entries()?;
                Some((self.since(start), fields))
            }
            None => None,
        };
        Ok(TestDecl {
            name,
            using,
            context,
            items: self.test_items(false)?,
        })
    }

    /// The cases and tables of a test, or of a table in it, with the brace after them. Recursion is bounded, as brackets are.
    fn test_items(&mut self, in_table: bool) -> Built<Vec<TestItem>> {
        let mut items = Vec::new();
        while self.take("}").is_none() {
            items.push(if self.is("for") {
                TestItem::For(self.table()?)
            } else {
                TestItem::Case(Box::new(self.case(in_table)?))
            });
        }
        Ok(items)
    }

    /// `for u in [a, b] { … }`
    fn table(&mut self) -> Built<TestFor> {
        let start = self.expect("for")?;
        let variable = self.name()?;
        self.expect("in")?;
        self.expect("[")?;
        let values = self.list_up_to("]", Self::expression)?;
        self.expect("{")?;
        let items = self.test_items(true)?;
        Ok(TestFor {
            variable,
            values,
            items,
            span: self.since(start),
        })
    }

    fn case(&mut self, in_table: bool) -> Built<TestCase> {
        let start = self.place();
        let allow = self.is("allow");
        if !allow && !self.is("deny") {
            return Err(Refusal::Unexpected);
        }
        self.advance();
        let principal = self.test_entity(in_table)?;
        self.expect("to")?;
        let action = self.reference()?;
        self.expect("on")?;
        let resource = self.test_entity(in_table)?;
        let mut given: Option<Vec<(Ident, Expr)>> = None;
        let mut by: Option<Vec<Ident>> = None;
        let mut with: Option<Vec<With>> = None;
        loop {
            let word = self.place();
            let is_again = if self.take("given").is_some() {
                given.replace(self.entries()?).is_some()
            } else if self.take("by").is_some() {
                by.replace(self.references()?).is_some()
            } else if self.take("with").is_some() {
                with.replace(self.obligations()?).is_some()
            } else {
                break;
            };
            if is_again {
                let text = self.text.get(word.start as usize..word.end as usize);
                let message = format!("this case has a second `{}`", text.unwrap_or_default());
                let error = Diagnostic::error(MISPLACED, word, message)
                    .with_help("write all of it after the first one, with `,` between");
                return Err(refuse(error));
            }
        }
        Ok(TestCase {
            allow,
            principal,
            action,
            resource,
            given: given.unwrap_or_default(),
            by: by.unwrap_or_default(),
            with: with.unwrap_or_default(),
            span: self.since(start),
        })
    }

    /// An entity; in a table, also the variable of one.
    fn test_entity(&mut self, in_table: bool) -> Built<TestEntity> {
        let is_alone = self.written_at(1) != ".";
        let name = self.reference()?;
        if self.take("::").is_some() {
            let id = self.text()?;
            let span = name.span.to(id.span);
            return Ok(TestEntity::Entity(EntityRef { ty: name, id, span }));
        }
        if in_table && is_alone {
            return Ok(TestEntity::Variable(name));
        }
        let written = shortened(&name.name);
        let message = format!("expected `::` and an id after `{written}`");
        let error = Diagnostic::error(UNEXPECTED, name.span, message)
            .with_help(format!("an entity is written `{written}::\"ann\"`"));
        Err(refuse(error))
    }
}
