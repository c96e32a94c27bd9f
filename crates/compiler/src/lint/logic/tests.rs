//! What logic calls impossible holds of no request: random conditions over random requests, judged by the reference
//! evaluator. And that it sees what it is there to see.

use std::collections::BTreeSet;

use dictum_artifact::data::{Dataset, Entity, Grant, Request, Scope};
use dictum_artifact::expr::{Arithmetic, Comparison, Expr, ExprId, Exprs, Literal, Pattern, Property};
use dictum_artifact::schema::{RoleId, Schema};
use dictum_artifact::value::{EntityUid, Network, Value};
use dictum_syntax::source::Sources;

use super::{Claim, Logic, Values};
use crate::check::Environment;
use crate::lint::{Level, Levels};
use crate::reference;

const SCHEMA: &str = "
    ordered enum Rank { low, mid, high }
    entity Group in Group
    entity User in Group { level: Int, name: String, active: Bool, rank: Rank, boss?: User, spare?: Int, tags: Set<Int>, home: Group }
    entity Plan { level: Int } = [\"free\", \"paid\"]
    context { n: Int, m?: Int, flag: Bool, from: Ip, plan: Plan, word: String }
    action act by User on User
    role viewer on User { act }
    role editor on User includes viewer {}
";

/// Numbers that look random, the same in every run.
struct Random(u64);

impl Random {
    fn next(&mut self, below: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % below.max(1)
    }

    fn pick<T: Clone>(&mut self, items: &[T]) -> T {
        items[self.next(items.len())].clone()
    }
}

fn schema() -> Schema {
    let mut sources = Sources::new();
    sources.add("schema.dictum", SCHEMA);
    let settings = crate::Settings {
        lints: Levels::all(Level::Allow),
        ..crate::Settings::default()
    };
    crate::compile_with(&sources, &settings)
        .0
        .expect("the schema is right")
        .schema
}

/// Expressions over the schema.
struct Maker<'s> {
    schema: &'s Schema,
    exprs: Exprs,
    random: Random,
}

