//! Tokens to the tree of a declaration. What stands where is settled by the grammar, whose rules these functions are, one by
//! one; so little else is checked here.

use super::cursor::{Cursor, refuse};
use super::explain::shortened;
use super::repair::{before, edit};
use super::{BAD_LITERAL, Built, MISPLACED, Refusal};
use crate::ast::{
    ActionDecl, Actions, Annotation, Bound, Clause, ConstDecl, ContextDecl, Declaration, DeclarationKind,
    Effect, EntityDecl, EntityRef, EnumDecl, ExclusiveDecl, FieldDecl, FunctionDecl, Head, HeadKind, Held,
    Ident, InvariantDecl, ModuleDecl, ObligationDecl, Parameter, PrincipalsDecl, RoleDecl, RuleDecl,
    RuleHead, Text, TypeDecl, TypeExpr, TypeExprKind, UseDecl, With,
};
use crate::diagnostic::{Diagnostic, Fix};
use crate::naming;
use crate::source::Span;

/// How many elements a bound may say that there are at most.
const MAX_BOUND: u32 = 1_000_000;

impl Cursor<'_> {
    /// The declaration that the tokens are.
    pub(super) fn declaration(&mut self) -> Built<Declaration> {
        let start = self.place();
        let mut docs = Vec::new();
        let mut annotations = Vec::new();
        // Docs stand before the declaration, or between it and its annotations.
        self.docs(&mut docs);
        while self.take("@").is_some() {
            annotations.push(self.annotation()?);
            self.docs(&mut docs);
        }
        let kind = self.declared()?;
        self.end()?;
        Ok(Declaration {
            docs,
            annotations,
            kind,
            span: self.since(start),
        })
    }

    fn annotation(&mut self) -> Built<Annotation> {
        // `allow` is a keyword of tests, and of what is said to the checker.
        let name = if self.is("allow") {
            let (name, span) = (self.written().to_owned(), self.advance());
            Ident { name, span }
        } else {
            self.own_name()?
        };
        let text = match self.take("(") {
            Some(_) => {
                let text = self.text()?;
                self.expect(")")?;
                Some(text)
            }
            None => None,
        };
        Ok(Annotation { name, text })
    }

    fn declared(&mut self) -> Built<DeclarationKind> {
        if self.is_name() {
            let label = self.name()?;
            self.expect(":")?;
            return self.labelled(Some(label));
        }
        let place = self.place();
        match self.written() {
            "permit" | "forbid" | "never" | "always" | "exclusive" => return self.labelled(None),
            _ => {}
        }
        let word = self.written();
        self.advance();
        Ok(match word {
            "entity" => DeclarationKind::Entity(self.entity()?),
            "enum" => DeclarationKind::Enum(self.enumeration(false)?),
            "ordered" => {
                self.expect("enum")?;
                DeclarationKind::Enum(self.enumeration(true)?)
            }
            "type" => {
                let name = self.name()?;
                self.expect("=")?;
                let ty = self.type_expr()?;
                DeclarationKind::Type(TypeDecl { name, ty })
            }
            "context" => DeclarationKind::Context(ContextDecl {
                keyword: place,
                fields: self.in_braces(Self::field)?,
            }),
            "action" => DeclarationKind::Action(self.action()?),
            "role" => DeclarationKind::Role(self.role()?),
            "principals" => DeclarationKind::Principals(PrincipalsDecl {
                keyword: place,
                types: self.references()?,
            }),
            "obligation" => DeclarationKind::Obligation(ObligationDecl {
                name: self.name()?,
                fields: self.fields()?,
            }),
            "fn" => DeclarationKind::Function(self.function()?),
            "const" => DeclarationKind::Const(self.constant()?),
            "fixture" => DeclarationKind::Fixture(self.fixture()?),
            "test" => DeclarationKind::Test(self.test()?),
            "module" => DeclarationKind::Module(ModuleDecl {
                path: self.module_path()?,
            }),
            "use" => DeclarationKind::Use(self.import()?),
            _ => return Err(Refusal::Unexpected),
        })
    }

    /// A module's path, which no built-in type is taken for.
    fn module_path(&mut self) -> Built<Ident> {
        let path = self.reference()?;
        let name = naming::plain(&path.name).to_owned();
        Ok(Ident { name, ..path })
    }

    fn import(&mut self) -> Built<UseDecl> {
        let path = self.module_path()?;
        let names = match self.take(".") {
            Some(_) => {
                self.expect("{")?;
                let names = self.list_up_to("}", Self::name)?;
                if names.is_empty() {
                    return Err(Refusal::Unexpected);
                }
                Some(names)
            }
            None => None,
        };
        Ok(UseDecl { path, names })
    }

    // -----------------------------------------------------------------------------------------------------------
    // Schema
    // -----------------------------------------------------------------------------------------------------------

    fn entity(&mut self) -> Built<EntityDecl> {
        let name = self.name()?;
        let parents = self.references_after("in")?;
        let attributes = self.fields()?;
        let ids = match self.take("=") {
            Some(_) => {
                self.expect("[")?;
                Some(self.list_up_to("]", Self::text)?)
            }
            None => None,
        };
        Ok(EntityDecl {
            name,
            parents,
            attributes,
            ids,
        })
    }

    fn enumeration(&mut self, ordered: bool) -> Built<EnumDecl> {
        let name = self.name()?;
        self.expect("{")?;
        Ok(EnumDecl {
            ordered,
            name,
            variants: self.list_up_to("}", Self::own_name)?,
        })
    }

    /// The references after a keyword, none where it does not stand.
    fn references_after(&mut self, keyword: &str) -> Built<Vec<Ident>> {
        match self.take(keyword) {
            Some(_) => self.references(),
            None => Ok(Vec::new()),
        }
    }

    /// The fields in braces, none where there are no braces.
    fn fields(&mut self) -> Built<Vec<FieldDecl>> {
        if self.is("{") {
            return self.in_braces(Self::field);
        }
        Ok(Vec::new())
    }

    fn field(&mut self) -> Built<FieldDecl> {
        let mut docs = Vec::new();
        self.docs(&mut docs);
        let name = self.own_name()?;
        let optional = self.take("?").is_some();
        self.expect(":")?;
        Ok(FieldDecl {
            docs,
            name,
            optional,
            ty: self.type_expr()?,
        })
    }

    /// A type. Recursion is bounded: brackets and `<` are not nested deeper than [`crate::ast::MAX_DEPTH`].
    fn type_expr(&mut self) -> Built<TypeExpr> {
        let start = self.place();
        let kind = match (self.written(), self.written_at(1)) {
            ("{", _) => TypeExprKind::Record(self.in_braces(Self::field)?),
            ("Set", "<") => {
                let (element, bound) = self.element()?;
                TypeExprKind::Set(element, bound)
            }
            ("Map", "<") => {
                let (element, bound) = self.element()?;
                TypeExprKind::Map(element, bound)
            }
            _ => TypeExprKind::Name(self.reference()?.name),
        };
        Ok(TypeExpr {
            kind,
            span: self.since(start),
        })
    }

    /// `Set<T>` or `Map<T>`: what stands between `<` and `>`.
    fn element(&mut self) -> Built<(Box<TypeExpr>, Option<Bound>)> {
        self.advance();
        self.expect("<")?;
        let element = self.type_expr()?;
        let bound = match self.take(",") {
            Some(_) => Some(self.bound()?),
            None => None,
        };
        self.expect(">")?;
        Ok((Box::new(element), bound))
    }

    fn bound(&mut self) -> Built<Bound> {
        let number = self.number()?;
        let span = self.advance();
        match number.replace('_', "").parse() {
            Ok(most) if (1..=MAX_BOUND).contains(&most) => Ok(Bound { most, span }),
            _ => {
                let message = format!(
                    "`{}` is no number of elements from 1 to {MAX_BOUND}",
                    shortened(number)
                );
                let help =
                    "write how many elements there are at most, such as `Set<String, 20>`, or leave it out";
                Err(refuse(
                    Diagnostic::error(BAD_LITERAL, span, message).with_help(help),
                ))
            }
        }
    }

    fn action(&mut self) -> Built<ActionDecl> {
        let names = self.list(Self::name)?;
        let groups = self.references_after("in")?;
        let by = self.references_after("by")?;
        let on = self.references_after("on")?;
        if !by.is_empty() && on.is_empty() {
            return Err(Refusal::Unexpected);
        }
        let context = if on.is_empty() { Vec::new() } else { self.fields()? };
        Ok(ActionDecl {
            names,
            groups,
            by,
            on,
            context,
        })
    }

    fn function(&mut self) -> Built<FunctionDecl> {
        let name = self.name()?;
        self.expect("(")?;
        let parameters = self.list_up_to(")", |cursor| {
            let name = cursor.name()?;
            cursor.expect(":")?;
            let ty = cursor.type_expr()?;
            Ok(Parameter { name, ty })
        })?;
        self.expect("=")?;
        Ok(FunctionDecl {
            name,
            parameters,
            body: self.expression()?,
        })
    }

    fn constant(&mut self) -> Built<ConstDecl> {
        let name = self.name()?;
        let ty = match self.take(":") {
            Some(_) => Some(self.type_expr()?),
            None => None,
        };
        self.expect("=")?;
        Ok(ConstDecl {
            name,
            ty,
            value: self.expression()?,
        })
    }

    // -----------------------------------------------------------------------------------------------------------
    // Roles and rules
    // -----------------------------------------------------------------------------------------------------------

    fn role(&mut self) -> Built<RoleDecl> {
        let name = self.name()?;
        self.expect("on")?;
        let on = self.references()?;
        let includes = self.references_after("includes")?;
        let actions = match self.take("{") {
            Some(_) => self.list_up_to("}", Self::reference)?,
            None => Vec::new(),
        };
        let held = match self.take("held") {
            Some(_) => self.held()?,
            None => Held::Default,
        };
        Ok(RoleDecl {
            name,
            on,
            includes,
            actions,
            held,
        })
    }

    fn held(&mut self) -> Built<Held> {
        if self.take("when").is_some() {
            return Ok(Held::When(self.expression()?));
        }
        self.expect("by")?;
        self.expect("grant")?;
        if self.take("or").is_none() {
            return Ok(Held::ByGrant);
        }
        self.expect("when")?;
        Ok(Held::ByGrantOrWhen(self.expression()?))
    }

    /// What may have a label.
    fn labelled(&mut self, label: Option<Ident>) -> Built<DeclarationKind> {
        let word = self.written();
        let keyword = self.advance();
        Ok(match word {
            "permit" => DeclarationKind::Rule(self.rule(label, Effect::Permit, keyword)?),
            "forbid" => DeclarationKind::Rule(self.rule(label, Effect::Forbid, keyword)?),
            "never" | "always" => DeclarationKind::Invariant(InvariantDecl {
                label,
                always: word == "always",
                keyword,
                head: self.rule_head()?,
                clauses: self.clauses()?,
            }),
            "exclusive" => DeclarationKind::Exclusive(self.exclusive(label, keyword)?),
            _ => return Err(Refusal::Unexpected),
        })
    }

    fn exclusive(&mut self, label: Option<Ident>, keyword: Span) -> Built<ExclusiveDecl> {
        let roles = self.references()?;
        if roles.len() < 2 {
            return Err(Refusal::Unexpected);
        }
        self.expect("on")?;
        let on = self.references()?;
        let because = match self.take("because") {
            Some(_) => Some(self.text()?),
            None => None,
        };
        Ok(ExclusiveDecl {
            label,
            keyword,
            roles,
            on,
            because,
        })
    }

    fn rule(&mut self, label: Option<Ident>, effect: Effect, keyword: Span) -> Built<RuleDecl> {
        let head = self.rule_head()?;
        let clauses = self.clauses()?;
        let (mut because, mut obligations) = (None, Vec::new());
        loop {
            if because.is_none()
                && let Some(word) = self.take("because")
            {
                let text = self.text()?;
                if effect == Effect::Permit {
                    return Err(refuse(self.reason_of_permit(word, &text)));
                }
                because = Some(text);
            } else if obligations.is_empty() && self.take("with").is_some() {
                obligations = self.obligations()?;
            } else {
                break;
            }
        }
        Ok(RuleDecl {
            label,
            effect,
            keyword,
            head,
            clauses,
            because,
            obligations,
        })
    }

    /// The error of a `because` of a `permit`, which is better a doc comment.
    fn reason_of_permit(&self, word: Span, text: &Text) -> Diagnostic {
        let error = Diagnostic::error(MISPLACED, word, "only a `forbid` has a `because`")
            .with_help("a doc comment (`///`) before the rule says why it permits");
        if text.value.contains(['\n', '\r']) {
            return error;
        }
        error.with_fix(Fix {
            title: "write a doc comment".to_owned(),
            edits: vec![
                edit(before(self.start()), format!("/// {}\n", text.value)),
                edit(word.to(text.span), ""),
            ],
        })
    }

    /// WHO, what may be done, and WHAT.
    fn rule_head(&mut self) -> Built<RuleHead> {
        let who = self.list(|cursor| cursor.head("anyone"))?;
        self.expect("to")?;
        let actions = match self.take("any") {
            Some(any) => Actions::Any(any),
            None => Actions::List(self.references()?),
        };
        self.expect("on")?;
        let what = self.list(|cursor| cursor.head("anything"))?;
        Ok(RuleHead { who, actions, what })
    }

    fn head(&mut self, any: &str) -> Built<Head> {
        if let Some(span) = self.take(any) {
            let kind = HeadKind::Any;
            return Ok(Head { kind, span });
        }
        let name = self.reference()?;
        let start = name.span;
        let kind = if self.take("::").is_some() {
            let id = self.text()?;
            let span = start.to(id.span);
            HeadKind::Entity(EntityRef { ty: name, id, span })
        } else if self.take("in").is_some() {
            HeadKind::In(name, self.entity_ref()?)
        } else {
            HeadKind::Name(name)
        };
        Ok(Head {
            kind,
            span: self.since(start),
        })
    }

    fn clauses(&mut self) -> Built<Vec<Clause>> {
        let mut clauses = Vec::new();
        loop {
            let unless = self.is("unless");
            if !unless && !self.is("when") {
                return Ok(clauses);
            }
            clauses.push(Clause {
                unless,
                keyword: self.advance(),
                condition: self.expression()?,
            });
        }
    }

    /// The list after `with`.
    pub(super) fn obligations(&mut self) -> Built<Vec<With>> {
        self.list(|cursor| {
            let name = cursor.reference()?;
            let start = name.span;
            let fields = match cursor.is("{") {
                true => Some(cursor.entries()?),
                false => None,
            };
            Ok(With {
                name,
                fields,
                span: cursor.since(start),
            })
        })
    }

    pub(super) fn entity_ref(&mut self) -> Built<EntityRef> {
        let ty = self.reference()?;
        self.expect("::")?;
        let id: Text = self.text()?;
        let span = ty.span.to(id.span);
        Ok(EntityRef { ty, id, span })
    }
}
