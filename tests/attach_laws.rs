//! Laws of attachment: one grid each, the order of signals matters only where they disagree, counts add up, places are found as by
//! trying all grids.

use evengrid::attach::{Attacher, Border, Decision, GridNames, Land, Signal, Sites, Tally, Verdict, Volumes, digest};
use evengrid::measure::GridId;
use evengrid::recipe::{KeyOf, Seen, SignalBy, SignalRule, Ties};
use evengrid::territory::lattice::{Plane, Pt, Side, side_of_ring};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// Grids of a checkerboard, side by side; the last of every row is not there, so that land has a notch.
const COLS: i64 = 4;
const ROWS: i64 = 3;
const GRIDS: usize = (COLS * ROWS - 1) as usize;
/// Side of a grid, steps of 10⁻⁹ degree: 70 m by 110 m.
const SIDE: i64 = 1_000_000;
const ORIGIN: Pt = Pt { x: 10_000_000_000, y: 50_000_000_000 };

fn grid_of(col: i64, row: i64) -> Option<GridId> {
    let inside = (0..COLS).contains(&col) && (0..ROWS).contains(&row) && (col, row) != (COLS - 1, ROWS - 1);
    inside.then(|| GridId((row * COLS + col) as u32))
}

fn corner(col: i64, row: i64) -> Pt {
    Pt { x: ORIGIN.x + col * SIDE, y: ORIGIN.y + row * SIDE }
}

fn land() -> Land {
    let mut borders = Vec::new();
    for row in 0..=ROWS {
        for col in 0..=COLS {
            borders.push(Border { a: corner(col, row), b: corner(col + 1, row), left: grid_of(col, row), right: grid_of(col, row - 1) });
            borders.push(Border { a: corner(col, row), b: corner(col, row + 1), left: grid_of(col - 1, row), right: grid_of(col, row) });
        }
    }
    Land::new(Plane::around(10.0, 50.0), borders.into_iter())
}

fn names() -> Vec<GridNames> {
    let name = |g: usize| GridNames {
        grid_id: format!("G{g}"),
        code: format!("c{g}"),
        zone_id: format!("Z{}", g / 4),
        division_id: format!("D{}", g / 8),
    };
    (0..GRIDS).map(name).collect()
}

/// Sites: the first GRIDS serve one grid each, the next serve two, the last one none.
fn sites() -> Sites {
    let one = (0..GRIDS).map(|g| (format!("s{g}"), vec![(GridId::new(g), 1.0)]));
    let two = (0..GRIDS - 1).map(|g| (format!("t{g}"), vec![(GridId::new(g), 0.6), (GridId::new(g + 1), 0.4)]));
    Sites::new(one.chain(two).chain([("abroad".to_string(), Vec::new())]))
}

#[derive(Clone, Debug)]
enum Known {
    Nothing,
    Place(i64, i64),
    Seen(Vec<(u32, u8)>),
    Key(String),
}

#[derive(Clone, Debug)]
struct Case {
    rule: SignalRule,
    known: Known,
}

fn case(at: usize) -> impl Strategy<Value = Case> {
    let ties = prop_oneof![Just(Ties::Pass), Just(Ties::Nearest), Just(Ties::First)];
    let figures = (1u32..4, 0u8..4, 0u8..3, 0u8..3, ties);
    let sites = 2 * GRIDS as u32;
    let place = (-SIDE..(COLS + 1) * SIDE, -SIDE..(ROWS + 1) * SIDE);
    let key = prop_oneof![(0..GRIDS).prop_map(|g| format!("G{g}")), (0usize..4).prop_map(|z| format!("Z{z}")), Just("?".to_string())];
    let kind = prop_oneof![
        place.prop_map(|(x, y)| (SignalBy::Place { lon: "lon".into(), lat: "lat".into(), nearest_m: 20.0 }, Known::Place(x, y))),
        prop::collection::vec((0..sites, 0u8..4), 0..4).prop_map(|seen| {
            let by = SignalBy::Site { sites: None, site_id: "id".into(), seen: Seen::Column("site".into()) };
            (by, Known::Seen(seen))
        }),
        (key, prop_oneof![Just(KeyOf::Grid), Just(KeyOf::Zone)])
            .prop_map(|(key, names)| (SignalBy::Key { column: "key".into(), names }, Known::Key(key))),
    ];
    (figures, kind, prop::bool::weighted(0.2)).prop_map(move |((rank, weight, share, volume, ties), (by, known), nothing)| Case {
        rule: SignalRule {
            name: format!("signal {at}"),
            rank,
            weight: f64::from(weight),
            by,
            min_share: f64::from(share) * 0.3,
            min_volume: f64::from(volume),
            ties,
        },
        known: if nothing { Known::Nothing } else { known },
    })
}

fn cases() -> impl Strategy<Value = Vec<Case>> {
    (1usize..5).prop_flat_map(|n| (0..n).map(case).collect::<Vec<_>>())
}

fn attacher(cases: &[Case]) -> Attacher {
    let with = |c: &Case| (c.rule.clone(), if matches!(c.rule.by, SignalBy::Site { .. }) { sites() } else { Sites::default() });
    Attacher::new(land(), &names(), cases.iter().map(with).collect())
}

