//! Which constructs of the language occur: counted in the syntax tree and in the typed expressions, not by who wrote them.
//!
//! Every `match` here names all forms, so that a new form of the language does not compile until it is counted, and its name
//! stands in [`ALL`], so that a generator which does not make it fails.

use std::collections::BTreeMap;

use dictum_artifact::expr::{Arithmetic, Comparison, Expr, Literal, Property, Quantifier};
use dictum_artifact::schema::ActionId;
use dictum_compiler::Program;
use dictum_syntax::ast::{
    Actions, BinaryOp, Clause, Declaration, DeclarationKind, Effect, ExprKind, FieldDecl, File, FixtureItem,
    Head, HeadKind, Held, RuleHead, TestDecl, TestItem, TypeExpr, TypeExprKind, With,
};

/// How often each construct occurred.
pub type Counts = BTreeMap<&'static str, usize>;

/// Every construct.
#[rustfmt::skip]
pub const ALL: &[&str] = &[
    "doc comment", "annotation", "annotation without text",
    "module", "use", "use names", "principals", "obligation", "fn", "parameter", "const", "const with a type",
    "entity", "entity in", "entity with closed ids", "enum", "ordered enum", "type alias", "context",
    "action", "actions together", "action in group", "action with own context", "action group", "action in an action",
    "optional field", "type name", "Set<T>", "Set<T, n>", "Map<T>", "Map<T, n>", "record type",
    "role", "role includes", "role without actions", "held default", "held by grant", "held when", "held by grant or when",
    "exclusive", "exclusive with a label", "never", "always",
    "permit", "forbid", "label", "no label", "because", "with", "with several", "with fields", "no clause", "when", "unless", "several clauses",
    "WHO any", "WHO name", "WHO name in", "WHO entity", "WHO list", "to any", "to a list",
    "WHAT any", "WHAT name", "WHAT name in", "WHAT entity", "WHAT list",
    "fixture", "fixture on another", "fixture entity", "fixture parents", "fixture attributes",
    "grant", "grant on anything", "grant until", "test", "test context", "allow", "deny", "given",
    "by", "expected obligation", "expected obligations", "expected obligation with fields", "for in a test",
    "true or false", "integer", "decimal", "text", "timestamp", "duration", "address", "entity literal", "name",
    "principal", "resource", "action value", "context value", ".field", ".starts_with(…)", ".ends_with(…)", ".at(…)", "m[key]", "call",
    "[set]", "{ record }", "not", "negate", "and", "or", "and then", "or else", "if", "has", "has with a key", "is", "is in", "is empty", "like", "matches", "otherwise",
    "any x in", "all x in", "count x in",
    "==", "!=", "<", "<=", ">", ">=", "in", "contains", "contains all", "contains any", "??", "+", "-", "*",
    "typed Bool", "typed Int", "typed Decimal", "typed String", "typed Timestamp", "typed Duration", "typed Ip",
    "typed Enum", "typed Entity", "typed principal", "typed resource", "typed context", "typed attribute",
    "typed has attribute", "typed has required attribute", "typed field", "typed has field", "typed lookup", "typed has key", "typed ??", "typed not",
    "typed and", "typed or", "typed and then", "typed or else", "typed if", "typed otherwise", "typed ==", "typed <", "typed <=", "typed +", "typed -",
    "typed *", "typed negate", "typed entity in", "typed entity in set", "typed network in", "typed network in set",
    "typed contains", "typed contains all", "typed contains any", "typed is empty", "typed like", "typed starts_with",
    "typed ends_with", "typed id", "typed set", "typed record", "typed map", "typed grant held",
    "typed matches", "typed at", "typed variable", "typed quantifier",
    "length", "size", "is_v4", "is_v6", "is_loopback", "is_multicast", "is_private", "time_of_day", "date", "weekday",
    "in_milliseconds", "in_seconds", "in_minutes", "in_hours", "in_days",
];

/// Counts what a parsed file holds.
pub fn count_file(file: &File, counts: &mut Counts) {
    let mut counter = Counter(counts);
    file.declarations
        .iter()
        .for_each(|declaration| counter.declaration(declaration));
}

