#!/usr/bin/env python3
"""Partitioners on the same graph, in one table: evengrid (quick, standard, thorough), METIS, KaHIP, Mt-KaHyPar and Scotch.

The peers come from public registries: `pip install numpy scipy pymetis kahip mtkahypar` (--install does it) and Debian's package
scotch. A peer that is not there is left out and told. Each gets the same number of parts, those that evengrid chose.

usage: partitioners.py GRAPH ... [--target 400] [--tolerance 0.1] [--engine target/release/examples/partition_graph] [--install]
       GRAPH in METIS format with weights of units and edges (fmt 011), such as make_graph writes
"""
import argparse
import os
import subprocess
import sys
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

from peers import PEERS, Graph, evengrid


def row(g, name, k, part, seconds):
    part = np.asarray(part)
    load = np.bincount(part, weights=g.load, minlength=k)
    band = (np.abs(load - a.target) <= a.tolerance * a.target + 1e-9).sum()
    empty = int((np.bincount(part, minlength=k) == 0).sum())
    cut = int(g.weight[part[g.source] != part[g.to]].sum() // 2)
    print(f"| {name} | {k} | {100 * band / k:.2f} % | {g.apart(part, k)} | {empty} | {cut:,} | {seconds:.2f} s |", flush=True)


for path in a.graphs:
    g = Graph.read(path)
    print(f"\n{os.path.basename(path)}: {g.n:,} units, {len(g.to) // 2:,} borders, heaviest {g.load.max()}\n")
    print(f"| engine | parts | within {a.target:g} ± {100 * a.tolerance:g} % | apart | empty | cut | time |\n|---|--:|--:|--:|--:|--:|--:|")
    for effort in ["quick", "standard", "thorough"]:
        part, seconds = evengrid(g, a.engine, a.target, a.tolerance, effort)
        row(g, f"evengrid `{effort}`", part.max() + 1, part, seconds)
    k = int(part.max() + 1)
    for name, peer in PEERS.items():
        try:
            begun = time.perf_counter()
            part = peer(g, k, a.tolerance)
            row(g, name, k, part, time.perf_counter() - begun)
        except Exception as e:
            print(f"| {name} | left out: {type(e).__name__}: {e} |", flush=True)
