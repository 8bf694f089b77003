#!/usr/bin/env python3
"""Partitioners on the same graph, in one table: evengrid (quick, standard, thorough), METIS, KaHIP, Mt-KaHyPar and Scotch.

The peers come from public registries: `pip install numpy scipy pymetis kahip mtkahypar` (--install does it) and Debian's package
scotch. A peer that is not there is left out and told. Each gets the same number of parts, those that evengrid chose.

usage: partitioners.py GRAPH ... [--target 400] [--tolerance 0.1] [--engine target/release/examples/partition_graph] [--install]
       GRAPH in METIS format with weights of units and edges (fmt 011), such as make_graph writes
"""
import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time

ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
ap.add_argument("graphs", nargs="+", metavar="GRAPH")
ap.add_argument("--target", type=float, default=400)
ap.add_argument("--tolerance", type=float, default=0.1)
ap.add_argument("--engine", default="target/release/examples/partition_graph")
ap.add_argument("--install", action="store_true")
a = ap.parse_args()
if a.install:
    subprocess.run([sys.executable, "-m", "pip", "install", "-q", "numpy", "scipy", "pymetis", "kahip", "mtkahypar"], check=True)

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components


class Graph:
    def __init__(self, path):
        self.path = path
        with open(path, encoding="utf-8") as f:
            rows = [np.array(line.split(), dtype=np.int64) for line in f if not line.startswith("%")]
        assert len(rows[0]) == 3 and rows[0][2] == 11, f"{path}: the header must be `units edges 011`"
        rows = rows[1:]
        self.n = len(rows)
        self.load = np.array([r[0] for r in rows])
        self.start = np.concatenate([[0], np.cumsum([len(r) // 2 for r in rows])])
        self.to = np.concatenate([r[1::2] for r in rows]) - 1
        self.weight = np.concatenate([r[2::2] for r in rows])
        self.source = np.repeat(np.arange(self.n), np.diff(self.start))


def row(g, name, k, part, seconds):
    part = np.asarray(part)
    load = np.bincount(part, weights=g.load, minlength=k)
    band = (np.abs(load - a.target) <= a.tolerance * a.target + 1e-9).sum()
    inside = part[g.source] == part[g.to]
    inner = coo_matrix((np.ones(inside.sum()), (g.source[inside], g.to[inside])), shape=(g.n, g.n))
    _, piece = connected_components(inner, directed=False)
    pieces = np.bincount(part[np.unique(piece, return_index=True)[1]], minlength=k)
    empty = int((np.bincount(part, minlength=k) == 0).sum())
    cut = int(g.weight[~inside].sum() // 2)
    print(f"| {name} | {k} | {100 * band / k:.2f} % | {int((pieces > 1).sum())} | {empty} | {cut:,} | {seconds:.2f} s |", flush=True)


def ours(g, effort):
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "part")
        told = subprocess.run(
            [a.engine, "--graph", g.path, "--target", str(a.target), "--tolerance", str(a.tolerance), "--effort", effort, "--out", out],
            check=True, capture_output=True, text=True).stdout
        seconds = float(next(l for l in told.splitlines() if l.startswith("time")).split()[1])
        return np.loadtxt(out, dtype=np.int64), seconds


def metis(g, k, contiguous):
    import pymetis
    options = pymetis.Options(contig=int(contiguous))
    return pymetis.part_graph(k, adjacency=pymetis.CSRAdjacency(g.start, g.to), vweights=g.load, eweights=g.weight,
                              recursive=False, options=options)[1]


def kahip(g, k):
    import kahip
    return kahip.kaffpa(g.load.tolist(), g.start.tolist(), g.weight.tolist(), g.to.tolist(), k, a.tolerance, True, 1, 1)[1]


def mt_kahypar(g, k):
    import mtkahypar
    mtk = mtkahypar.initialize(os.cpu_count())
    context = mtk.context_from_preset(mtkahypar.PresetType.DEFAULT)
    context.set_partitioning_parameters(k, a.tolerance, mtkahypar.Objective.CUT)
    context.logging = False
    first = g.source < g.to
    edges = list(zip(g.source[first].tolist(), g.to[first].tolist()))
    graph = mtk.create_graph(context, g.n, len(edges), edges, g.load.tolist(), g.weight[first].tolist())
    return graph.partition(context).get_partition()


def scotch(g, k):
    tool = shutil.which("scotch_gpart") or shutil.which("gpart")
    if not tool:
        raise ImportError("no gpart; install Debian's package scotch")
    with tempfile.TemporaryDirectory() as folder:
        source, target = os.path.join(folder, "g.grf"), os.path.join(folder, "g.map")
        with open(source, "w", encoding="ascii") as f:
            f.write(f"0\n{g.n} {len(g.to)}\n0 011\n")
            for u in range(g.n):
                own = slice(g.start[u], g.start[u + 1])
                pairs = " ".join(f"{w} {v}" for w, v in zip(g.weight[own], g.to[own]))
                f.write(f"{g.load[u]} {g.start[u + 1] - g.start[u]} {pairs}\n")
        subprocess.run([tool, str(k), source, target, f"-b{a.tolerance}", "-cb"], check=True, capture_output=True)
        table = np.loadtxt(target, dtype=np.int64, skiprows=1)
        part = np.empty(g.n, dtype=np.int64)
        part[table[:, 0]] = table[:, 1]
        return part


for path in a.graphs:
    g = Graph(path)
    print(f"\n{os.path.basename(path)}: {g.n:,} units, {len(g.to) // 2:,} borders, heaviest {g.load.max()}\n")
    print(f"| engine | parts | within {a.target:g} ± {100 * a.tolerance:g} % | apart | empty | cut | time |\n|---|--:|--:|--:|--:|--:|--:|")
    for effort in ["quick", "standard", "thorough"]:
        part, seconds = ours(g, effort)
        row(g, f"evengrid `{effort}`", part.max() + 1, part, seconds)
    k = int(part.max() + 1)
    peers = [("METIS k-way", lambda: metis(g, k, False)), ("METIS k-way, contig", lambda: metis(g, k, True)),
             ("KaHIP kaffpa", lambda: kahip(g, k)), ("Mt-KaHyPar default", lambda: mt_kahypar(g, k)), ("Scotch, balance", lambda: scotch(g, k))]
    for name, peer in peers:
        try:
            begun = time.perf_counter()
            part = peer()
            row(g, name, k, part, time.perf_counter() - begun)
        except Exception as e:
            print(f"| {name} | left out: {type(e).__name__}: {e} |", flush=True)
