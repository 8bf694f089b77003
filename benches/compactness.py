#!/usr/bin/env python3
"""How compact grids are, evengrid's beside those that other partitioners make of the same units, in one table.

Zone by zone each peer gets the graph of the zone's units, with loads as weights of units and lengths of borders as weights of edges,
and as many grids as the plan has there. Zones with one grid leave no choice and are left out. Pieces of a zone are tied to the nearest
other piece, so that every graph is connected; a grid over such a tie counts as apart. Lengths are of borders inside zones; the outer
border of a zone, the same for all, counts in the perimeters. With --engine a line says what evengrid's partition engine makes of that
very graph: the plan itself weighs borders by what runs along them, as all do under --weights cost.

usage: compactness.py PLAN_DIR ... [--weights length] [--engine target/release/examples/partition_graph]
       PLAN_DIR as draw_plan writes it; peers as in partitioners.py (numpy, scipy, pymetis, kahip, mtkahypar; Debian's scotch)
"""
import argparse
import json
import os
import tempfile

import numpy as np

from peers import PEERS, Graph, evengrid

ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
ap.add_argument("plans", nargs="+", metavar="PLAN_DIR")
ap.add_argument("--weights", choices=["length", "cost"], default="length", help="of edges: length of the border, or its cost to the plan")
ap.add_argument("--engine", help="partition_graph, to be run on the same graphs")
a = ap.parse_args()

OUTSIDE = -1


class Land:
    """Units of a plan, and its arcs with length, cost and what each adds to the moments of the land on its left."""

    def __init__(self, plan):
        plane, fabric = plan["provenance"]["plane"], plan["fabric"]
        grid = plan["provenance"]["recipe"]["grid"]
        self.target, self.tolerance = grid["target"], grid["tolerance"]
        self.grid = np.array([u["grid"] for u in fabric["units"]])
        # load as balanced, so that one target holds for all settlement classes
        self.load = np.array([u["worth"] for u in fabric["units"]]) * self.target
        zones = {z["zone_id"]: i for i, z in enumerate(plan["zones"])}
        self.zone = np.array([zones[g["zone_id"]] for g in plan["grids"]])[self.grid]
        side = lambda name: np.array([OUTSIDE if arc[name] is None else arc[name] for arc in fabric["arcs"]])
        self.left, self.right = side("left"), side("right")
        self.length, self.moments = np.zeros(len(self.left)), np.zeros((len(self.left), 4))
        for i, arc in enumerate(fabric["arcs"]):
            x, y = np.cumsum(np.array(arc["steps"], dtype=np.int64).reshape(-1, 2), axis=0).T * 1e-9
            x, y = (x - plane["lon0"]) * plane["metres_per_lon"], (y - plane["lat0"]) * plane["metres_per_lat"]
            turn = x[:-1] * y[1:] - x[1:] * y[:-1]
            square = sum(v[:-1] ** 2 + v[:-1] * v[1:] + v[1:] ** 2 for v in (x, y))
            self.length[i] = np.hypot(np.diff(x), np.diff(y)).sum()
            self.moments[i] = [turn.sum() / 2, (turn * (x[:-1] + x[1:])).sum() / 6, (turn * (y[:-1] + y[1:])).sum() / 6,
                               (turn * square).sum() / 12]
        # as the cut charges it: little along a strong barrier, more than all of the length where nothing runs
        share = [1.25 if c["layer"] == "none" else max(0.15, 1 - 0.85 * c["strength"] / 100) for c in fabric["classes"]]
        self.cost = self.length * np.array([share[arc["class"]] for arc in fabric["arcs"]])
        self.centre = self.shapes(np.arange(len(self.grid)), len(self.grid))[2]

    def shapes(self, part, k):
        """Polsby-Popper, moment-of-inertia ratio and centre of every part; OUTSIDE is none of them."""
        label = np.append(part, OUTSIDE)
        left, right = label[self.left], label[self.right]
        sums = np.zeros((k, 5))
        for own, other, sign in (left, right, 1), (right, left, -1):
            border = (own != other) & (own != OUTSIDE)
            np.add.at(sums, own[border], np.column_stack([sign * self.moments[border], self.length[border]]))
        area, first, second, perimeter = sums[:, 0], sums[:, 1:3], sums[:, 3], sums[:, 4]
        with np.errstate(invalid="ignore", divide="ignore"):
            about = second - (first**2).sum(axis=1) / area
            return 4 * np.pi * area / perimeter**2, area**2 / (2 * np.pi * about), first / area[:, None]

    def graph(self, zone):
        """The units of a zone and their graph, weights of edges in tenths of a metre."""
        units = np.flatnonzero(self.zone == zone)
        place = np.full(len(self.grid) + 1, -1)
        place[units] = np.arange(len(units))
        l, r = place[self.left], place[self.right]
        inner = (l >= 0) & (r >= 0) & (l != r)
        pair = np.sort(np.column_stack([l, r])[inner], axis=1)
        pair, which = np.unique(pair, axis=0, return_inverse=True)
        weight = np.bincount(which.ravel(), weights=(self.length if a.weights == "length" else self.cost)[inner], minlength=len(pair))
        weight = np.maximum(1, np.rint(10 * weight)).astype(np.int64)
        load = np.rint(self.load[units]).astype(np.int64)
        while (found := Graph.of_edges(load, *pair.T, weight).pieces())[0] > 1:
            main = found[1] == np.bincount(found[1]).argmax()
            inside, outside = np.flatnonzero(main), np.flatnonzero(~main)
            away = np.linalg.norm(self.centre[units[outside], None] - self.centre[units[inside]], axis=2)
            o, i = np.unravel_index(away.argmin(), away.shape)
            pair, weight = np.vstack([pair, [[outside[o], inside[i]]]]), np.append(weight, weight.max(initial=1))
        return units, Graph.of_edges(load, *pair.T, weight)


