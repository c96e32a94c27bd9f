//! What leads to what among declarations, and where it leads back.

use std::collections::VecDeque;

use dictum_syntax::ast::Ident;
use dictum_syntax::diagnostic::Diagnostic;
use dictum_syntax::source::Span;
use petgraph::algo::kosaraju_scc;
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::EdgeRef;
use rustc_hash::{FxHashMap, FxHashSet};

/// How many pairs of types, of actions and groups, or of roles may be in, belong to or include each other, directly or
/// through others.
pub const MAX_PAIRS: usize = 1 << 22;

/// Names that each lead to the next one, and the last to the first.
pub(crate) struct Cycle {
    /// The name that it is told from.
    start: Ident,
    /// The names from there on, each with the place where the one before names it; the last is the start again.
    steps: Vec<(Span, String)>,
}

/// The parts of a graph within which every node leads to every other, each after those that it leads to; with a
/// shortest cycle of each that has one.
pub(crate) struct Components {
    pub(crate) cycles: Vec<Cycle>,
    /// The nodes that lead back to themselves.
    pub(crate) cyclic: FxHashSet<NodeIndex>,
    /// All nodes, each after those that it leads to, but for cycles.
    pub(crate) order: Vec<NodeIndex>,
}

impl Cycle {
    /// The name that it is told from.
    pub(crate) fn start(&self) -> &str {
        &self.start.name
    }

    /// "the role `a` includes itself: `a` includes `b`, which includes `a`"
    pub(crate) fn diagnostic(&self, code: &'static str, what: &str, problem: &str, edge: &str) -> Diagnostic {
        const MOST: usize = 8;
        let start = &self.start.name;
        let mut path = format!("`{start}`");
        for (at, (_, name)) in self.steps.iter().enumerate() {
            let which = if at == 0 { "" } else { ", which" };
            if at < MOST || at + 1 == self.steps.len() {
                path += &format!("{which} {edge} `{name}`");
            } else if at == MOST {
                path += &format!("{which} {edge} …");
            }
        }
        let message = format!("{what} `{start}` {problem}: {path}");
        let mut diagnostic = Diagnostic::error(code, self.start.span, message);
        for (span, name) in self.steps.iter().take(MOST) {
            diagnostic = diagnostic.with_related(*span, format!("{edge} `{name}`"));
        }
        diagnostic.with_help(match self.steps.as_slice() {
            [_] => "leave it out here",
            _ => "break the cycle at one of these places",
        })
    }
}

/// Takes a graph apart; an edge is the place where one name names another.
pub(crate) fn components(graph: &DiGraph<Ident, Span>) -> Components {
    let mut found = Components {
        cycles: Vec::new(),
        cyclic: FxHashSet::default(),
        order: Vec::new(),
    };
    for component in kosaraju_scc(graph) {
        if let Some(cycle) = cycle(graph, &component) {
            found.cycles.push(cycle);
            found.cyclic.extend(component.iter().copied());
        }
        found.order.extend(component);
    }
    found
}

/// A shortest cycle through the node of a component that is declared first; none, where the component is one node that does not lead to itself.
fn cycle(graph: &DiGraph<Ident, Span>, component: &[NodeIndex]) -> Option<Cycle> {
    let start = component
        .iter()
        .copied()
        .min_by_key(|node| (graph[*node].span, *node))?;
    let members: FxHashSet<NodeIndex> = component.iter().copied().collect();
    // Breadth first from the start until an edge leads back to it.
    let mut came: FxHashMap<NodeIndex, (NodeIndex, Span)> = FxHashMap::default();
    let mut queue = VecDeque::from([start]);
    while let Some(node) = queue.pop_front() {
        let mut edges: Vec<(Span, NodeIndex)> = graph
            .edges(node)
            .map(|edge| (*edge.weight(), edge.target()))
            .collect();
        edges.sort_unstable();
        for (span, to) in edges {
            if to == start {
                let mut steps = vec![(span, graph[start].name.clone())];
                let mut at = node;
                while let Some((before, span)) = came.get(&at) {
                    steps.push((*span, graph[at].name.clone()));
                    at = *before;
                }
                steps.reverse();
                return Some(Cycle {
                    start: graph[start].clone(),
                    steps,
                });
            }
            if members.contains(&to) && !came.contains_key(&to) {
                came.insert(to, (node, span));
                queue.push_back(to);
            }
        }
    }
    None
}