impl Maker<'_> {
    fn add(&mut self, expr: Expr) -> ExprId {
        let at = self
            .exprs
            .0
            .iter()
            .position(|other| *other == expr)
            .unwrap_or_else(|| {
                self.exprs.0.push(expr);
                self.exprs.0.len() - 1
            });
        ExprId(at as u32)
    }

    fn literal(&mut self, literal: Literal) -> ExprId {
        self.add(Expr::Literal(literal))
    }

    fn attribute(&self, name: &str) -> u32 {
        let user = self.schema.find_entity_type("User").expect("a type");
        self.schema
            .entity_type(user)
            .expect("a type")
            .attributes
            .position(name)
            .expect("an attribute")
    }

    fn field(&mut self, name: &str) -> ExprId {
        let record = self.schema.actions[0].context.expect("an action");
        let index = self
            .schema
            .record(record)
            .expect("a record")
            .position(name)
            .expect("a field");
        let of = self.add(Expr::Context);
        self.add(Expr::Field { of, index })
    }

    fn user(&mut self) -> ExprId {
        match self.random.next(4) {
            0 | 1 => self.add(Expr::Principal),
            2 => self.add(Expr::Resource),
            _ => {
                let (of, index) = (self.add(Expr::Principal), self.attribute("boss"));
                self.add(Expr::Attribute { of, index })
            }
        }
    }

    fn read(&mut self, name: &str) -> ExprId {
        let (of, index) = (self.user(), self.attribute(name));
        self.add(Expr::Attribute { of, index })
    }

    fn int(&mut self) -> ExprId {
        match self.random.next(9) {
            0 | 1 => self.read("level"),
            2 => self.read("spare"),
            3 | 4 => self.field("n"),
            5 => self.field("m"),
            6 => {
                let tags = self.read("tags");
                self.add(Expr::Property(Property::Size, tags))
            }
            7 => {
                let (a, b) = (self.field("n"), self.read("level"));
                let op = self.random.pick(&[Arithmetic::Add, Arithmetic::Subtract]);
                self.add(Expr::Arithmetic(op, a, b))
            }
            _ => self.constant(),
        }
    }

    fn constant(&mut self) -> ExprId {
        let n = self.random.next(4) as i64;
        self.literal(Literal::Int(n))
    }

    fn rank(&mut self) -> ExprId {
        let of = self.schema.find_enum("Rank").expect("an enum");
        let at = self.random.next(3) as u32;
        if self.random.next(3) == 0 {
            self.read("rank")
        } else {
            self.literal(Literal::Enum(of, at))
        }
    }

    fn group(&mut self) -> ExprId {
        let of = self.schema.find_entity_type("Group").expect("a type");
        let id = self.random.pick(&["a", "b"]);
        if self.random.next(3) == 0 {
            self.read("home")
        } else {
            self.literal(Literal::Entity(of, id.into()))
        }
    }

    fn network(&mut self) -> ExprId {
        let text = self.random.pick(&[
            "10.0.0.0/8",
            "10.1.0.0/16",
            "192.168.0.0/16",
            "10.1.2.3",
            "10.1.2.3/8",
            "10.1.2.3/16",
        ]);
        self.literal(Literal::Ip(Network::parse(text).expect("a network")))
    }

    fn text(&mut self) -> ExprId {
        if self.random.next(2) == 0 {
            self.field("word")
        } else {
            self.read("name")
        }
    }

    fn set(&mut self, make: fn(&mut Self) -> ExprId) -> ExprId {
        let ty = dictum_artifact::schema::TypeId(0);
        let count = self.random.next(3);
        let items = (0..=count).map(|_| make(self)).collect();
        self.add(Expr::Set(ty, items))
    }

    fn atom(&mut self) -> ExprId {
        let expr = match self.random.next(24) {
            0..=2 => Expr::Compare(
                self.random.pick(&[Comparison::Less, Comparison::LessOrEqual]),
                self.int(),
                self.int(),
            ),
            3..=5 => Expr::Equal(self.int(), self.int()),
            6 => Expr::Equal(self.rank(), self.rank()),
            7 => Expr::Compare(Comparison::Less, self.rank(), self.rank()),
            8 => Expr::Equal(self.user(), self.user()),
            9 => return self.read("active"),
            10 => return self.field("flag"),
            11 | 12 => {
                let (of, name) = (self.user(), self.random.pick(&["boss", "spare"]));
                Expr::HasAttribute {
                    of,
                    index: self.attribute(name),
                }
            }
            13 => {
                let Some(Expr::Field { of, index }) = ({
                    let m = self.field("m");
                    self.exprs.get(m).cloned()
                }) else {
                    unreachable!()
                };
                Expr::HasField { of, index }
            }
            14 => Expr::Contains(self.set(Self::constant), self.int()),
            15 => Expr::Contains(self.read("tags"), self.constant()),
            16 => Expr::EntityIn(self.user(), self.group()),
            17 => Expr::EntityInSet(self.group(), self.set(Self::group)),
            18 => {
                let from = self.field("from");
                if self.random.next(2) == 0 {
                    Expr::NetworkIn(from, self.network())
                } else {
                    Expr::NetworkInSet(from, self.set(Self::network))
                }
            }
            19 => {
                let part = self.random.pick(&["a", "ab", "b"]);
                let part = self.literal(Literal::String(part.into()));
                let text = self.text();
                if self.random.next(2) == 0 {
                    Expr::StartsWith(text, part)
                } else {
                    Expr::EndsWith(text, part)
                }
            }
            20 => {
                let pieces: &[&str] =
                    self.random
                        .pick(&[&["ab"][..], &["a", ""], &["", "b"], &["a", "b"], &["b", "a", ""]]);
                Expr::Like(
                    self.text(),
                    Pattern(pieces.iter().map(|piece| (*piece).into()).collect()),
                )
            }
            21 => {
                let text = self.random.pick(&["ab", "a", "ba"]);
                Expr::Equal(self.text(), self.literal(Literal::String(text.into())))
            }
            22 => {
                let of = self.schema.find_entity_type("Plan").expect("a type");
                let id = self.random.pick(&["free", "paid"]);
                Expr::Equal(self.field("plan"), self.literal(Literal::Entity(of, id.into())))
            }
            _ => match self.random.next(3) {
                0 => Expr::GrantHeld(RoleId(self.random.next(2) as u32)),
                1 => Expr::IsEmpty(self.read("tags")),
                _ => {
                    let (optional, default) = (self.read("spare"), self.constant());
                    let value = self.add(Expr::Coalesce(optional, default));
                    Expr::Equal(value, self.constant())
                }
            },
        };
        self.add(expr)
    }

    fn condition(&mut self, depth: usize) -> ExprId {
        if depth == 0 {
            return self.atom();
        }
        let expr = match self.random.next(13) {
            0..=2 => Expr::And(self.several(depth)),
            10 | 11 => Expr::AndThen(self.several(depth)),
            12 => Expr::OrElse(self.several(depth)),
            3 | 4 => Expr::Or(self.several(depth)),
            5 | 6 => Expr::Not(self.condition(depth - 1)),
            7 => Expr::If(
                self.condition(depth - 1),
                self.condition(depth - 1),
                self.condition(depth - 1),
            ),
            8 => {
                let default = self.random.next(2) == 0;
                Expr::Otherwise(self.condition(depth - 1), self.literal(Literal::Bool(default)))
            }
            _ => {
                let truth = self.random.next(2) == 0;
                Expr::Equal(self.condition(depth - 1), self.literal(Literal::Bool(truth)))
            }
        };
        self.add(expr)
    }

    fn several(&mut self, depth: usize) -> Vec<ExprId> {
        (0..2 + self.random.next(2))
            .map(|_| self.condition(depth - 1))
            .collect()
    }
}

