//! Trees to schema: collects the declared names, resolves types, hierarchies, actions and roles.
//!
//! What cannot be resolved is reported once and left out, or typed [`UNKNOWN`], about which nothing more is said.

mod collect;
mod cycles;
mod unknown;

use std::cell::Cell;
use std::collections::BTreeMap;

use dictum_artifact::expr::ExprId;
use dictum_artifact::ops::WEEKDAY;
use dictum_artifact::schema::{
    ActionDef, ActionId, EntityTypeDef, EntityTypeId, EnumDef, EnumId, Field, Fields, ObligationDef,
    RecordId, RoleDef, RoleId, Schema, Shape, Type, TypeId,
};
use dictum_syntax::ast::{ActionDecl, Expr, FieldDecl, File, Held, Ident, MAX_DEPTH, TypeExpr, TypeExprKind};
use dictum_syntax::diagnostic::Diagnostic;
use dictum_syntax::source::{Sources, Span};
use petgraph::graph::{DiGraph, NodeIndex};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::check::Typing;
use crate::codes;
use crate::exprs::{Bounds, ExprBuilder};
use crate::mend::{self, Mend, mended};
use crate::modules::Modules;
use crate::regexes::Regexes;
use crate::zones::Zones;
pub(crate) use collect::first;
use collect::{Collected, collect};
pub use cycles::MAX_PAIRS;
use cycles::reachable;
pub(crate) use cycles::{Components, components};

/// The type of what could not be resolved; it is in no schema that leaves the compiler.
pub(crate) const UNKNOWN: TypeId = TypeId(u32::MAX);

/// How many request shapes (principal type × action × resource type) a package may have.
pub const MAX_SHAPES: usize = 1_000_000;

/// How many names are compared with unknown ones, over all errors: a file with thousands of errors is not worth thousands
/// of searches.
const MAX_COMPARISONS: usize = 100_000;

/// The schema with what checking rules needs beside it.
pub(crate) struct Declared<'a> {
    /// The texts, for mends that keep parts of them.
    pub(crate) sources: &'a Sources,
    pub(crate) schema: Schema,
    pub(crate) exprs: ExprBuilder,
    pub(crate) types: TypeNames,
    /// The functions and constants, by their names.
    pub(crate) values: FxHashMap<String, Value>,
    /// How many elements the sets and maps that functions read have at most, where that is declared.
    pub(crate) bounds: Bounds,
    /// What names stand for in each file.
    pub(crate) modules: Modules,
    /// The regular expressions and the zones that were compiled.
    pub(crate) regexes: Regexes,
    pub(crate) zones: Zones,
    /// How many elements a set or map counts for where no bound is declared.
    pub(crate) set_elements: u32,
    /// The condition of each role that is `held when`, by [`RoleId`].
    pub(crate) conditions: Vec<Option<&'a Expr>>,
    /// For each role, the roles that include it (transitive) and itself, sorted.
    pub(crate) includers: Vec<Vec<RoleId>>,
    /// The actions that each role's body lists, with all that are in them; names that are wrong are left out.
    pub(crate) allowed: Vec<Vec<ActionId>>,
    /// For each action, itself unless it is a group, and all that are in it (transitive), sorted.
    pub(crate) members: Vec<Vec<ActionId>>,
    /// The context fields that requests of any action have, with the type that one of them gives each.
    pub(crate) context_fields: BTreeMap<String, TypeId>,
    /// The context fields that not every request has, with the actions whose requests do.
    pub(crate) own_context: FxHashMap<String, Vec<ActionId>>,
    /// Whether a part of the hierarchy, or an action, could not be resolved, so that nothing can be said to be impossible.
    pub(crate) incomplete: bool,
    /// How many parts of conditions were checked.
    pub(crate) checked: usize,
    /// How many steps it took to work out constants.
    pub(crate) evaluated: usize,
    /// How many values the fixtures have.
    pub(crate) described: usize,
    /// Whether those were too many, so that no more are checked.
    pub(crate) exhausted: bool,
    /// The conditions as they were typed, for the lints.
    pub(crate) typings: Vec<Typing>,
    /// How many parts those have.
    pub(crate) parts: usize,
    interner: FxHashMap<Type, TypeId>,
    records: FxHashMap<Fields, RecordId>,
    /// The enums that have a variant of a name, with its position.
    variants: FxHashMap<String, Vec<(EnumId, u32)>>,
    /// The types and actions that are declared twice.
    doubtful: FxHashSet<String>,
    /// How many names may still be compared with unknown ones.
    comparisons: Cell<usize>,
}

