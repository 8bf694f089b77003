#!/usr/bin/env python3
"""How time and memory grow with a city: draw_plan on made cities of several sizes, on one and two threads, as Markdown on standard output.

Every city is made by make_metropolis, drawn --runs times on every number of threads, of which the median of every stage is told and the
highest peak, and judged by check_plan. The exponent of a stage is log(t₂ / t₁) / log(n₂ / n₁) between the two sizes named. Peers are measured where they have the same work to do: GDAL (pyogrio, into arrays) on the
files that are read; GEOS (shapely 2: union_all and polygonize) on the lines that are cut; METIS and Scotch on the graph of all units with as many parts as there are grids; spopt's
and GerryChain's regions on the same graph, up to the size given by --survive, each within --patience seconds.

usage: scale.py [--sizes 10000,100000,1000000,10000000] [--runs 3] [--bin target/release/examples] [--work DIR] [--exponents 100000,10000000]
       needs numpy, scipy and shapely; pyogrio, pymetis, spopt, gerrychain and Debian's scotch where they are to be compared
"""
import argparse
import json
import math
import multiprocessing
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time

ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
ap.add_argument("--sizes", default="10000,100000,1000000,10000000")
ap.add_argument("--threads", default="1,2")
ap.add_argument("--bin", default="target/release/examples")
ap.add_argument("--work", help="folder for cities and plans, kept; made and removed otherwise")
ap.add_argument("--exponents", default="100000,10000000")
ap.add_argument("--survive", type=int, default=10_000, help="largest city for spopt and GerryChain")
ap.add_argument("--compare", type=int, default=1_000_000, help="largest city for GDAL, GEOS, METIS and Scotch")
ap.add_argument("--runs", type=int, default=3)
ap.add_argument("--patience", type=int, default=600)
a = ap.parse_args()
SIZES = [int(n) for n in a.sizes.split(",")]
THREADS = [int(t) for t in a.threads.split(",")]
STAGES = ["read", "territory", "cut", "zones", "partition", "attach", "plan", "write"]
LEVEL = ["--level", "10", "--target", "300", "--tolerance", "0.1"]


def run(call):
    """Standard output of a call, its seconds and its peak memory in MB."""
    begun = time.perf_counter()
    child = subprocess.Popen(call, stdout=subprocess.PIPE, text=True)
    told = child.stdout.read()
    _, status, used = os.wait4(child.pid, 0)
    if status:
        sys.exit(f"{' '.join(call)} failed: {told}")
    return told, time.perf_counter() - begun, used.ru_maxrss / 1024


def seconds(x):
    return f"{x:.3f}" if x < 0.1 else f"{x:.2f}" if x < 10 else f"{x:.1f}"


def lines_of(city):
    """Every line that the cut may use: roads, water, railways and outlines of divisions."""
    import numpy as np
    import shapely
    rows = []
    for name in ("roads", "water", "rail", "admin"):
        with open(os.path.join(city, f"{name}.geojson"), encoding="utf-8") as f:
            for feature in json.load(f)["features"]:
                if name != "admin" or feature["properties"].get("admin_level") == 10:
                    rows.append(shapely.from_geojson(json.dumps(feature["geometry"])))
    rows = np.array(rows)
    land = shapely.get_type_id(rows) % 3 == 0
    return np.concatenate([rows[~land], shapely.boundary(rows[land])])


def gdal(city):
    import pyogrio
    begun = time.perf_counter()
    files = sorted(name for name in os.listdir(city) if name.endswith(".geojson"))
    features = sum(len(pyogrio.raw.read(os.path.join(city, name))[2]) for name in files)
    return time.perf_counter() - begun, f"{features:,} features"


def geos(city):
    import shapely
    lines = lines_of(city)
    begun = time.perf_counter()
    faces = shapely.polygonize(shapely.get_parts(shapely.union_all(lines)))
    return time.perf_counter() - begun, f"{len(faces.geoms):,} faces"