/// A request over a store.
fn world(schema: &Schema, random: &mut Random) -> (Request, Dataset) {
    let uid = |ty: &str, id: &str| EntityUid {
        ty: schema.find_entity_type(ty).expect("a type"),
        id: id.into(),
    };
    let users = ["u", "v", "w"];
    let mut entities = Vec::new();
    for name in users {
        if random.next(4) == 0 {
            continue;
        }
        let def = schema.entity_type(uid("User", name).ty).expect("a type");
        let attributes = def.attributes.iter().map(|attribute| {
            let value = match attribute.name.as_str() {
                "level" | "spare" => Value::Int(random.pick(&[-1, 0, 1, 2, 3, 4, i64::MAX])),
                "name" => Value::String(random.pick(&["", "a", "ab", "ba", "abb", "b"]).into()),
                "active" => Value::Bool(random.next(2) == 0),
                "rank" => Value::Enum(schema.find_enum("Rank").expect("an enum"), random.next(3) as u32),
                "boss" => Value::Entity(uid("User", random.pick(&users))),
                "home" => Value::Entity(uid("Group", random.pick(&["a", "b", "c"]))),
                _ => {
                    let count = random.next(3);
                    Value::Set(
                        (0..count)
                            .map(|_| Value::Int(random.next(4) as i64))
                            .collect::<BTreeSet<_>>(),
                    )
                }
            };
            (!attribute.optional || random.next(2) == 0).then_some(value)
        });
        let attributes = attributes.collect();
        let parents = (0..random.next(3))
            .map(|_| uid("Group", random.pick(&["a", "b", "c"])))
            .collect();
        entities.push(Entity {
            uid: uid("User", name),
            attributes,
            parents,
        });
    }
    if random.next(2) == 0 {
        entities.push(Entity {
            uid: uid("Group", "c"),
            attributes: Vec::new(),
            parents: vec![uid("Group", random.pick(&["a", "b"]))],
        });
    }
    let grants = (0..random.next(3)).map(|_| Grant {
        role: RoleId(random.next(2) as u32),
        subject: uid("User", random.pick(&users)),
        scope: Scope::Anything,
        until: None,
    });
    let grants = grants.collect();
    let record = schema
        .record(schema.actions[0].context.expect("an action"))
        .expect("a record");
    let context = record.iter().map(|field| {
        let value = match field.name.as_str() {
            "n" | "m" => Value::Int(random.pick(&[-1, 0, 1, 2, 3, 4, i64::MAX])),
            "flag" => Value::Bool(random.next(2) == 0),
            "from" => {
                let text = random.pick(&[
                    "10.1.2.3",
                    "10.2.0.0",
                    "192.168.1.1",
                    "8.8.8.8",
                    "10.0.0.0/8",
                    "10.1.2.3/8",
                    "10.1.9.9/16",
                ]);
                Value::Ip(Network::parse(text).expect("an address"))
            }
            "plan" => Value::Entity(uid("Plan", random.pick(&["free", "paid"]))),
            _ => Value::String(random.pick(&["", "a", "ab", "ba", "abb", "b"]).into()),
        };
        (!field.optional || random.next(2) == 0).then_some(value)
    });
    let context = context.collect();
    let request = Request {
        principal: uid("User", random.pick(&users)),
        action: dictum_artifact::schema::ActionId(0),
        resource: uid("User", random.pick(&users)),
        context,
        principal_attributes: Vec::new(),
        resource_attributes: Vec::new(),
    };
    (request, Dataset { entities, grants })
}