/// For each node, the nodes that a path of at least one edge leads to, sorted; `None` where these are more than [`MAX_PAIRS`]
/// in all. An edge leads from the position of a list to the positions in it.
pub(super) fn reachable(edges: &[Vec<usize>]) -> Option<Vec<Vec<u32>>> {
    let mut graph = DiGraph::<(), ()>::with_capacity(edges.len(), 0);
    for _ in edges {
        graph.add_node(());
    }
    for (from, to) in edges
        .iter()
        .enumerate()
        .flat_map(|(from, to)| to.iter().map(move |to| (from, *to)))
    {
        graph.add_edge(NodeIndex::new(from), NodeIndex::new(to), ());
    }
    // Nodes that lead to each other lead to the same ones, and each of these groups comes after what it leads to.
    let groups = kosaraju_scc(&graph);
    let mut group_of = vec![0; edges.len()];
    for (at, group) in groups.iter().enumerate() {
        for node in group {
            group_of[node.index()] = at;
        }
    }
    let mut reached: Vec<Vec<u32>> = Vec::with_capacity(groups.len());
    let mut seen = vec![usize::MAX; edges.len()];
    let mut pairs = 0;
    for (at, group) in groups.iter().enumerate() {
        let mut targets: Vec<usize> = group
            .iter()
            .flat_map(|node| &edges[node.index()])
            .copied()
            .collect();
        // What leads far comes first, so that most of the others are there already.
        targets.sort_unstable_by_key(|to| std::cmp::Reverse(group_of[*to]));
        let mut found = Vec::new();
        for to in targets {
            if seen[to] == at {
                continue;
            }
            let further = reached.get(group_of[to]).map_or(&[][..], Vec::as_slice);
            let own = if group_of[to] == at { group.as_slice() } else { &[] };
            let nodes = own
                .iter()
                .map(|node| node.index())
                .chain(further.iter().map(|node| *node as usize));
            for node in std::iter::once(to).chain(nodes) {
                if std::mem::replace(&mut seen[node], at) != at {
                    found.push(u32::try_from(node).unwrap_or(u32::MAX));
                }
            }
        }
        pairs += found.len().saturating_mul(group.len());
        if pairs > MAX_PAIRS {
            return None;
        }
        found.sort_unstable();
        reached.push(found);
    }
    Some(group_of.into_iter().map(|group| reached[group].clone()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_reachable() {
        let check = |edges: &[&[usize]], expected: &[&[u32]]| {
            let edges: Vec<Vec<usize>> = edges.iter().map(|to| to.to_vec()).collect();
            let found = reachable(&edges).unwrap();
            assert_eq!(found, expected, "{edges:?}");
        };
        check(&[], &[]);
        check(&[&[]], &[&[]]);
        check(&[&[0]], &[&[0]]);
        check(&[&[1], &[2], &[]], &[&[1, 2], &[2], &[]]);
        check(&[&[], &[0], &[1, 0]], &[&[], &[0], &[0, 1]]);
        check(
            &[&[1], &[0, 2], &[3], &[]],
            &[&[0, 1, 2, 3], &[0, 1, 2, 3], &[3], &[]],
        );
        check(&[&[1, 2], &[3], &[3], &[3]], &[&[1, 2, 3], &[3], &[3], &[3]]);
        check(&[&[2], &[2], &[0, 1]], &[&[0, 1, 2], &[0, 1, 2], &[0, 1, 2]]);
    }

    #[test]
    fn too_many_are_reachable() {
        let chain: Vec<Vec<usize>> = (0..3000)
            .map(|at: usize| at.checked_sub(1).into_iter().collect())
            .collect();
        assert!(reachable(&chain).is_none());
        assert!(reachable(&chain[..2000]).is_some());
    }
}
