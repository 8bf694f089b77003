//! Labels made contiguous.

use crate::graph::UnitGraph;
use crate::measure::Load;
use crate::partition::pieces;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// One zone.
pub(super) struct Ground<'a> {
    pub graph: &'a UnitGraph,
    /// Land of every vertex, m².
    pub area: Vec<f64>,
    /// The old grid of every vertex.
    pub previous: &'a [Option<u32>],
    /// Labels of grids that take nobody in.
    pub frozen: std::collections::BTreeSet<u32>,
    /// The next label that nobody has.
    pub next: u32,
}

impl Ground<'_> {
    /// The label with which some vertices have most border, of those that are not `own`.
    fn beside(&self, vertices: &[usize], own: Option<u32>, label: &[Option<u32>]) -> Option<u32> {
        let mut border: BTreeMap<u32, u64> = BTreeMap::new();
        for (n, cost) in vertices.iter().flat_map(|&v| self.graph.neighbours(v)) {
            let open = label[n].filter(|l| Some(*l) != own && !self.frozen.contains(l));
            open.iter().for_each(|l| *border.entry(*l).or_default() += u64::from(cost));
        }
        border.into_iter().max_by_key(|(l, cost)| (*cost, Reverse(*l))).map(|b| b.0)
    }

    fn fresh(&mut self) -> u32 {
        self.next += 1;
        self.next - 1
    }

    /// Gives vertices without a label that of a neighbour, wave by wave, and a new one to those that no labelled land reaches.
    pub fn filled(&mut self, label: &[Option<u32>]) -> Vec<u32> {
        let mut label = label.to_vec();
        loop {
            let open: Vec<usize> = (0..label.len()).filter(|&v| label[v].is_none()).collect();
            let wave: Vec<(usize, u32)> = open.iter().filter_map(|&v| Some((v, self.beside(&[v], None, &label)?))).collect();
            match (wave.is_empty(), open.first()) {
                (_, None) => return label.into_iter().flatten().collect(),
                (true, Some(&v)) => label[v] = Some(self.fresh()),
                (false, _) => wave.into_iter().for_each(|(v, l)| label[v] = Some(l)),
            }
        }
    }

    /// Labels in several pieces, with these: first the one with most of the grid as it was, then the heaviest.
    pub fn torn(&self, label: &[u32]) -> Vec<(u32, Vec<Vec<usize>>)> {
        let mut parts: BTreeMap<u32, BTreeMap<u32, Vec<usize>>> = BTreeMap::new();
        for (v, piece) in pieces(self.graph, label).into_iter().enumerate() {
            parts.entry(label[v]).or_default().entry(piece).or_default().push(v);
        }
        let sum = |part: &mut dyn Iterator<Item = usize>| {
            let (load, m2) = part.fold((Load::ZERO, 0.0), |(l, a), v| (l + self.graph.load(v), a + self.area[v]));
            (load, (m2 * 100.0f64).round() as i64)
        };
        let main_first = |(label, parts): (u32, BTreeMap<u32, Vec<usize>>)| {
            let mut parts: Vec<Vec<usize>> = parts.into_values().collect();
            let was = |part: &Vec<usize>| sum(&mut part.iter().copied().filter(|v| self.previous[*v] == Some(label)));
            parts.sort_by_key(|part| Reverse((was(part), sum(&mut part.iter().copied()))));
            (label, parts)
        };
        parts.into_iter().filter(|p| p.1.len() > 1).map(main_first).collect()
    }

    /// Makes every label contiguous: lighter pieces go back to the grids that they had, also to those that were deleted, and what is torn then joins a
    /// neighbour.
    pub fn mend(&mut self, label: &mut [u32]) {
        let torn = self.torn(label);
        if torn.is_empty() {
            return;
        }
        for (own, parts) in torn {
            for &v in parts[1..].iter().flatten() {
                let there = self.previous[v].filter(|p| *p != own && !self.frozen.contains(p));
                label[v] = there.unwrap_or(own);
            }
        }
        // one piece at a time: it becomes part of another, so that there is one piece less
        while let Some((own, parts)) = self.torn(label).into_iter().next() {
            let lightest = &parts[parts.len() - 1];
            let all: Vec<Option<u32>> = label.iter().copied().map(Some).collect();
            let to = match self.beside(lightest, Some(own), &all) {
                Some(to) => to,
                None => self.fresh(),
            };
            lightest.iter().for_each(|&v| label[v] = to);
        }
    }
}