/// What the name of a function or a constant stands for; without a value, where it has errors.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    /// A constant, with its type.
    Constant(Option<(ExprId, TypeId)>),
    /// A function.
    Function {
        /// The names and types of its parameters.
        parameters: Vec<(String, TypeId)>,
        /// Where it is declared.
        span: Span,
        /// Its value over variables that stand for them, with its type.
        body: Option<(ExprId, TypeId)>,
    },
}

/// What a type's name stands for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum TypeName {
    BuiltIn(Type),
    Enum(EnumId),
    Entity(EntityTypeId),
    Alias(TypeId),
}

/// The names of types, with the place of the declaration where there is one.
pub(crate) type TypeNames = BTreeMap<String, (TypeName, Option<Span>)>;

const BUILT_IN: [(&str, Type); 7] = [
    ("Bool", Type::Bool),
    ("Int", Type::Int),
    ("Decimal", Type::Decimal),
    ("String", Type::String),
    ("Timestamp", Type::Timestamp),
    ("Duration", Type::Duration),
    ("Ip", Type::Ip),
];

/// Builds the schema of all files.
pub(crate) fn declare<'a>(
    sources: &'a Sources,
    files: &'a [File],
    modules: Modules,
    set_elements: u32,
    diagnostics: &mut Vec<Diagnostic>,
) -> Declared<'a> {
    let collected = collect(files, diagnostics);
    let is_broken = modules.is_in_broken("entity") || modules.is_in_broken("action");
    let mut declared = Declared {
        sources,
        schema: Schema::default(),
        exprs: ExprBuilder::default(),
        types: TypeNames::new(),
        values: FxHashMap::default(),
        bounds: Bounds::default(),
        modules,
        regexes: Regexes::default(),
        zones: Zones::default(),
        set_elements,
        conditions: Vec::new(),
        includers: Vec::new(),
        allowed: Vec::new(),
        members: Vec::new(),
        context_fields: BTreeMap::new(),
        own_context: FxHashMap::default(),
        incomplete: !collected.doubtful.is_empty() || is_broken,
        checked: 0,
        evaluated: 0,
        described: 0,
        exhausted: false,
        typings: Vec::new(),
        parts: 0,
        interner: FxHashMap::default(),
        records: FxHashMap::default(),
        variants: FxHashMap::default(),
        doubtful: collected.doubtful.clone(),
        comparisons: Cell::new(MAX_COMPARISONS),
    };
    declared.enums(&collected, diagnostics);
    declared.entity_names(&collected);
    declared.aliases(&collected, diagnostics);
    declared.entities(&collected, diagnostics);
    declared.actions(&collected, diagnostics);
    declared.roles(&collected, diagnostics);
    declared.obligations(&collected, diagnostics);
    declared
}