fn environment(schema: &Schema) -> Environment {
    let user = schema.find_entity_type("User").expect("a type");
    Environment {
        principal: user,
        resource: user,
        context: schema.actions[0].context.expect("an action"),
        action: None,
    }
}

#[test]
fn what_is_impossible_never_happens() {
    const SETS: [Values; 7] = [
        Values::TRUE,
        Values::TRUE,
        Values::FALSE,
        Values::NOT_TRUE,
        Values::NOT_FALSE,
        Values::UNDEFINED,
        Values::DEFINED,
    ];
    let schema = schema();
    let mut random = Random(7);
    let worlds: Vec<_> = (0..600).map(|_| world(&schema, &mut random)).collect();
    let (mut impossible, mut never_seen) = (0, 0);
    for round in 0..60 {
        let mut maker = Maker {
            schema: &schema,
            exprs: Exprs::default(),
            random: Random(round),
        };
        let questions: Vec<Vec<Claim>> = (0..40)
            .map(|_| {
                let count = 1 + maker.random.next(3);
                let claim = |maker: &mut Maker<'_>| {
                    let depth = maker.random.next(3);
                    Claim::new(maker.condition(depth), maker.random.pick(&SETS))
                };
                (0..count).map(|_| claim(&mut maker)).collect()
            })
            .collect();
        let exprs = maker.exprs;
        let mut logic = Logic::new(&schema, &exprs, environment(&schema));
        for claims in questions {
            let holds = |(request, data): &&(Request, Dataset)| {
                claims.iter().all(|claim| {
                    let value = match reference::truth(&schema, &exprs, request, data, claim.condition) {
                        Some(truth) => Values::of(truth),
                        None => Values::UNDEFINED,
                    };
                    claim.values.contains(value)
                })
            };
            let seen = worlds.iter().find(holds);
            never_seen += usize::from(seen.is_none());
            if logic.never(&claims, &mut u64::MAX.clone()) {
                impossible += 1;
                assert!(seen.is_none(), "{claims:?} of {exprs:#?} hold in {seen:#?}");
            }
        }
    }
    // Some of what was never seen is only rare.
    assert!(impossible * 2 > never_seen, "{impossible} of {never_seen}");
}