def graph_of(plan):
    import numpy as np
    from peers import Graph
    with open(os.path.join(plan, "plan.json"), encoding="utf-8") as f:
        plan = json.load(f)
    units = plan["fabric"]["units"]
    pairs = np.array([(x["left"], x["right"]) for x in plan["fabric"]["arcs"] if x["left"] is not None and x["right"] is not None])
    pairs = np.unique(np.sort(pairs[pairs[:, 0] != pairs[:, 1]], axis=1), axis=0)
    load = np.rint(np.array([u["worth"] for u in units]) * 300).astype(np.int64)
    return Graph.of_edges(load, *pairs.T, np.ones(len(pairs), np.int64)), len(plan["grids"])


def told_of(g, part, k):
    import numpy as np
    part = np.asarray(part)
    load = np.bincount(part, weights=g.load, minlength=k)
    return f"{100 * (np.abs(load - 300) <= 30).sum() / k:.1f} % in band, {g.apart(part, k)} apart, {(load == 0).sum()} without load"


def partitioner(name):
    """One of the PEERS, as work on a plan."""
    def work(plan):
        from peers import PEERS
        g, k = graph_of(plan)
        begun = time.perf_counter()
        part = PEERS[name](g, k, 0.1)
        return time.perf_counter() - begun, told_of(g, part, k)
    return work


def connected(plan):
    """The largest connected piece of the graph, its number of grids by load."""
    import numpy as np
    from peers import Graph
    g, _ = graph_of(plan)
    _, piece = g.pieces()
    own = np.flatnonzero(piece == np.bincount(piece).argmax())
    place = np.full(g.n, -1)
    place[own] = np.arange(len(own))
    first = (g.source < g.to) & (place[g.source] >= 0)
    load = g.load[own]
    return Graph.of_edges(load, place[g.source[first]], place[g.to[first]], g.weight[first]), max(2, round(load.sum() / 300))


def by_spopt(plan):
    import numpy as np
    import pandas
    import geopandas
    from libpysal.weights import W
    from shapely.geometry import Point
    from spopt.region import MaxPHeuristic
    g, _ = connected(plan)
    rows = {u: g.to[g.start[u]:g.start[u + 1]].tolist() for u in range(g.n)}
    frame = geopandas.GeoDataFrame(pandas.DataFrame({"load": g.load}), geometry=[Point(u, 0) for u in range(g.n)])
    begun = time.perf_counter()
    np.random.seed(1)
    model = MaxPHeuristic(frame, W(rows, silence_warnings=True), ["load"], "load", 270, 2)
    model.solve()
    spent = time.perf_counter() - begun
    part = np.unique(np.array(model.labels_), return_inverse=True)[1]
    return spent, f"{g.n} units: " + told_of(g, part, int(part.max()) + 1)


def by_gerrychain(plan):
    import random
    import networkx
    import numpy as np
    import gerrychain
    from gerrychain.partition import recursive_tree_part
    g, k = connected(plan)
    graph = networkx.Graph()
    graph.add_nodes_from((u, {"load": int(g.load[u])}) for u in range(g.n))
    graph.add_edges_from(zip(g.source.tolist(), g.to.tolist()))
    random.seed(1)
    begun = time.perf_counter()
    found = recursive_tree_part(gerrychain.Graph.from_networkx(graph), range(k), g.load.sum() / k, "load", 0.1)
    spent = time.perf_counter() - begun
    return spent, f"{g.n} units: " + told_of(g, np.array([found[u] for u in range(g.n)]), k)