/// By rank, as a recipe hands them over.
fn ranked(mut cases: Vec<Case>) -> Vec<Case> {
    cases.sort_by(|a, b| (a.rule.rank, &a.rule.name).cmp(&(b.rule.rank, &b.rule.name)));
    cases
}

fn with_signals<T>(cases: &[Case], then: impl FnOnce(&[Signal<'_>]) -> T) -> T {
    let seen: Vec<Vec<(u32, f64)>> = cases
        .iter()
        .map(|c| if let Known::Seen(s) = &c.known { s.iter().map(|x| (x.0, f64::from(x.1))).collect() } else { vec![] })
        .collect();
    fn signal<'a>((c, seen): (&'a Case, &'a Vec<(u32, f64)>)) -> Signal<'a> {
        match &c.known {
            Known::Nothing => Signal::Missing,
            Known::Place(x, y) => Signal::Place(Pt { x: ORIGIN.x + x, y: ORIGIN.y + y }.lon_lat()),
            Known::Seen(_) => Signal::Seen(seen),
            Known::Key(key) => Signal::Key(key),
        }
    }
    let signals: Vec<Signal<'_>> = cases.iter().zip(&seen).map(signal).collect();
    then(&signals)
}

fn decide(cases: &[Case]) -> Decision {
    with_signals(cases, |signals| attacher(cases).attach(signals))
}

/// What every signal says by itself; the entity's place is that of the first one that is a place.
fn alone(cases: &[Case]) -> Vec<Option<GridId>> {
    let attacher = attacher(cases);
    let place = |c: &Case| if let Known::Place(x, y) = c.known { Some(Pt { x: ORIGIN.x + x, y: ORIGIN.y + y }) } else { None };
    let home = cases.iter().find_map(place);
    with_signals(cases, |signals| {
        let verdict = |i: usize| match attacher.verdict(i, signals[i], home) {
            Verdict::Given(given) => Some(given.grid),
            Verdict::Silent(_) => None,
        };
        (0..cases.len()).map(verdict).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_place_lies_where_trying_all_grids_finds_it(x in -2 * SIDE..(COLS + 2) * SIDE, y in -2 * SIDE..(ROWS + 2) * SIDE) {
        let (land, p) = (land(), Pt { x: ORIGIN.x + x, y: ORIGIN.y + y });
        let cells = (0..ROWS).flat_map(|row| (0..COLS).map(move |col| (col, row)));
        let inside = |(col, row): &(i64, i64)| {
            let ring = [corner(*col, *row), corner(col + 1, *row), corner(col + 1, row + 1), corner(*col, row + 1)];
            grid_of(*col, *row).filter(|_| side_of_ring(&ring, p) != Side::Outside)
        };
        let all: Vec<GridId> = cells.filter_map(|c| inside(&c)).collect();
        let found = land.grid_at(p);
        prop_assert_eq!(found.is_some(), !all.is_empty());
        prop_assert!(found.is_none_or(|g| all.contains(&g)));
    }

    #[test]
    fn an_entity_has_a_grid_exactly_where_some_rank_does_not_tie(cases in cases()) {
        let cases = ranked(cases);
        let (decision, alone) = (decide(&cases), alone(&cases));
        match decision.grid {
            Some(grid) => {
                prop_assert!(alone.contains(&Some(grid)) || cases.len() > 1);
                prop_assert!(decision.signal.is_some() && decision.why.is_none());
                prop_assert!(decision.share > 0.0 && decision.share <= 1.0 + 1e-9);
                prop_assert!(decision.runner_up != Some(grid));
                for (i, said) in alone.iter().enumerate() {
                    prop_assert_eq!(decision.against >> i & 1 == 1, said.is_some_and(|g| g != grid), "signal {}", i);
                }
            }
            None => prop_assert!(decision.signal.is_none() && decision.why.is_some()),
        }
        if alone.iter().flatten().count() == 1 {
            prop_assert_eq!(decision.grid, alone.iter().flatten().next().copied());
        }
    }

    #[test]
    fn another_order_changes_only_what_signals_disagree_on(cases in cases(), ranks in prop::collection::vec(1u32..4, 5)) {
        let cases = ranked(cases);
        let said: Vec<GridId> = alone(&cases).into_iter().flatten().collect();
        let mut other = cases.clone();
        other.iter_mut().zip(&ranks).for_each(|(c, rank)| c.rule.rank = *rank);
        // ties by place must see the same place: the first place there is
        prop_assume!(cases.iter().filter(|c| matches!(c.known, Known::Place(..))).count() < 2);
        if said.windows(2).all(|w| w[0] == w[1]) {
            prop_assert_eq!(decide(&cases).grid, decide(&ranked(other)).grid);
            prop_assert_eq!(decide(&cases).grid, said.first().copied());
        }
    }

    #[test]
    fn counts_add_up_on_every_level_and_legal_entities_once(
        outlets in prop::collection::vec((prop::option::weighted(0.9, 0..GRIDS), prop::option::of(0u64..9)), 0..60),
    ) {
        let mut tally = Tally::new(GRIDS);
        outlets.iter().for_each(|(g, legal)| tally.add(g.map(GridId::new), *legal));
        let levels: [&dyn Fn(GridId) -> Option<usize>; 3] = [&|g| Some(g.at()), &|g| Some(g.at() / 4), &|_| Some(0)];
        let mut homes: BTreeMap<u64, ()> = BTreeMap::new();
        outlets.iter().filter(|o| o.0.is_some()).for_each(|o| homes.extend(o.1.map(|l| (l, ()))));
        for (areas, of) in [GRIDS, GRIDS.div_ceil(4), 1].into_iter().zip(levels) {
            let counts = tally.counts(areas, of);
            let sum = |get: &dyn Fn(&evengrid::attach::Counted) -> u64| counts.iter().map(get).sum::<u64>();
            prop_assert_eq!(sum(&|c| c.entities) + tally.unassigned(), outlets.len() as u64);
            prop_assert_eq!(sum(&|c| c.legal), homes.len() as u64);
            prop_assert!(counts.iter().all(|c| c.legal <= c.present && c.present <= c.entities));
        }
        prop_assert_eq!(tally.counts(1, |_| Some(0))[0].present, homes.len() as u64);
        let all: std::collections::BTreeSet<u64> = outlets.iter().filter_map(|o| o.1).collect();
        prop_assert_eq!(tally.legal(), all.len() as u64);
    }

    #[test]
    fn volumes_are_found_again(rows in prop::collection::vec((0u64..20, 0u32..5, 0u8..9), 0..80)) {
        let mut volumes = Volumes::default();
        rows.iter().for_each(|r| volumes.push(digest(&r.0.to_string()), r.1, f64::from(r.2)));
        volumes.sort();
        let mut own = Vec::new();
        for entity in 0..22u64 {
            volumes.of(digest(&entity.to_string()), &mut own);
            let mut expected: Vec<(u32, u8)> = rows.iter().filter(|r| r.0 == entity).map(|r| (r.1, r.2)).collect();
            expected.sort_unstable();
            prop_assert_eq!(own.iter().map(|o| (o.0, o.1 as u8)).collect::<Vec<_>>(), expected);
        }
    }
}

/// A case with what a place says.
fn by(rank: u32, by: SignalBy, known: Known) -> Case {
    let rule = SignalRule { name: format!("r{rank}"), rank, weight: 1.0, by, min_share: 0.0, min_volume: 0.0, ties: Ties::Pass };
    Case { rule, known }
}

fn site() -> SignalBy {
    SignalBy::Site { sites: None, site_id: "id".into(), seen: Seen::Column("site".into()) }
}

#[test]
fn traffic_at_home_and_abroad() {
    let seen = |seen: &[(u32, u8)]| by(1, site(), Known::Seen(seen.to_vec()));
    // sites 3 and 5 are grids 3 and 5, the last one is abroad
    let abroad = 2 * GRIDS as u32 - 1;
    let sure = decide(&[seen(&[(3, 3), (5, 1)])]);
    assert_eq!((sure.grid, sure.runner_up, sure.share, sure.margin, sure.volume), (Some(GridId(3)), Some(GridId(5)), 0.75, 0.5, 4.0));
    assert_eq!(decide(&[seen(&[(3, 2), (5, 2)])]).why.map(|w| w.name()), Some("tied"));
    assert_eq!(decide(&[seen(&[(3, 1), (abroad, 2)])]).why.map(|w| w.name()), Some("outside"));
    assert_eq!(decide(&[seen(&[])]).why.map(|w| w.name()), Some("missing"));
    let mut weak = seen(&[(3, 3), (5, 2)]);
    weak.rule.min_share = 0.7;
    assert_eq!(decide(&[weak.clone()]).why.map(|w| w.name()), Some("weak"));
    // the next rank decides, and the one that is silent is not against it
    let home = by(2, SignalBy::Place { lon: "lon".into(), lat: "lat".into(), nearest_m: 0.0 }, Known::Place(SIDE / 2, SIDE / 2));
    let next = decide(&[weak, home]);
    assert_eq!((next.grid, next.signal, next.against), (Some(GridId(0)), Some(1), 0));
}

#[test]
fn weights_of_one_rank_decide() {
    let place = SignalBy::Place { lon: "lon".into(), lat: "lat".into(), nearest_m: 0.0 };
    let home = |weight: f64| {
        let mut case = by(1, place.clone(), Known::Place(SIDE / 2, SIDE / 2));
        case.rule.weight = weight;
        case
    };
    let traffic = by(1, site(), Known::Seen(vec![(3, 3), (5, 1)]));
    let grid = |weight: f64| decide(&[home(weight), traffic.clone()]).grid;
    assert_eq!([0.0, 0.5, 0.75, 1.0].map(grid), [Some(GridId(3)), Some(GridId(3)), None, Some(GridId(0))]);
}

#[test]
fn reading_takes_no_lock() {
    fn shared<T: Send + Sync>() {}
    shared::<Attacher>();
}