def row(land, city, name, part, k):
    """A line of the table, over the units that have a part."""
    own = part != OUTSIDE
    load = np.bincount(part[own], weights=land.load[own], minlength=k)
    band = (np.abs(load - land.target) <= land.tolerance * land.target + 1e-6).sum()
    filled = np.bincount(part[own], minlength=k) > 0
    shape, inertia, _ = land.shapes(part, k)
    label, zone = np.append(part, OUTSIDE), np.append(land.zone, OUTSIDE)
    inner = (label[land.left] != OUTSIDE) & (label[land.right] != OUTSIDE) & (zone[land.left] == zone[land.right])
    apart = Graph.of_edges(land.load, land.left[inner], land.right[inner], land.length[inner]).apart(part, k)
    border = inner & (label[land.left] != label[land.right])
    shares = f"{100 * band / k:.1f} % | {apart} | {k - filled.sum()} | {np.median(shape[filled]):.3f} | {np.median(inertia[filled]):.3f}"
    lengths = " | ".join(f"{of[border].sum() / 1000:.2f}" for of in (land.length, land.cost))
    print(f"| {city} | {name} | {k} | {shares} | {lengths} |", flush=True)


print("| city | engine | grids | in band | apart | empty | median Polsby-Popper | median inertia | border, km | cost, km |")
print("|---|---|" + "--:|" * 8)
for path in a.plans:
    with open(os.path.join(path, "plan.json"), encoding="utf-8") as f:
        plan = json.load(f)
    land, city = Land(plan), os.path.basename(os.path.normpath(path))
    grids = [np.unique(land.grid[land.zone == z]) for z in range(len(plan["zones"]))]
    zones = [(*land.graph(z), len(own)) for z, own in enumerate(grids) if len(own) > 1]

    def together(divide):
        """Parts of all zones, one after the other; `divide` gives those of one."""
        part, first = np.full(len(land.grid), OUTSIDE), 0
        for units, graph, k in zones:
            part[units] = first + np.asarray(divide(units, graph, k))
            first += k
        return part

    def ours(units, graph, k):
        with tempfile.TemporaryDirectory() as folder:
            graph.write(os.path.join(folder, "zone.graph"))
            return evengrid(graph, a.engine, land.target, land.tolerance, plan["provenance"]["recipe"]["effort"]["level"], k)[0]

    engines = {"evengrid, the plan": lambda units, graph, k: np.unique(land.grid[units], return_inverse=True)[1]}
    engines |= {f"evengrid, by {a.weights}": ours} if a.engine else {}
    engines |= {name: lambda units, graph, k, peer=peer: peer(graph, k, land.tolerance) for name, peer in PEERS.items()}
    for name, divide in engines.items():
        try:
            row(land, city, name, together(divide), sum(k for _, _, k in zones))
        except Exception as e:
            print(f"| {city} | {name} | left out: {type(e).__name__}: {e} |", flush=True)