def peer(work, of):
    """What a peer takes and makes, in a process of its own; how it failed otherwise."""
    def child(pipe):
        try:
            pipe.send((*work(of), ""))
        except BaseException as e:  # noqa: BLE001 whatever a peer throws is told
            pipe.send((None, "", f"{type(e).__name__}: {str(e)[:80]}"))
    ours, theirs = multiprocessing.Pipe(False)
    process = multiprocessing.get_context("fork").Process(target=child, args=(theirs,))
    process.start()
    theirs.close()
    try:
        spent, made, fault = ours.recv() if ours.poll(a.patience) else (None, "", f"nothing after {a.patience} s")
    except EOFError:
        spent, made, fault = None, "", "ended without a result"
    process.kill()
    process.join()
    return f"{seconds(spent)} s: {made}" if spent is not None else f"no result ({fault})"


def main():
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    keep = a.work or tempfile.mkdtemp(prefix="evengrid-scale-")
    took, peak, peers = {}, {}, []
    for n in SIZES:
        city, plan = os.path.join(keep, f"city-{n}"), os.path.join(keep, f"plan-{n}")
        if not os.path.exists(os.path.join(city, "households.geojson")):
            run([os.path.join(a.bin, "make_metropolis"), "--households", str(n), "--seed", "1", "--out", city])
        for t in THREADS:
            runs, peaks = [], []
            for _ in range(a.runs):
                told, all_of_it, memory = run([os.path.join(a.bin, "draw_plan"), "--layers", city, "--out", plan, "--threads", str(t), *LEVEL])
                line = next(l for l in told.splitlines() if l.startswith("time"))
                runs.append({s: float(re.search(rf"\b{s} ([\d.]+) s", line)[1]) for s in STAGES} | {"all": all_of_it})
                peaks.append(memory)
            took[n, t] = {s: statistics.median(r[s] for r in runs) for s in runs[0]}
            peak[n, t] = max(peaks)
        check = subprocess.run([os.path.join(a.bin, "check_plan"), "--plan", plan, "--layers", city], capture_output=True, text=True)
        peers.append((n, "check_plan", check.stdout.split()[-1] if check.stdout.split() else "no result"))
        if n <= a.compare:
            peers.append((n, "GDAL, all files read", peer(gdal, city)))
            peers.append((n, "GEOS, all lines noded and made into faces", peer(geos, city)))
            peers += [(n, name, peer(partitioner(name), plan)) for name in ("METIS k-way", "Scotch, balance")]
        if n <= a.survive:
            peers += [(n, "spopt MaxPHeuristic", peer(by_spopt, plan)), (n, "GerryChain recursive_tree_part", peer(by_gerrychain, plan))]
        print(f"{n:,} done", file=sys.stderr, flush=True)
    print("# How time and memory grow\n")
    print(f"Made by `benches/scale.py` on {os.cpu_count()} cores ({platform.machine()}): files to written plan, seconds, median of {a.runs} runs.\n")
    low, high = [int(n) for n in a.exponents.split(",")]
    head = [f"{n:,}, {t} thread{'s' * (t > 1)}" for n in SIZES for t in THREADS]
    exponents = [t for t in THREADS if (low, t) in took and (high, t) in took]
    head += [f"exponent {low:,} to {high:,}, {t} thread{'s' * (t > 1)}" for t in exponents]
    print("| stage | " + " | ".join(head) + " |\n|---|" + "--:|" * len(head))
    for s in STAGES + ["all"]:
        row = [seconds(took[n, t][s]) for n in SIZES for t in THREADS]
        # a thousandth of a second is what the clock tells apart
        row += [f"{math.log(max(took[high, t][s], 0.001) / max(took[low, t][s], 0.001)) / math.log(high / low):.2f}" for t in exponents]
        print(f"| {s} | " + " | ".join(row) + " |")
    print("| peak, MB | " + " | ".join(f"{peak[n, t]:.0f}" for n in SIZES for t in THREADS) + " |" + " |" * len(exponents))
    print("\n| households | judge or peer | result |\n|--:|---|---|")
    for n, name, result in peers:
        print(f"| {n:,} | {name} | {result} |")
    if not a.work:
        subprocess.run(["rm", "-r", keep], check=True)


main()
