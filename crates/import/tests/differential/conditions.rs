//! Conditions that Cedar's strict validator accepts in all kinds of requests that a policy is about.

use crate::node::Node;
use crate::rng::Rng;
use crate::schema::{Field, Schema, Ty, attribute, is_identifier};
use crate::seen::Seen;
use crate::values::{self, TEXTS};

/// What can be read: `principal.a.b`.
#[derive(Clone, Debug)]
struct Path {
    root: String,
    names: Vec<String>,
    /// Its type in each kind of requests.
    types: Vec<Ty>,
    /// The first of the names that may be absent, as far as is known.
    absent: Option<usize>,
}

impl Path {
    fn prefix(&self, names: usize) -> String {
        let mut out = self.root.clone();
        for name in &self.names[..names] {
            if is_identifier(name) {
                out.push_str(&format!(".{name}"));
            } else {
                out.push_str(&format!("[\"{name}\"]"));
            }
        }
        out
    }

    fn text(&self) -> String {
        self.prefix(self.names.len())
    }

    fn ty(&self) -> Option<&Ty> {
        let first = self.types.first()?;
        self.types.iter().all(|ty| ty == first).then_some(first)
    }
}

pub(crate) struct Conditions<'a> {
    pub(crate) rng: &'a mut Rng,
    pub(crate) schema: &'a Schema,
    pub(crate) seen: &'a mut Seen,
    /// The kinds of requests: principal, action, resource.
    environments: Vec<[usize; 3]>,
    /// The texts of what is known to be there.
    known: Vec<String>,
    /// The tags that are known to be there.
    tags: Vec<(Ty, String)>,
    paths: Vec<Path>,
    /// What most is read of, if anything: then much errs for one cause.
    focus: Option<&'static str>,
}

impl<'a> Conditions<'a> {
    pub(crate) fn new(
        rng: &'a mut Rng,
        schema: &'a Schema,
        seen: &'a mut Seen,
        environments: Vec<[usize; 3]>,
    ) -> Self {
        let focus = [None, None, Some("principal."), Some("resource.")][rng.below(4)];
        let mut made = Self {
            rng,
            schema,
            seen,
            environments,
            known: Vec::new(),
            tags: Vec::new(),
            paths: Vec::new(),
            focus,
        };
        made.find_paths();
        made
    }

    fn find_paths(&mut self) {
        let types = |side: usize| {
            self.environments
                .iter()
                .map(move |found| Ty::Entity(found[side]))
                .collect()
        };
        let contexts = self
            .environments
            .iter()
            .map(|found| Ty::Record(self.schema.actions[found[1]].context.clone()));
        let mut roots: Vec<(String, Vec<Ty>, usize)> = vec![
            ("principal".to_owned(), types(0), 3),
            ("resource".to_owned(), types(2), 3),
            ("context".to_owned(), contexts.collect(), 4),
        ];
        for (number, ty) in self.schema.types.iter().enumerate() {
            if !ty.enumerated {
                let text = self.schema.entity(number, &ty.ids[0]);
                roots.push((text, vec![Ty::Entity(number); self.environments.len()], 1));
            }
        }
        self.paths.clear();
        for (root, types, depth) in roots {
            let path = Path {
                root,
                names: Vec::new(),
                types,
                absent: None,
            };
            self.follow(path, depth);
        }
    }

    fn follow(&mut self, path: Path, depth: usize) {
        if depth > 0 && self.paths.len() < 160 {
            let each: Vec<&[Field]> = path.types.iter().map(|ty| self.fields_of(ty)).collect();
            for field in each.first().copied().unwrap_or_default() {
                let same: Option<Vec<&Field>> = each
                    .iter()
                    .map(|fields| fields.iter().find(|other| other.name == field.name))
                    .collect();
                let Some(same) = same else { continue };
                let mut names = path.names.clone();
                names.push(field.name.clone());
                let mut next = Path {
                    root: path.root.clone(),
                    types: same.iter().map(|field| field.ty.clone()).collect(),
                    names,
                    absent: path.absent,
                };
                if same.iter().any(|field| field.optional) && !self.known.contains(&next.text()) {
                    next.absent = next.absent.or(Some(path.names.len()));
                }
                self.follow(next, depth - 1);
            }
        }
        self.paths.push(path);
    }