/// Counts the typed expressions of a program.
pub fn count_program(program: &Program, counts: &mut Counts) {
    let mut counter = Counter(counts);
    program.exprs.0.iter().for_each(|expr| counter.typed(expr));
    let actions = &program.schema.actions;
    let applies = |id: &ActionId| {
        program
            .schema
            .action(*id)
            .is_some_and(|def| def.context.is_some())
    };
    for def in actions.iter().filter(|def| def.context.is_some()) {
        counter.see_if(def.groups.iter().any(applies), "action in an action");
    }
    // Whatever the type of the entity is.
    let is_required = |index: u32| {
        let mut types = program.schema.entity_types.iter();
        types.all(|def| def.attributes.get(index).is_none_or(|field| !field.optional))
    };
    for expr in &program.exprs.0 {
        if let Expr::HasAttribute { of: _, index } = expr {
            counter.see_if(is_required(*index), "typed has required attribute");
        }
    }
}

struct Counter<'c>(&'c mut Counts);

impl Counter<'_> {
    fn see(&mut self, construct: &'static str) {
        *self.0.entry(construct).or_default() += 1;
    }

    fn see_if(&mut self, is: bool, construct: &'static str) {
        if is {
            self.see(construct);
        }
    }

    fn declaration(&mut self, declaration: &Declaration) {
        self.see_if(!declaration.docs.is_empty(), "doc comment");
        for annotation in &declaration.annotations {
            self.see(if annotation.text.is_some() {
                "annotation"
            } else {
                "annotation without text"
            });
        }
        match &declaration.kind {
            DeclarationKind::Entity(decl) => {
                self.see("entity");
                self.see_if(!decl.parents.is_empty(), "entity in");
                self.see_if(decl.ids.is_some(), "entity with closed ids");
                self.fields(&decl.attributes);
            }
            DeclarationKind::Enum(decl) => self.see(if decl.ordered { "ordered enum" } else { "enum" }),
            DeclarationKind::Type(decl) => {
                self.see("type alias");
                self.type_expr(&decl.ty);
            }
            DeclarationKind::Context(decl) => {
                self.see("context");
                self.fields(&decl.fields);
            }
            DeclarationKind::Action(decl) => {
                self.see(if decl.on.is_empty() {
                    "action group"
                } else {
                    "action"
                });
                self.see_if(decl.names.len() > 1, "actions together");
                self.see_if(!decl.groups.is_empty(), "action in group");
                self.see_if(!decl.context.is_empty(), "action with own context");
                self.fields(&decl.context);
            }
            DeclarationKind::Role(decl) => {
                self.see("role");
                self.see_if(!decl.includes.is_empty(), "role includes");
                self.see_if(decl.actions.is_empty(), "role without actions");
                match &decl.held {
                    Held::Default => self.see("held default"),
                    Held::ByGrant => self.see("held by grant"),
                    Held::When(condition) => {
                        self.see("held when");
                        self.expr(condition);
                    }
                    Held::ByGrantOrWhen(condition) => {
                        self.see("held by grant or when");
                        self.expr(condition);
                    }
                }
            }
            DeclarationKind::Rule(decl) => {
                self.see(match decl.effect {
                    Effect::Permit => "permit",
                    Effect::Forbid => "forbid",
                });
                self.see(if decl.label.is_some() { "label" } else { "no label" });
                self.see_if(decl.because.is_some(), "because");
                self.see_if(decl.clauses.is_empty(), "no clause");
                self.see_if(decl.clauses.len() > 1, "several clauses");
                self.rule_head(&decl.head);
                self.clauses(&decl.clauses);
                self.obligations(&decl.obligations, ["with", "with several", "with fields"]);
            }
            DeclarationKind::Module(_) => self.see("module"),
            DeclarationKind::Use(decl) => self.see(if decl.names.is_some() { "use names" } else { "use" }),
            DeclarationKind::Principals(_) => self.see("principals"),
            DeclarationKind::Exclusive(decl) => {
                self.see("exclusive");
                self.see_if(decl.label.is_some(), "exclusive with a label");
            }
            DeclarationKind::Obligation(decl) => {
                self.see("obligation");
                self.fields(&decl.fields);
            }
            DeclarationKind::Function(decl) => {
                self.see("fn");
                for parameter in &decl.parameters {
                    self.see("parameter");
                    self.type_expr(&parameter.ty);
                }
                self.expr(&decl.body);
            }
            DeclarationKind::Const(decl) => {
                self.see(if decl.ty.is_some() {
                    "const with a type"
                } else {
                    "const"
                });
                self.expr(&decl.value);
            }
            DeclarationKind::Invariant(decl) => {
                self.see(if decl.always { "always" } else { "never" });
                self.rule_head(&decl.head);
                self.clauses(&decl.clauses);
            }
            DeclarationKind::Fixture(decl) => {
                self.see("fixture");
                self.see_if(decl.base.is_some(), "fixture on another");
                decl.items.iter().for_each(|item| self.fixture_item(item));
            }
            DeclarationKind::Test(decl) => self.test(decl),
        }
    }

    fn rule_head(&mut self, head: &RuleHead) {
        self.see_if(head.who.len() > 1, "WHO list");
        self.see_if(head.what.len() > 1, "WHAT list");
        head.who.iter().for_each(|head| self.head(head, true));
        head.what.iter().for_each(|head| self.head(head, false));
        self.see(match &head.actions {
            Actions::Any(_) => "to any",
            Actions::List(_) => "to a list",
        });
    }

    fn clauses(&mut self, clauses: &[Clause]) {
        for clause in clauses {
            self.see(if clause.unless { "unless" } else { "when" });
            self.expr(&clause.condition);
        }
    }

    fn obligations(&mut self, obligations: &[With], [one, several, fields]: [&'static str; 3]) {
        self.see_if(!obligations.is_empty(), one);
        self.see_if(obligations.len() > 1, several);
        for with in obligations {
            self.see_if(with.fields.is_some(), fields);
            with.fields
                .iter()
                .flatten()
                .for_each(|(_, value)| self.expr(value));
        }
    }

    fn fields(&mut self, fields: &[FieldDecl]) {
        for field in fields {
            self.see_if(field.optional, "optional field");
            self.type_expr(&field.ty);
        }
    }

    fn type_expr(&mut self, ty: &TypeExpr) {
        match &ty.kind {
            TypeExprKind::Name(_) => self.see("type name"),
            TypeExprKind::Set(inner, bound) => {
                self.see("Set<T>");
                self.see_if(bound.is_some(), "Set<T, n>");
                self.type_expr(inner);
            }
            TypeExprKind::Map(inner, bound) => {
                self.see("Map<T>");
                self.see_if(bound.is_some(), "Map<T, n>");
                self.type_expr(inner);
            }
            TypeExprKind::Record(fields) => {
                self.see("record type");
                self.fields(fields);
            }
        }
    }

    fn head(&mut self, head: &Head, who: bool) {
        let [any, name, name_in, entity] = if who {
            ["WHO any", "WHO name", "WHO name in", "WHO entity"]
        } else {
            ["WHAT any", "WHAT name", "WHAT name in", "WHAT entity"]
        };
        self.see(match &head.kind {
            HeadKind::Any => any,
            HeadKind::Name(_) => name,
            HeadKind::In(..) => name_in,
            HeadKind::Entity(_) => entity,
        });
    }

    fn fixture_item(&mut self, item: &FixtureItem) {
        match item {
            FixtureItem::Entity(entity) => {
                self.see("fixture entity");
                self.see_if(!entity.parents.is_empty(), "fixture parents");
                self.see_if(!entity.attributes.is_empty(), "fixture attributes");
                entity.attributes.iter().for_each(|(_, value)| self.expr(value));
            }
            FixtureItem::Grant(grant) => {
                self.see("grant");
                self.see_if(matches!(grant.on.kind, HeadKind::Any), "grant on anything");
                self.see_if(grant.until.is_some(), "grant until");
                grant.until.iter().for_each(|until| self.expr(until));
            }
        }
    }

    fn test(&mut self, test: &TestDecl) {
        self.see("test");
        self.see_if(test.context.is_some(), "test context");
        test.context
            .iter()
            .flat_map(|(_, fields)| fields)
            .for_each(|(_, value)| self.expr(value));
        self.test_items(&test.items);
    }

    fn test_items(&mut self, items: &[TestItem]) {
        for item in items {
            match item {
                TestItem::Case(case) => {
                    self.see(if case.allow { "allow" } else { "deny" });
                    self.see_if(!case.given.is_empty(), "given");
                    self.see_if(!case.by.is_empty(), "by");
                    case.given.iter().for_each(|(_, value)| self.expr(value));
                    self.obligations(
                        &case.with,
                        [
                            "expected obligation",
                            "expected obligations",
                            "expected obligation with fields",
                        ],
                    );
                }
                TestItem::For(table) => {
                    self.see("for in a test");
                    table.values.iter().for_each(|value| self.expr(value));
                    self.test_items(&table.items);
                }
            }
        }
    }

    fn expr(&mut self, expr: &dictum_syntax::ast::Expr) {
        match &expr.kind {
            ExprKind::Bool(_) => self.see("true or false"),
            ExprKind::Int(_) => self.see("integer"),
            ExprKind::Decimal(_) => self.see("decimal"),
            ExprKind::String(_) => self.see("text"),
            ExprKind::Timestamp(_) => self.see("timestamp"),
            ExprKind::Duration(_) => self.see("duration"),
            ExprKind::Ip(_) => self.see("address"),
            ExprKind::Entity(_) => self.see("entity literal"),
            ExprKind::Name(_) => self.see("name"),
            ExprKind::Principal => self.see("principal"),
            ExprKind::Resource => self.see("resource"),
            ExprKind::Action => self.see("action value"),
            ExprKind::Context => self.see("context value"),
            ExprKind::Field(of, _) => {
                self.see(".field");
                self.expr(of);
            }
            ExprKind::Method(of, name, arguments) => {
                self.see(match name.name.as_str() {
                    "starts_with" => ".starts_with(…)",
                    "ends_with" => ".ends_with(…)",
                    "at" => ".at(…)",
                    // A call by a full name, `shop.is_open(…)`, is told from this only when names are known.
                    _ => "call",
                });
                self.expr(of);
                arguments.iter().for_each(|argument| self.expr(argument));
            }
            ExprKind::Index(map, key) => self.operands("m[key]", [map, key]),
            ExprKind::Set(items) => self.parts("[set]", items),
            ExprKind::Record(fields) => {
                self.see("{ record }");
                fields.iter().for_each(|(_, value)| self.expr(value));
            }
            ExprKind::Not(of) => self.operands("not", [of]),
            ExprKind::Negate(of) => self.operands("negate", [of]),
            ExprKind::Binary(op, a, b) => {
                let symbol = match op {
                    BinaryOp::Equal => "==",
                    BinaryOp::NotEqual => "!=",
                    BinaryOp::Less => "<",
                    BinaryOp::LessOrEqual => "<=",
                    BinaryOp::Greater => ">",
                    BinaryOp::GreaterOrEqual => ">=",
                    BinaryOp::In => "in",
                    BinaryOp::Contains => "contains",
                    BinaryOp::ContainsAll => "contains all",
                    BinaryOp::ContainsAny => "contains any",
                    BinaryOp::Coalesce => "??",
                    BinaryOp::Add => "+",
                    BinaryOp::Subtract => "-",
                    BinaryOp::Multiply => "*",
                };
                self.operands(symbol, [a, b]);
            }
            ExprKind::And(items) => self.parts("and", items),
            ExprKind::Or(items) => self.parts("or", items),
            ExprKind::AndThen(items) => self.parts("and then", items),
            ExprKind::OrElse(items) => self.parts("or else", items),
            ExprKind::If(condition, yes, no) => self.operands("if", [condition, yes, no]),
            ExprKind::Has(of, what) => {
                self.see_if(matches!(what.kind, ExprKind::Index(..)), "has with a key");
                self.operands("has", [of, what]);
            }
            ExprKind::Is(of, _, within) => {
                self.see(if within.is_some() { "is in" } else { "is" });
                self.expr(of);
                within.iter().for_each(|within| self.expr(within));
            }
            ExprKind::IsEmpty(of) => self.operands("is empty", [of]),
            ExprKind::Call(_, arguments) => {
                self.see("call");
                arguments.iter().for_each(|argument| self.expr(argument));
            }
            ExprKind::Matches(of, _) => self.operands("matches", [of]),
            ExprKind::Quantified(quantifier, _, over, body) => {
                let word = match quantifier {
                    Quantifier::Any => "any x in",
                    Quantifier::All => "all x in",
                    Quantifier::Count => "count x in",
                };
                self.operands(word, [over, body]);
            }
            ExprKind::Like(of, _, _) => self.operands("like", [of]),
            ExprKind::Otherwise(value, default) => self.operands("otherwise", [value, default]),
        }
    }

    fn operands<const N: usize>(
        &mut self,
        construct: &'static str,
        operands: [&dictum_syntax::ast::Expr; N],
    ) {
        self.see(construct);
        operands.into_iter().for_each(|operand| self.expr(operand));
    }

    fn parts(&mut self, construct: &'static str, parts: &[dictum_syntax::ast::Expr]) {
        self.see(construct);
        parts.iter().for_each(|part| self.expr(part));
    }

    fn typed(&mut self, expr: &Expr) {
        self.see(match expr {
            Expr::Literal(literal) => match literal {
                Literal::Bool(_) => "typed Bool",
                Literal::Int(_) => "typed Int",
                Literal::Decimal(_) => "typed Decimal",
                Literal::String(_) => "typed String",
                Literal::Timestamp(_) => "typed Timestamp",
                Literal::Duration(_) => "typed Duration",
                Literal::Ip(_) => "typed Ip",
                Literal::Enum(..) => "typed Enum",
                Literal::Entity(..) => "typed Entity",
            },
            Expr::Principal => "typed principal",
            Expr::Resource => "typed resource",
            Expr::Context => "typed context",
            Expr::Attribute { .. } => "typed attribute",
            Expr::HasAttribute { .. } => "typed has attribute",
            Expr::Field { .. } => "typed field",
            Expr::HasField { .. } => "typed has field",
            Expr::Lookup { .. } => "typed lookup",
            Expr::HasKey { .. } => "typed has key",
            Expr::Coalesce(..) => "typed ??",
            Expr::Not(_) => "typed not",
            Expr::And(_) => "typed and",
            Expr::Or(_) => "typed or",
            Expr::AndThen(_) => "typed and then",
            Expr::OrElse(_) => "typed or else",
            Expr::If(..) => "typed if",
            Expr::Otherwise(..) => "typed otherwise",
            Expr::Equal(..) => "typed ==",
            Expr::Compare(Comparison::Less, ..) => "typed <",
            Expr::Compare(Comparison::LessOrEqual, ..) => "typed <=",
            Expr::Arithmetic(Arithmetic::Add, ..) => "typed +",
            Expr::Arithmetic(Arithmetic::Subtract, ..) => "typed -",
            Expr::Arithmetic(Arithmetic::Multiply, ..) => "typed *",
            Expr::Negate(_) => "typed negate",
            Expr::EntityIn(..) => "typed entity in",
            Expr::EntityInSet(..) => "typed entity in set",
            Expr::NetworkIn(..) => "typed network in",
            Expr::NetworkInSet(..) => "typed network in set",
            Expr::Contains(..) => "typed contains",
            Expr::ContainsAll(..) => "typed contains all",
            Expr::ContainsAny(..) => "typed contains any",
            Expr::IsEmpty(_) => "typed is empty",
            Expr::Like(..) => "typed like",
            Expr::StartsWith(..) => "typed starts_with",
            Expr::EndsWith(..) => "typed ends_with",
            Expr::Id(_) => "typed id",
            Expr::Property(property, _) => match property {
                Property::Length => "length",
                Property::Size => "size",
                Property::IsV4 => "is_v4",
                Property::IsV6 => "is_v6",
                Property::IsLoopback => "is_loopback",
                Property::IsMulticast => "is_multicast",
                Property::IsPrivate => "is_private",
                Property::TimeOfDay => "time_of_day",
                Property::Date => "date",
                Property::Weekday => "weekday",
                Property::InMilliseconds => "in_milliseconds",
                Property::InSeconds => "in_seconds",
                Property::InMinutes => "in_minutes",
                Property::InHours => "in_hours",
                Property::InDays => "in_days",
            },
            Expr::Set(..) => "typed set",
            Expr::Record(..) => "typed record",
            Expr::Map(..) => "typed map",
            Expr::Matches(..) => "typed matches",
            Expr::Local(..) => "typed at",
            Expr::Variable { .. } => "typed variable",
            Expr::Quantified { .. } => "typed quantifier",
            Expr::GrantHeld(_) => "typed grant held",
        });
    }
}
