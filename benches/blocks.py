#!/usr/bin/env python3
"""How well units agree with a reference of street blocks, and what divides each block that they do not hold.

A block is held when one unit covers at least --share of its area. For every other block a line of CSV says how much of it the two
largest units hold and what lies between them; with --lines also the line that runs farthest through the block, at least 8 m from its edge.

usage: blocks.py UNITS_DIR BLOCKS.geojson[.gz] [--share 0.95] [--lines ROADS.geojson[.gz] ...] > divided.csv
       UNITS_DIR as cut_units writes it (--whole: before heavy units are split); needs shapely 2 and numpy
"""
import argparse
import csv
import gzip
import json
import sys

import numpy as np
import shapely

ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
ap.add_argument("units")
ap.add_argument("blocks")
ap.add_argument("--share", type=float, default=0.95)
ap.add_argument("--lines", nargs="*", default=[])
a = ap.parse_args()


def features(path):
    with (gzip.open if path.endswith(".gz") else open)(path, "rt", encoding="utf-8") as f:
        return json.load(f)["features"]


units = features(a.units + "/units.geojson")
land = np.array([shapely.geometry.shape(f["geometry"]) for f in units])
number = [f["properties"]["unit"] for f in units]
division = [f["properties"]["division_id"] for f in units]
between = {}
with open(a.units + "/borders.csv", encoding="utf-8", newline="") as f:
    for row in csv.DictReader(f):
        if row["unit_b"]:
            between[int(row["unit_a"]), int(row["unit_b"])] = row

tree = shapely.STRtree(land)
named = [f for path in a.lines for f in features(path) if f["geometry"] and "Line" in f["geometry"]["type"]]
courses = np.array([shapely.geometry.shape(f["geometry"]) for f in named], dtype=object)
lines = shapely.STRtree(courses)
DEGREE_M = 111_200


def through(block):
    """Name and metres of the line that runs farthest through a block."""
    cos = np.cos(np.radians(block.centroid.y))
    metres = lambda g: shapely.transform(g, lambda xy: xy * [cos * DEGREE_M, DEGREE_M])
    inner = shapely.buffer(metres(block), -8.0)
    runs = {}
    for i in lines.query(block):
        name = named[i]["properties"].get("name") or named[i]["properties"].get("kind") or "unnamed"
        runs[name] = runs.get(name, 0.0) + shapely.length(shapely.intersection(metres(courses[i]), inner))
    return max(runs.items(), key=lambda r: (r[1], r[0]), default=("", 0.0))


out = csv.writer(sys.stdout)
out.writerow(["block", "largest", "second", "reason", "line", "line_m"])
held, reasons, crossed = 0, {}, 0
blocks = features(a.blocks)
for n, f in enumerate(blocks):
    block = shapely.make_valid(shapely.geometry.shape(f["geometry"]))
    near = tree.query(block)
    share = shapely.area(shapely.intersection(land[near], block)) / block.area
    order = np.argsort(-share)
    if len(order) and share[order[0]] >= a.share:
        held += 1
        continue
    second = share[order[1]] if len(order) > 1 else 0.0
    if share.sum() < a.share:
        reason = "outside the land"
    elif len(order) < 2:
        reason = "one unit and the outside"
    else:
        u, v = near[order[0]], near[order[1]]
        row = between.get(tuple(sorted((number[u], number[v]))))
        if row is None:
            reason = "several units"
        elif row["layer"]:
            reason = f"{row['layer']} {row['class']}"
        else:
            reason = "border of divisions" if division[u] != division[v] else "cut through a heavy unit"
    reasons[reason] = reasons.get(reason, 0) + 1
    name = f["properties"].get("id") or f["properties"].get("name") or n + 1
    line, line_m = through(block)
    crossed += line_m >= 20
    largest = share[order[0]] if len(order) else 0.0
    out.writerow([name, f"{largest:.3f}", f"{second:.3f}", reason, line, f"{line_m:.0f}"])
print(f"{held} of {len(blocks)} blocks have {a.share:.0%} or more of their area in one unit", file=sys.stderr)
for reason, count in sorted(reasons.items(), key=lambda r: -r[1]):
    print(f"  {count:4d} divided: {reason}", file=sys.stderr)
if a.lines:
    print(f"  {crossed} of the divided have a line of 20 m or more inside", file=sys.stderr)