fn id(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

impl<'a> Declared<'a> {
    fn enums(&mut self, collected: &Collected<'a>, diagnostics: &mut Vec<Diagnostic>) {
        let mut defs: BTreeMap<&str, (EnumDef, Option<Span>)> = BTreeMap::new();
        let weekday = EnumDef {
            name: WEEKDAY.0.to_owned(),
            ordered: true,
            variants: WEEKDAY.1.iter().map(|&day| day.to_owned()).collect(),
        };
        defs.insert(WEEKDAY.0, (weekday, None));
        for (name, decl) in &collected.enums {
            let mut seen = BTreeMap::new();
            let variants: Vec<String> = decl
                .variants
                .iter()
                .filter(|variant| first(&mut seen, variant, "name", diagnostics))
                .map(|variant| variant.name.clone())
                .collect();
            if variants.is_empty() {
                diagnostics.push(
                    Diagnostic::error(
                        codes::EMPTY_ENUM,
                        decl.name.span,
                        format!("the enum `{name}` has no names"),
                    )
                    .with_help(format!("list at least one: `enum {} {{ first }}`", written(name))),
                );
            }
            let def = EnumDef {
                name: (*name).to_owned(),
                ordered: decl.ordered,
                variants,
            };
            defs.insert(name, (def, Some(decl.name.span)));
        }
        for (index, (name, (def, span))) in defs.into_iter().enumerate() {
            self.types
                .insert(name.to_owned(), (TypeName::Enum(EnumId(id(index))), span));
            for (at, variant) in def.variants.iter().enumerate() {
                let owners = self.variants.entry(variant.clone()).or_default();
                owners.push((EnumId(id(index)), id(at)));
            }
            self.schema.enums.push(def);
        }
        for (name, ty) in BUILT_IN {
            self.types.insert(name.to_owned(), (TypeName::BuiltIn(ty), None));
        }
    }

    fn entity_names(&mut self, collected: &Collected<'a>) {
        for (index, (name, decl)) in collected.entities.iter().enumerate() {
            let entity = TypeName::Entity(EntityTypeId(id(index)));
            self.types
                .insert((*name).to_owned(), (entity, Some(decl.name.span)));
        }
    }

    /// Resolves aliases, each after those that it is made of.
    fn aliases(&mut self, collected: &Collected<'a>, diagnostics: &mut Vec<Diagnostic>) {
        let positions = positions(&collected.aliases);
        let decls: Vec<_> = collected.aliases.values().copied().collect();
        let mut graph = DiGraph::<Ident, Span>::new();
        for decl in &decls {
            graph.add_node(decl.name.clone());
        }
        for (from, decl) in decls.iter().enumerate() {
            names_in(&decl.ty, &mut |used, span| {
                if let Some(to) = positions.get(used) {
                    graph.add_edge(NodeIndex::new(from), NodeIndex::new(*to), span);
                }
            });
        }
        let components = components(&graph);
        for cycle in &components.cycles {
            diagnostics.push(cycle.diagnostic(
                codes::TYPE_CYCLE,
                "the type",
                "is made of itself",
                "is made of",
            ));
        }
        for node in &components.cyclic {
            let name = &decls[node.index()].name;
            self.types
                .insert(name.name.clone(), (TypeName::Alias(UNKNOWN), Some(name.span)));
        }
        let mut depths: FxHashMap<TypeId, usize> = FxHashMap::default();
        for node in components
            .order
            .iter()
            .filter(|node| !components.cyclic.contains(node))
        {
            let decl = decls[node.index()];
            let mut ty = self.resolve_type(&decl.ty, diagnostics);
            if self.depth(ty, &mut depths) > MAX_DEPTH {
                let message = format!(
                    "the type `{}` is nested deeper than {MAX_DEPTH} levels",
                    decl.name.name
                );
                diagnostics.push(
                    Diagnostic::error(codes::TYPE_TOO_DEEP, decl.name.span, message).with_help(
                        "use an entity type for the inner part: entities are not nested in values",
                    ),
                );
                ty = UNKNOWN;
            }
            self.types.insert(
                decl.name.name.clone(),
                (TypeName::Alias(ty), Some(decl.name.span)),
            );
        }
    }

    fn depth(&self, ty: TypeId, known: &mut FxHashMap<TypeId, usize>) -> usize {
        if let Some(depth) = known.get(&ty) {
            return *depth;
        }
        let depth = match self.schema.ty(ty) {
            Some(Type::Set(inner) | Type::Map(inner)) => 1 + self.depth(inner, known),
            Some(Type::Record(record)) => {
                let fields = self.schema.record(record).into_iter().flat_map(Fields::iter);
                1 + fields.map(|field| self.depth(field.ty, known)).max().unwrap_or(0)
            }
            Some(
                Type::Bool
                | Type::Int
                | Type::Decimal
                | Type::String
                | Type::Timestamp
                | Type::Duration
                | Type::Ip
                | Type::Enum(_)
                | Type::Entity(_),
            )
            | None => 1,
        };
        known.insert(ty, depth);
        depth
    }

    fn entities(&mut self, collected: &Collected<'a>, diagnostics: &mut Vec<Diagnostic>) {
        for (name, decl) in &collected.entities {
            let mut parents = Vec::new();
            for parent in &decl.parents {
                match self.entity_type(parent, diagnostics) {
                    Some(id) => parents.push(id),
                    None => self.incomplete = true,
                }
            }
            sort(&mut parents);
            let attributes = self.fields(&decl.attributes, "attribute", diagnostics);
            let closed = decl.ids.as_ref().map(|ids| {
                let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
                for id in ids {
                    if let Some(before) = seen.insert(&id.value, id.span) {
                        let message = format!("the id \"{}\" is listed twice", id.value);
                        diagnostics.push(
                            Diagnostic::error(codes::DUPLICATE_NAME, id.span, message)
                                .with_related(before, "first listed here"),
                        );
                    }
                }
                seen.into_keys().map(str::to_owned).collect()
            });
            let name = (*name).to_owned();
            self.schema.entity_types.push(EntityTypeDef {
                name,
                parents,
                ancestors: Vec::new(),
                attributes,
                closed,
            });
        }
        let parents: Vec<Vec<usize>> = self
            .schema
            .entity_types
            .iter()
            .map(|def| def.parents.iter().map(|parent| parent.index()).collect())
            .collect();
        let place = collected.entities.values().map(|decl| decl.name.span).min();
        let ancestors = self.reachable(&parents, "entity types are in one another", place, diagnostics);
        for (def, ancestors) in self.schema.entity_types.iter_mut().zip(ancestors) {
            def.ancestors = ancestors.into_iter().map(EntityTypeId).collect();
        }
    }

    fn actions(&mut self, collected: &Collected<'a>, diagnostics: &mut Vec<Diagnostic>) {
        self.entity_types(collected.principals, diagnostics);
        let base = self.fields(collected.context.iter().copied(), "context field", diagnostics);
        for field in base.iter() {
            self.context_fields.insert(field.name.clone(), field.ty);
        }
        let positions = positions(&collected.actions);
        let mut graph = DiGraph::<Ident, Span>::new();
        for (name, _) in collected.actions.values() {
            graph.add_node((*name).clone());
        }
        // Actions that are declared together are resolved once.
        let mut resolved: FxHashMap<Option<Span>, ResolvedActions> = FxHashMap::default();
        let mut groups: Vec<Vec<usize>> = Vec::new();
        for (index, (name, decl)) in collected.actions.values().enumerate() {
            let key = decl.names.first().map(|first| first.span);
            let known = match resolved.entry(key) {
                std::collections::hash_map::Entry::Occupied(known) => known.into_mut(),
                std::collections::hash_map::Entry::Vacant(new) => {
                    new.insert(self.resolve_actions(decl, collected, &positions, &base, diagnostics))
                }
            };
            if !decl.on.is_empty() && decl.by.is_empty() && collected.principals.is_empty() {
                let message = format!(
                    "the action `{}` does not say which principals it is for",
                    name.name
                );
                diagnostics.push(
                    Diagnostic::error(codes::ACTION_TYPES, name.span, message)
                        .with_help(
                            "add the principal types before `on`, such as `by User`, or declare them for all actions: `principals User`",
                        ),
                );
                self.incomplete = true;
            }
            for (at, span) in &known.groups {
                graph.add_edge(NodeIndex::new(index), NodeIndex::new(*at), *span);
            }
            groups.push(known.groups.iter().map(|(at, _)| *at).collect());
            let context = (!decl.on.is_empty()).then_some(known.context);
            self.schema.actions.push(ActionDef {
                name: name.name.clone(),
                groups: Vec::new(),
                context,
            });
        }
        let components = components(&graph);
        for cycle in &components.cycles {
            diagnostics.push(cycle.diagnostic(
                codes::TYPE_CYCLE,
                "the action",
                "belongs to itself",
                "belongs to",
            ));
        }
        let place = collected.actions.values().map(|(name, _)| name.span).min();
        let place = place.filter(|_| components.cycles.is_empty());
        let above = self.reachable(&groups, "actions belong to one another", place, diagnostics);
        for (def, above) in self.schema.actions.iter_mut().zip(above) {
            def.groups = above.into_iter().map(ActionId).collect();
        }
        self.members = vec![Vec::new(); self.schema.actions.len()];
        for (at, def) in self
            .schema
            .actions
            .iter()
            .enumerate()
            .filter(|(_, def)| def.context.is_some())
        {
            let action = ActionId(id(at));
            for group in def.groups.iter().chain([&action]) {
                self.members[group.index()].push(action);
            }
            let fields = def.context.and_then(|record| self.schema.record(record));
            let own = fields.into_iter().flat_map(Fields::iter);
            for field in own.filter(|field| base.position(&field.name).is_none()) {
                self.own_context
                    .entry(field.name.clone())
                    .or_default()
                    .push(action);
            }
        }
        self.schema.has_now = self
            .schema
            .actions
            .iter()
            .filter_map(|def| def.context)
            .all(|record| {
                let fields = self.schema.record(record);
                let now = fields.and_then(|fields| fields.get(fields.position("now")?));
                now.is_some_and(|now| !now.optional && self.schema.ty(now.ty) == Some(Type::Timestamp))
            });
        self.shapes(collected, &resolved, diagnostics);
    }

    /// What actions that are declared together are in, their types and their context.
    fn resolve_actions(
        &mut self,
        decl: &ActionDecl,
        collected: &Collected<'a>,
        positions: &FxHashMap<&str, usize>,
        base: &Fields,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> ResolvedActions {
        let mut groups = Vec::new();
        for group in &decl.groups {
            let name = group.name.as_str();
            match positions.get(name) {
                Some(&at) => groups.push((at, group.span)),
                None => {
                    self.incomplete = true;
                    let known = collected.actions.keys().copied();
                    self.unknown(group, "action", known, diagnostics);
                }
            }
        }
        let by = match decl.by.as_slice() {
            [] => collected.principals,
            by => by,
        };
        // What is wrong with the types that a package declares once is said once.
        let mut said_elsewhere = Vec::new();
        let found = if decl.by.is_empty() {
            &mut said_elsewhere
        } else {
            &mut *diagnostics
        };
        let (by, on) = (
            self.entity_types(by, found),
            self.entity_types(&decl.on, diagnostics),
        );
        let own = self.fields(&decl.context, "context field", diagnostics);
        for field in &decl.context {
            if let Some(before) = collected
                .context
                .iter()
                .find(|before| before.name.name == field.name.name)
            {
                let message = format!("the context field `{}` is declared twice", field.name.name);
                diagnostics.push(
                    Diagnostic::error(codes::DUPLICATE_NAME, field.name.span, message)
                        .with_related(before.name.span, "every request carries it already"),
                );
            }
        }
        let mut fields = base.clone();
        for field in own.0 {
            self.context_fields.entry(field.name.clone()).or_insert(field.ty);
            if base.position(&field.name).is_none() {
                fields.0.push(field);
            }
        }
        fields.0.sort_by(|a, b| a.name.cmp(&b.name));
        ResolvedActions {
            groups,
            by,
            on,
            context: self.record(fields),
        }
    }

    fn shapes(
        &mut self,
        collected: &Collected<'a>,
        resolved: &FxHashMap<Option<Span>, ResolvedActions>,
        diagnostics: &mut Vec<Diagnostic>,
    ) {
        let actions = || {
            let types = |decl: &ActionDecl| resolved.get(&decl.names.first().map(|first| first.span));
            let actions = collected.actions.values().enumerate();
            actions.filter_map(move |(at, (name, decl))| {
                types(decl).map(|types| (ActionId(id(at)), *name, types))
            })
        };
        let count = |types: &ResolvedActions| types.by.len().saturating_mul(types.on.len());
        let total = actions().fold(0usize, |sum, (_, _, types)| sum.saturating_add(count(types)));
        if total > MAX_SHAPES {
            self.incomplete = true;
            if let Some((_, name, _)) =
                actions().max_by_key(|(_, name, types)| (count(types), std::cmp::Reverse(name.span)))
            {
                let message = format!(
                    "the actions apply to {total} combinations of principal and resource types; at most {MAX_SHAPES} are supported"
                );
                diagnostics.push(
                    Diagnostic::error(codes::TOO_MANY_SHAPES, name.span, message)
                        .with_help("name fewer types after `by` and `on`"),
                );
            }
            return;
        }
        let mut shapes = Vec::with_capacity(total);
        for (action, _, types) in actions() {
            for &principal in &types.by {
                shapes.extend(types.on.iter().map(|&resource| Shape {
                    principal,
                    action,
                    resource,
                }));
            }
        }
        sort(&mut shapes);
        self.schema.shapes = shapes;
    }

    fn roles(&mut self, collected: &Collected<'a>, diagnostics: &mut Vec<Diagnostic>) {
        let mut graph = DiGraph::<Ident, Span>::new();
        for decl in collected.roles.values() {
            graph.add_node(decl.name.clone());
        }
        let positions = positions(&collected.roles);
        let mut includes: Vec<Vec<usize>> = Vec::new();
        for (index, (name, decl)) in collected.roles.iter().enumerate() {
            let mut own = Vec::new();
            for included in &decl.includes {
                match positions.get(included.name.as_str()) {
                    Some(&at) => {
                        own.push(at);
                        graph.add_edge(NodeIndex::new(index), NodeIndex::new(at), included.span);
                    }
                    None => self.unknown(included, "role", collected.roles.keys().copied(), diagnostics),
                }
            }
            includes.push(own);
            let on = self.entity_types(&decl.on, diagnostics);
            let (grantable, condition) = match &decl.held {
                Held::Default | Held::ByGrant => (true, None),
                Held::When(condition) => (false, Some(condition)),
                Held::ByGrantOrWhen(condition) => (true, Some(condition)),
            };
            self.schema.roles.push(RoleDef {
                name: (*name).to_owned(),
                on,
                grantable,
                carriers: Vec::new(),
            });
            self.conditions.push(condition);
            let listed = decl
                .actions
                .iter()
                .filter_map(|name| self.schema.find_action(&name.name));
            let mut allowed: Vec<ActionId> = listed
                .flat_map(|action| self.members[action.index()].iter().copied())
                .collect();
            sort(&mut allowed);
            self.allowed.push(allowed);
        }
        let components = components(&graph);
        for cycle in &components.cycles {
            diagnostics.push(cycle.diagnostic(codes::ROLE_CYCLE, "the role", "includes itself", "includes"));
        }
        let mut included_by: Vec<Vec<usize>> = vec![Vec::new(); includes.len()];
        for (from, to) in includes
            .iter()
            .enumerate()
            .flat_map(|(from, to)| to.iter().map(move |to| (from, *to)))
        {
            included_by[to].push(from);
        }
        let place = collected.roles.values().map(|decl| decl.name.span).min();
        let place = place.filter(|_| components.cycles.is_empty());
        let includers = self.reachable(&included_by, "roles include one another", place, diagnostics);
        for (role, mut above) in includers.into_iter().enumerate() {
            above.push(id(role));
            sort(&mut above);
            self.includers.push(above.into_iter().map(RoleId).collect());
        }
        for role in 0..self.schema.roles.len() {
            let is_grantable = |above: &&RoleId| self.schema.roles[above.index()].grantable;
            self.schema.roles[role].carriers = self.includers[role]
                .iter()
                .filter(is_grantable)
                .copied()
                .collect();
        }
    }

    fn obligations(&mut self, collected: &Collected<'a>, diagnostics: &mut Vec<Diagnostic>) {
        for (name, decl) in &collected.obligations {
            for field in &decl.fields {
                let (TypeExprKind::Set(inner, Some(bound)) | TypeExprKind::Map(inner, Some(bound))) =
                    &field.ty.kind
                else {
                    continue;
                };
                let message = "the fields of an obligation are computed, and have no bounds";
                let error = Diagnostic::error(codes::BOUND, bound.span, message);
                diagnostics.push(mended(
                    error,
                    Some(no_bound("leave the number out", inner.span, bound.span)),
                ));
            }
            let fields = self.fields(&decl.fields, "field", diagnostics);
            let record = self.record(fields);
            self.schema.obligations.push(ObligationDef {
                name: (*name).to_owned(),
                record,
            });
        }
    }

    /// What leads to what, directly or through others; nothing, where that is too much.
    fn reachable(
        &mut self,
        edges: &[Vec<usize>],
        what: &str,
        place: Option<Span>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Vec<Vec<u32>> {
        reachable(edges).unwrap_or_else(|| {
            self.incomplete = true;
            let message = format!("{what} in more than {MAX_PAIRS} pairs, directly or through others");
            diagnostics.extend(place.map(|place| {
                Diagnostic::error(codes::TOO_MANY_PAIRS, place, message)
                    .with_help("this many levels are not supported: leave some out, or split the policy")
            }));
            vec![Vec::new(); edges.len()]
        })
    }

    /// The fields of a record or entity type, sorted.
    fn fields<'d>(
        &mut self,
        decls: impl IntoIterator<Item = &'d FieldDecl>,
        what: &str,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Fields {
        let mut seen = BTreeMap::new();
        let mut fields: Vec<Field> = Vec::new();
        for decl in decls {
            let ty = self.resolve_unbounded(&decl.ty, diagnostics);
            let most = match &decl.ty.kind {
                TypeExprKind::Set(_, bound) | TypeExprKind::Map(_, bound) => bound.map(|bound| bound.most),
                TypeExprKind::Name(_) | TypeExprKind::Record(_) => None,
            };
            if first(&mut seen, &decl.name, what, diagnostics) {
                fields.push(Field {
                    name: decl.name.name.clone(),
                    ty,
                    optional: decl.optional,
                    most,
                });
            }
        }
        fields.sort_by(|a, b| a.name.cmp(&b.name));
        Fields(fields)
    }

    /// A type that is not a field's own: nothing counts the elements of its sets.
    pub(crate) fn resolve_type(&mut self, ty: &TypeExpr, diagnostics: &mut Vec<Diagnostic>) -> TypeId {
        if let TypeExprKind::Set(inner, Some(bound)) | TypeExprKind::Map(inner, Some(bound)) = &ty.kind {
            let help = "leave the number out here, and write it where a field is declared: `labels: Set<String, 20>`";
            let mend = no_bound(help, inner.span, bound.span);
            let error = Diagnostic::error(
                codes::BOUND,
                bound.span,
                "only the set or map of a field has a bound",
            );
            diagnostics.push(mended(error, Some(mend)));
        }
        self.resolve_unbounded(ty, diagnostics)
    }

    fn resolve_unbounded(&mut self, ty: &TypeExpr, diagnostics: &mut Vec<Diagnostic>) -> TypeId {
        match &ty.kind {
            TypeExprKind::Name(name) => match self.types.get(name).map(|(target, _)| *target) {
                Some(TypeName::Alias(target)) => target,
                Some(TypeName::BuiltIn(target)) => self.intern(target),
                Some(TypeName::Enum(target)) => self.intern(Type::Enum(target)),
                Some(TypeName::Entity(target)) => self.intern(Type::Entity(target)),
                None => {
                    if matches!(name.as_str(), "Set" | "Map") {
                        diagnostics.push(
                            Diagnostic::error(
                                codes::WRONG_KIND_OF_NAME,
                                ty.span,
                                format!("`{name}` needs the type of what it holds"),
                            )
                            .with_help(format!("such as `{name}<String>`")),
                        );
                    } else {
                        let ident = Ident {
                            name: name.clone(),
                            span: ty.span,
                        };
                        let before = diagnostics.len();
                        self.unknown(&ident, "type", self.types.keys().map(String::as_str), diagnostics);
                        let meant = match name.to_ascii_lowercase().as_str() {
                            "boolean" => Some("Bool"),
                            "integer" | "long" | "i64" => Some("Int"),
                            "float" | "double" => Some("Decimal"),
                            "text" | "str" => Some("String"),
                            "date" | "datetime" | "instant" | "time" => Some("Timestamp"),
                            "ipaddr" | "ipaddress" | "cidr" => Some("Ip"),
                            _ => None,
                        };
                        if let (Some(meant), Some(diagnostic)) = (meant, diagnostics.get_mut(before)) {
                            let mend = Mend::meant(meant, ty.span, meant);
                            *diagnostic = mended(diagnostic.clone(), Some(mend));
                        }
                    }
                    UNKNOWN
                }
            },
            TypeExprKind::Set(inner, _) => match self.resolve_type(inner, diagnostics) {
                UNKNOWN => UNKNOWN,
                inner => self.intern(Type::Set(inner)),
            },
            TypeExprKind::Map(inner, _) => match self.resolve_type(inner, diagnostics) {
                UNKNOWN => UNKNOWN,
                inner => self.intern(Type::Map(inner)),
            },
            TypeExprKind::Record(fields) => {
                let fields = self.fields(fields, "field", diagnostics);
                if fields.iter().any(|field| field.ty == UNKNOWN) {
                    return UNKNOWN;
                }
                let record = self.record(fields);
                self.intern(Type::Record(record))
            }
        }
    }

    /// The one id of a type.
    pub(crate) fn intern(&mut self, ty: Type) -> TypeId {
        *self.interner.entry(ty).or_insert_with(|| {
            self.schema.types.push(ty);
            TypeId(id(self.schema.types.len() - 1))
        })
    }

    /// The one id of a record type.
    pub(crate) fn record(&mut self, fields: Fields) -> RecordId {
        if let Some(record) = self.records.get(&fields) {
            return *record;
        }
        let record = RecordId(id(self.schema.records.len()));
        self.schema.records.push(fields.clone());
        self.records.insert(fields, record);
        record
    }

    fn entity_types(&mut self, names: &[Ident], diagnostics: &mut Vec<Diagnostic>) -> Vec<EntityTypeId> {
        let mut types: Vec<EntityTypeId> = Vec::new();
        for name in names {
            match self.entity_type(name, diagnostics) {
                Some(ty) => types.push(ty),
                None => self.incomplete = true,
            }
        }
        sort(&mut types);
        types
    }

    /// The entity type of a name; anything else is reported.
    pub(crate) fn entity_type(
        &self,
        name: &Ident,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<EntityTypeId> {
        let Some((kind, place)) = self.types.get(&name.name) else {
            let names = self
                .types
                .iter()
                .filter(|(_, (kind, _))| matches!(kind, TypeName::Entity(_)));
            self.unknown(
                name,
                "entity type",
                names.map(|(name, _)| name.as_str()),
                diagnostics,
            );
            return None;
        };
        match kind {
            TypeName::Entity(entity) => return Some(*entity),
            TypeName::Alias(UNKNOWN) => return None,
            TypeName::Alias(alias) => {
                if let Some(Type::Entity(entity)) = self.schema.ty(*alias) {
                    return Some(entity);
                }
            }
            TypeName::BuiltIn(_) | TypeName::Enum(_) => {}
        }
        let mut diagnostic = Diagnostic::error(
            codes::WRONG_KIND_OF_NAME,
            name.span,
            format!("`{}` is not an entity type", name.name),
        );
        if let Some(place) = place {
            diagnostic = diagnostic.with_related(*place, "declared here");
        }
        diagnostics.push(diagnostic);
        None
    }

    /// The enums that have a variant of this name, with its position in each.
    pub(crate) fn variants_named(&self, name: &str) -> &[(EnumId, u32)] {
        self.variants.get(name).map_or(&[], Vec::as_slice)
    }

    /// Whether a type or an action is declared twice, so that not all is known of it.
    pub(crate) fn is_doubtful(&self, name: &str) -> bool {
        self.doubtful.contains(name)
    }
}

/// A bound left out.
fn no_bound(help: &str, inner: Span, bound: Span) -> Mend {
    let edit = (mend::between(inner, mend::after(bound)), String::new());
    Mend::edits(help, "leave the bound out", vec![edit])
}

/// A full name as it is written in a source: what is no identifier between backticks.
pub(crate) fn written(name: &str) -> String {
    dictum_syntax::naming::written_path(name)
}

/// What actions that are declared together have in common.
struct ResolvedActions {
    /// The actions that they are in, each with the place that names it.
    groups: Vec<(usize, Span)>,
    by: Vec<EntityTypeId>,
    on: Vec<EntityTypeId>,
    context: RecordId,
}

fn positions<'n, D>(declared: &BTreeMap<&'n str, D>) -> FxHashMap<&'n str, usize> {
    declared
        .keys()
        .enumerate()
        .map(|(at, name)| (*name, at))
        .collect()
}

fn sort<T: Ord>(items: &mut Vec<T>) {
    items.sort_unstable();
    items.dedup();
}

fn names_in<'t>(ty: &'t TypeExpr, visit: &mut impl FnMut(&'t str, Span)) {
    match &ty.kind {
        TypeExprKind::Name(name) => visit(name, ty.span),
        TypeExprKind::Set(inner, _) | TypeExprKind::Map(inner, _) => names_in(inner, visit),
        TypeExprKind::Record(fields) => fields.iter().for_each(|field| names_in(&field.ty, visit)),
    }
}