    fn fields_of<'t>(&self, ty: &'t Ty) -> &'t [Field]
    where
        'a: 't,
    {
        match ty {
            Ty::Entity(number) => &self.schema.types[*number].attributes,
            Ty::Record(fields) => fields,
            Ty::Bool | Ty::Long | Ty::Text | Ty::Decimal | Ty::Ip | Ty::Time | Ty::Span | Ty::Set(_) => &[],
        }
    }

    /// Something that can be read, of a type that is wanted.
    fn path(&mut self, wanted: impl Fn(&Ty) -> bool) -> Option<Node> {
        let found: Vec<(Ty, String)> = self
            .paths
            .iter()
            .filter(|path| path.absent.is_none() && path.text() != "context")
            .filter_map(|path| Some((path.ty().filter(|ty| wanted(ty))?.clone(), path.text())))
            .chain(self.tags.iter().filter(|(ty, _)| wanted(ty)).cloned())
            .collect();
        // What is named in the condition is read of everywhere: what the request has comes first.
        let own: Vec<(Ty, String)> = found
            .iter()
            .filter(|(_, text)| !text.contains("::\"") || text.contains(".getTag("))
            .cloned()
            .collect();
        let found = if own.is_empty() || self.rng.chance(15) {
            found
        } else {
            own
        };
        let focused: Vec<(Ty, String)> = found
            .iter()
            .filter(|(_, text)| self.focus.is_some_and(|focus| text.starts_with(focus)))
            .cloned()
            .collect();
        let found = if focused.is_empty() || self.rng.chance(20) {
            found
        } else {
            focused
        };
        let (ty, text) = self.rng.pick(&found)?.clone();
        if text.contains(".getTag(") {
            self.seen.note("getTag");
        }
        Some(Node::leaf(ty, text))
    }

    fn in_environments<T>(&mut self, environments: Vec<[usize; 3]>, make: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.environments, environments);
        let (known, tags) = (self.known.clone(), self.tags.clone());
        self.find_paths();
        let made = make(self);
        (self.environments, self.known, self.tags) = (before, known, tags);
        self.find_paths();
        made
    }

    /// A condition. Where it is true, what is told to be known is there.
    pub(crate) fn condition(&mut self, depth: usize) -> Node {
        if depth == 0 {
            return self.atom(0);
        }
        match self.rng.below(20) {
            0..=2 => {
                self.seen.note("&&");
                let parts = [self.condition(depth - 1), self.condition(depth - 1)];
                Node::bool("(§ && §)", parts)
            }
            3..=5 => {
                self.seen.note("||");
                let parts = [self.condition(depth - 1), self.condition(depth - 1)];
                Node::bool("(§ || §)", parts)
            }
            6 | 7 => {
                self.seen.note("!");
                Node::bool("!(§)", [self.condition(depth - 1)])
            }
            8 | 9 => {
                self.seen.note("if");
                let parts = [(); 3].map(|()| self.condition(depth - 1));
                Node::bool("(if § then § else §)", parts)
            }
            10 | 11 => self.guarded(depth),
            12 if self.rng.chance(50) => self.guarded_one_of(depth),
            12 => self.guarded(depth),
            13 => self.guarded_tag(depth),
            14 => self.narrowed(depth),
            _ => self.atom(depth),
        }
    }

    /// `principal has a.b && …principal.a.b…`
    fn guarded(&mut self, depth: usize) -> Node {
        let candidates: Vec<usize> = (0..self.paths.len())
            .filter(|at| self.paths[*at].absent.is_some() && self.paths[*at].ty().is_some())
            .collect();
        let Some(path) = self.rng.pick(&candidates).map(|at| self.paths[*at].clone()) else {
            return self.atom(depth);
        };
        let first = path.absent.unwrap_or(0);
        let last = path.names.len();
        let chain = path.names[first..].iter().all(|name| is_identifier(name));
        if !chain && last > first + 1 {
            return self.atom(depth);
        }
        let start =
            if path.names[..first].iter().all(|name| is_identifier(name)) && chain && self.rng.chance(30) {
                self.rng.below(first + 1)
            } else {
                first
            };
        self.seen
            .note(if last > start + 1 { "chained has" } else { "has" });
        let names: Vec<String> = path.names[start..].iter().map(|name| attribute(name)).collect();
        let test = Node::leaf(
            Ty::Bool,
            format!("({} has {})", path.prefix(start), names.join(".")),
        );
        let before = self.known.len();
        self.known.extend((first + 1..=last).map(|end| path.prefix(end)));
        self.find_paths();
        let value = Node::leaf(path.ty().cloned().unwrap_or(Ty::Bool), path.text());
        let made = match self.rng.below(6) {
            0 | 1 => {
                let inner = self.about(value, depth - 1);
                Some(Node::bool("(§ && §)", [test.clone(), inner]))
            }
            2 => {
                let inner = self.condition(depth - 1);
                Some(Node::bool("(§ && §)", [test.clone(), inner]))
            }
            3 => {
                let inner = self.about(value.clone(), depth - 1);
                self.forget(before);
                self.seen.note("if");
                let other = self.condition(depth - 1);
                Some(Node::bool("(if § then § else §)", [test.clone(), inner, other]))
            }
            4 => {
                self.forget(before);
                self.value(&value.ty.clone(), depth - 1).map(|other| {
                    self.seen.note("if with a value");
                    let whole = Node::new(
                        value.ty.clone(),
                        "(if § then § else §)",
                        [test.clone(), value, other],
                    );
                    self.about(whole, depth - 1)
                })
            }
            _ => {
                let inner = self.about(value.clone(), depth - 1);
                self.forget(before);
                self.seen.note("negated guard");
                Some(Node::bool("!(§ && §)", [test.clone(), inner]))
            }
        };
        self.forget(before);
        made.unwrap_or(test)
    }

    fn forget(&mut self, before: usize) {
        if self.known.len() > before {
            self.known.truncate(before);
            self.find_paths();
        }
    }

    /// Now and then one of two entities, of which each may be the one.
    fn one_of(&mut self, entity: Node, depth: usize) -> Node {
        if !self.rng.chance(20) {
            return entity;
        }
        let test = self.condition(depth - 1);
        let Some(other) = self.value(&entity.ty.clone(), 0) else {
            return entity;
        };
        self.seen.note("one of two entities");
        Node::leaf(
            entity.ty.clone(),
            format!("(if {test} then {entity} else {other})"),
        )
    }

    /// `(if c then principal else resource.owner) has a && …`
    fn guarded_one_of(&mut self, depth: usize) -> Node {
        let schema = self.schema;
        let fields = |ty: &Ty| -> Vec<Field> {
            match ty {
                Ty::Entity(number) => schema.types[*number].attributes.clone(),
                Ty::Record(fields) => fields.clone(),
                _ => Vec::new(),
            }
        };
        let Some(of) = self.path(|ty| fields(ty).iter().any(|field| field.optional)) else {
            return self.atom(depth);
        };
        let fields: Vec<Field> = fields(&of.ty)
            .into_iter()
            .filter(|field| field.optional)
            .collect();
        let of = self.one_of(of, depth);
        let Some(field) = self.rng.pick(&fields).cloned() else {
            return self.atom(depth);
        };
        let (test, value) = if is_identifier(&field.name) {
            (
                format!("({of} has {})", field.name),
                format!("{of}.{}", field.name),
            )
        } else {
            let name = attribute(&field.name);
            (format!("({of} has {name})"), format!("{of}[{name}]"))
        };
        let inner = self.about(Node::leaf(field.ty, value), depth - 1);
        Node::bool("(§ && §)", [Node::leaf(Ty::Bool, test), inner])
    }

    /// `principal.hasTag(k) && …principal.getTag(k)…`
    fn guarded_tag(&mut self, depth: usize) -> Node {
        let schema = self.schema;
        let tags = |ty: &Ty| match ty {
            Ty::Entity(number) => schema.types[*number].tags.clone(),
            _ => None,
        };
        let Some(of) = self.path(|ty| tags(ty).is_some()) else {
            return self.atom(depth);
        };
        let of = self.one_of(of, depth);
        let Some(ty) = tags(&of.ty) else {
            return self.atom(depth);
        };
        let key = if self.rng.chance(50) {
            self.seen.note("literal key");
            Node::leaf(Ty::Text, crate::schema::quoted(self.rng.one(&TEXTS)))
        } else {
            self.seen.note("computed key");
            self.value(&Ty::Text, depth - 1)
                .unwrap_or_else(|| Node::leaf(Ty::Text, "\"a\""))
        };
        self.seen.note("hasTag");
        let test = Node::leaf(Ty::Bool, format!("{of}.hasTag({key})"));
        if self.rng.chance(20) {
            return test;
        }
        self.seen.note("getTag");
        let value = format!("{of}.getTag({key})");
        self.tags.push((ty.clone(), value.clone()));
        let inner = self.about(Node::leaf(ty, value), depth - 1);
        self.tags.pop();
        if self.rng.chance(30) {
            let other = self.condition(depth - 1);
            Node::bool("(if § then § else §)", [test, inner, other])
        } else {
            Node::bool("(§ && §)", [test, inner])
        }
    }

    /// `principal is A::User && …`, `action == A::Action::"view" && …`: what is in kinds of requests that are left.
    fn narrowed(&mut self, depth: usize) -> Node {
        let Some(chosen) = self.rng.pick(&self.environments).copied() else {
            return self.atom(depth);
        };
        let side = self.rng.below(3);
        let left: Vec<[usize; 3]> = self
            .environments
            .iter()
            .filter(|found| found[side] == chosen[side])
            .copied()
            .collect();
        let test = match side {
            1 => {
                self.seen.note("action ==");
                format!("action == {}", self.schema.actions[chosen[1]].text())
            }
            _ => {
                self.seen.note("is");
                let name = if side == 0 { "principal" } else { "resource" };
                format!("{name} is {}", self.schema.types[chosen[side]].full())
            }
        };
        if left.len() < self.environments.len() {
            self.seen.note("narrowed");
        }
        let test = Node::leaf(Ty::Bool, test);
        let inner = self.in_environments(left, |inside| inside.condition(depth - 1));
        if self.rng.chance(40) {
            let other = self.condition(depth - 1);
            Node::bool("(if § then § else §)", [test, inner, other])
        } else {
            Node::bool("(§ && §)", [test, inner])
        }
    }

    fn type_to_compare(&mut self) -> Ty {
        let known: Vec<Ty> = self
            .paths
            .iter()
            .filter(|path| path.absent.is_none())
            .filter_map(|path| path.ty().cloned())
            .collect();
        match self.rng.below(12) {
            0 | 1 => Ty::Long,
            2 => Ty::Text,
            3 => Ty::Time,
            4 => Ty::Span,
            _ => self.rng.pick(&known).cloned().unwrap_or(Ty::Long),
        }
    }

    fn atom(&mut self, depth: usize) -> Node {
        match self.rng.below(14) {
            0 => self.actions(),
            1 => {
                self.seen.note("literal condition");
                Node::leaf(Ty::Bool, self.rng.one(&["true", "false"]))
            }
            2 => {
                let paths: Vec<Path> = self
                    .paths
                    .iter()
                    .filter(|path| path.absent.is_none())
                    .cloned()
                    .collect();
                let Some(path) = self.rng.pick(&paths) else {
                    return Node::leaf(Ty::Bool, "true");
                };
                let name = self.rng.one(&["a", "rec", "owner", "nothing"]);
                if path
                    .types
                    .iter()
                    .all(|ty| matches!(ty, Ty::Entity(_) | Ty::Record(_)))
                {
                    self.seen.note("has");
                    Node::leaf(Ty::Bool, format!("({} has {name})", path.text()))
                } else {
                    self.comparison(depth)
                }
            }
            3 => {
                let (principal, resource) = ("principal", "resource");
                let side = self.rng.one(&[principal, resource]);
                let ty = self.rng.below(self.schema.types.len());
                if self.rng.chance(50) {
                    self.seen.note("is");
                    return Node::leaf(Ty::Bool, format!("({side} is {})", self.schema.types[ty].full()));
                }
                self.seen.note("is in");
                let of: Vec<usize> = (0..self.schema.types.len())
                    .filter(|group| self.schema.type_in(ty, *group))
                    .collect();
                let group = self.rng.pick(&of).copied().unwrap_or(ty);
                match self.value(&Ty::Entity(group), 0) {
                    Some(group) => {
                        let form = format!("({side} is {} in §)", self.schema.types[ty].full());
                        Node::bool(&form, [group])
                    }
                    None => Node::leaf(Ty::Bool, "true"),
                }
            }
            _ => self.comparison(depth),
        }
    }

    fn comparison(&mut self, depth: usize) -> Node {
        let ty = self.type_to_compare();
        match self.value(&ty, depth) {
            Some(value) => self.about(value, depth),
            None => Node::leaf(Ty::Bool, "true"),
        }
    }

    /// A condition on a value.
    fn about(&mut self, value: Node, depth: usize) -> Node {
        let depth = depth.saturating_sub(1);
        let ty = value.ty.clone();
        let choice = self.rng.below(3);
        if choice > 0 {
            let found = match &ty {
                Ty::Bool => Some(if choice == 1 {
                    value.clone()
                } else {
                    Node::bool("!(§)", [value.clone()])
                }),
                Ty::Long | Ty::Time | Ty::Span => self.ordered(&value, depth),
                Ty::Text => {
                    self.seen.note("like");
                    let pattern = self
                        .rng
                        .one(&["*", "a*", "*b*", "a\\**", "\\*", "\\u{e9}*", "*\\\\", "x\\\"?"]);
                    Some(Node::bool(&format!("(§ like \"{pattern}\")"), [value.clone()]))
                }
                Ty::Decimal => {
                    let function =
                        self.rng
                            .one(&["lessThan", "lessThanOrEqual", "greaterThan", "greaterThanOrEqual"]);
                    self.seen.note(function);
                    self.called(function, &value, depth)
                }
                Ty::Ip => {
                    let function = self.rng.one(&[
                        "isIpv4",
                        "isIpv6",
                        "isLoopback",
                        "isMulticast",
                        "isInRange",
                        "isInRange",
                    ]);
                    self.seen.note(function);
                    if function == "isInRange" {
                        self.called(function, &value, depth)
                    } else {
                        Some(Node::bool(&format!("§.{function}()"), [value.clone()]))
                    }
                }
                Ty::Entity(number) => self.member(*number, &value, depth),
                Ty::Set(element) => self.set(element, &value, depth),
                Ty::Record(_) => None,
            };
            if let Some(found) = found {
                return found;
            }
        }
        let Some(other) = self.value(&ty, depth) else {
            return Node::leaf(Ty::Bool, "true");
        };
        self.seen.note(match &ty {
            Ty::Bool | Ty::Long | Ty::Text => "== of primitives",
            Ty::Decimal | Ty::Ip | Ty::Time | Ty::Span => "== of extensions",
            Ty::Entity(_) => "== of entities",
            Ty::Set(_) => "== of sets",
            Ty::Record(_) => "== of records",
        });
        let parts = if self.rng.chance(50) {
            [value, other]
        } else {
            [other, value]
        };
        if self.rng.chance(70) {
            Node::bool("(§ == §)", parts)
        } else {
            self.seen.note("!=");
            Node::bool("(§ != §)", parts)
        }
    }

    fn ordered(&mut self, value: &Node, depth: usize) -> Option<Node> {
        let other = self.value(&value.ty, depth)?;
        let symbol = self.rng.one(&["<", "<=", ">", ">="]);
        self.seen.note(symbol);
        Some(Node::bool(&format!("(§ {symbol} §)"), [value.clone(), other]))
    }

    fn called(&mut self, function: &str, value: &Node, depth: usize) -> Option<Node> {
        let other = self.value(&value.ty, depth)?;
        Some(Node::bool(&format!("§.{function}(§)"), [value.clone(), other]))
    }

    fn member(&mut self, ty: usize, value: &Node, depth: usize) -> Option<Node> {
        let groups: Vec<usize> = (0..self.schema.types.len())
            .filter(|group| self.schema.type_in(ty, *group))
            .collect();
        let group = Ty::Entity(*self.rng.pick(&groups)?);
        if self.rng.chance(60) {
            self.seen.note("in");
            return Some(Node::bool(
                "(§ in §)",
                [value.clone(), self.value(&group, depth)?],
            ));
        }
        self.seen.note("in a set");
        Some(Node::bool(
            "(§ in §)",
            [value.clone(), self.value(&Ty::Set(Box::new(group)), depth)?],
        ))
    }

    fn set(&mut self, element: &Ty, value: &Node, depth: usize) -> Option<Node> {
        let function = self
            .rng
            .one(&["contains", "containsAll", "containsAny", "isEmpty"]);
        self.seen.note(function);
        let other = match function {
            "isEmpty" => return Some(Node::bool("§.isEmpty()", [value.clone()])),
            "contains" => self.value(element, depth)?,
            _ => self.value(&value.ty, depth)?,
        };
        let parts = [value.clone(), other];
        Some(Node::bool(&format!("§.{function}(§)"), parts))
    }

    fn actions(&mut self) -> Node {
        let names: Vec<String> = self
            .schema
            .actions
            .iter()
            .map(crate::schema::Action::text)
            .collect();
        let Some(one) = self.rng.pick(&names).cloned() else {
            return Node::leaf(Ty::Bool, "true");
        };
        Node::leaf(
            Ty::Bool,
            match self.rng.below(4) {
                0 => {
                    self.seen.note("action ==");
                    format!("(action == {one})")
                }
                1 => {
                    self.seen.note("action !=");
                    format!("(action != {one})")
                }
                2 => {
                    self.seen.note("action in");
                    format!("(action in {one})")
                }
                _ => {
                    self.seen.note("action in a list");
                    // Of one type, as all that is in a set.
                    let of = one.split("::\"").next().unwrap_or_default().to_owned() + "::\"";
                    let same: Vec<String> = names.into_iter().filter(|name| name.starts_with(&of)).collect();
                    let mut list = self.rng.some(&same, 50);
                    list.push(one);
                    format!("(action in [{}])", list.join(", "))
                }
            },
        )
    }

    /// A value of a type, where there is one.
    fn value(&mut self, ty: &Ty, depth: usize) -> Option<Node> {
        if depth > 0 {
            match self.rng.below(10) {
                0 => {
                    let test = self.condition(depth - 1);
                    let (yes, no) = (self.value(ty, depth - 1)?, self.value(ty, depth - 1)?);
                    self.seen.note("if with a value");
                    return Some(Node::new(ty.clone(), "(if § then § else §)", [test, yes, no]));
                }
                1 if self.rng.chance(40) => {
                    let (value, other) = (self.value(ty, depth - 1)?, self.value(&Ty::Long, depth - 1)?);
                    self.seen.note("field of a record that is written out");
                    return Some(Node::new(ty.clone(), "{\"v\": §, \"o\": §}.v", [value, other]));
                }
                2 => {
                    if let Some(made) = self.of_one_of(ty, depth) {
                        return Some(made);
                    }
                }
                3..=5 => {
                    if let Some(made) = self.computed(ty, depth - 1) {
                        return Some(made);
                    }
                }
                _ => {}
            }
        }
        if self.rng.chance(65)
            && let Some(path) = self.path(|other| other == ty)
        {
            return Some(path);
        }
        match values::literal(self.rng, self.schema, ty) {
            Some(text) => Some(Node::leaf(ty.clone(), text)),
            None => self.path(|other| other == ty),
        }
    }

    /// `(if c then principal else resource.owner).a`
    fn of_one_of(&mut self, ty: &Ty, depth: usize) -> Option<Node> {
        let mut found = Vec::new();
        for (number, entity) in self.schema.types.iter().enumerate() {
            let fields = entity
                .attributes
                .iter()
                .filter(|field| !field.optional && field.ty == *ty);
            found.extend(fields.map(|field| (number, field.name.clone())));
        }
        let (number, name) = self.rng.pick(&found)?.clone();
        let of = Ty::Entity(number);
        let test = self.condition(depth - 1);
        let parts = [test, self.value(&of, 0)?, self.value(&of, 0)?];
        self.seen.note("attribute of one of two entities");
        let read = if is_identifier(&name) {
            format!("§.{name}")
        } else {
            format!("§[{}]", attribute(&name))
        };
        let entity = Node::new(of, "(if § then § else §)", parts);
        Some(Node::new(ty.clone(), &read, [entity]))
    }

    fn computed(&mut self, ty: &Ty, depth: usize) -> Option<Node> {
        let make = |form: &str, parts: Vec<Node>| Some(Node::new(ty.clone(), form, parts));
        match ty {
            Ty::Long => match self.rng.below(6) {
                0 => {
                    self.seen.note("negation");
                    make("(-(§))", vec![self.value(ty, depth)?])
                }
                1 => {
                    let function =
                        self.rng
                            .one(&["toMilliseconds", "toSeconds", "toMinutes", "toHours", "toDays"]);
                    self.seen.note(function);
                    make(&format!("§.{function}()"), vec![self.value(&Ty::Span, depth)?])
                }
                _ => {
                    let symbol = self.rng.one(&["+", "-", "*"]);
                    self.seen.note(symbol);
                    let parts = vec![self.value(ty, depth)?, self.value(ty, depth)?];
                    make(&format!("(§ {symbol} §)"), parts)
                }
            },
            Ty::Time => {
                if self.rng.chance(70) {
                    self.seen.note("offset");
                    make(
                        "§.offset(§)",
                        vec![self.value(ty, depth)?, self.value(&Ty::Span, depth)?],
                    )
                } else {
                    self.seen.note("toDate");
                    make("§.toDate()", vec![self.value(ty, depth)?])
                }
            }
            Ty::Span => {
                if self.rng.chance(50) {
                    self.seen.note("durationSince");
                    make(
                        "§.durationSince(§)",
                        vec![self.value(&Ty::Time, depth)?, self.value(&Ty::Time, depth)?],
                    )
                } else {
                    self.seen.note("toTime");
                    make("§.toTime()", vec![self.value(&Ty::Time, depth)?])
                }
            }
            Ty::Set(element) => {
                self.seen.note("set of expressions");
                let mut parts = Vec::new();
                for _ in 0..1 + self.rng.below(2) {
                    parts.push(self.value(element, depth)?);
                }
                make(if parts.len() == 1 { "[§]" } else { "[§, §]" }, parts)
            }
            Ty::Record(fields) if fields.iter().all(|field| !field.optional) => {
                self.seen.note("record of expressions");
                let mut parts = Vec::new();
                let mut form = Vec::new();
                for field in fields {
                    parts.push(self.value(&field.ty, depth)?);
                    form.push(format!("{}: §", crate::schema::quoted(&field.name)));
                }
                make(&format!("{{{}}}", form.join(", ")), parts)
            }
            Ty::Bool => Some(self.condition(depth)),
            Ty::Text | Ty::Decimal | Ty::Ip | Ty::Entity(_) | Ty::Record(_) => None,
        }
    }

    /// Of the clauses that follow, it is known what this one has tested.
    pub(crate) fn leave_known(&mut self, clause: &str) {
        // `(principal has a)` alone, as a clause of its own.
        let inner = clause.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
        if let Some((of, name)) = inner.and_then(|inner| inner.split_once(" has "))
            && is_identifier(name)
            && !of.contains(' ')
        {
            self.known.push(format!("{of}.{name}"));
            self.find_paths();
        }
    }

    /// `principal has a`, of what may be absent.
    pub(crate) fn presence(&mut self) -> Option<Node> {
        let found: Vec<String> = self
            .paths
            .iter()
            .filter(|path| path.absent.is_some_and(|at| at + 1 == path.names.len()))
            .filter(|path| path.names.last().is_some_and(|name| is_identifier(name)))
            .map(|path| {
                format!(
                    "({} has {})",
                    path.prefix(path.names.len() - 1),
                    attribute(&path.names[path.names.len() - 1])
                )
            })
            .collect();
        Some(Node::leaf(Ty::Bool, self.rng.pick(&found)?.clone()))
    }
}
