#!/usr/bin/env python3
"""What a city is like: its streets, blocks, households and divisions in figures, a column for every folder of layers.

Streets are those of the classes that divide (no paths, tracks or service ways), noded. Blocks are what they and the edge of the study
area enclose; a block without a household is in the areas, not in the households. A stack is all households at one position.

usage: metropolis.py FOLDER ...        prints a table in Markdown; needs shapely 2 and numpy
       FOLDER with roads, households, admin and, as far as there is one, study_area, as GeoJSON
"""
import gzip
import json
import os
import sys

import numpy as np
import shapely

STREETS = {f"{c}{link}" for c in "motorway trunk primary secondary tertiary".split() for link in ("", "_link")}
STREETS |= {"residential", "unclassified", "living_street", "road"}
DWELLINGS = {None, "residential", "house", "apartments", "mixed", "dormitory", "unknown"}
METRES_PER_DEGREE = 111_200


def features(folder, layer):
    for ending, opened in ((".geojson", open), (".geojson.gz", gzip.open)):
        path = os.path.join(folder, layer + ending)
        if os.path.exists(path):
            with opened(path, "rt", encoding="utf-8") as f:
                return json.load(f)["features"]
    return []


def shapes(found, scale):
    return shapely.transform(np.array([shapely.geometry.shape(f["geometry"]) for f in found], dtype=object), lambda xy: xy * scale)


def percent(of, total):
    return f"{100 * of / total:.1f} %"


def spread(values, digits=0):
    return " / ".join(f"{v:,.{digits}f}" for v in np.percentile(values, [10, 50, 90]))


def figures(folder):
    admin = features(folder, "admin")
    edge = features(folder, "study_area") or [f for f in admin if f["properties"]["admin_level"] == min(g["properties"]["admin_level"] for g in admin)]
    middle = shapely.union_all([shapely.geometry.shape(f["geometry"]) for f in edge]).centroid
    scale = np.array([np.cos(np.radians(middle.y)), 1.0]) * METRES_PER_DEGREE
    land = shapely.union_all(shapely.make_valid(shapes(edge, scale)))
    households = features(folder, "households")
    places = np.array([f["geometry"]["coordinates"] for f in households])
    weight = np.array([f["properties"].get("weight", 1) for f in households], dtype=float)
    weight[[f["properties"].get("kind") not in DWELLINGS for f in households]] = 0
    yield "land, km²", f"{land.area / 1e6:.1f}"
    yield "points / households", f"{len(places):,} / {weight.sum():,.0f}"

    roads = [f for f in features(folder, "roads") if f["properties"]["class"] in STREETS]
    lines = shapely.node(shapely.multilinestrings(shapely.get_parts(shapes(roads, scale))))
    pieces = shapely.get_parts(shapely.line_merge(lines))
    ends = np.concatenate([shapely.get_coordinates(shapely.get_point(pieces, at)) for at in (0, -1)])
    _, degree = np.unique(np.round(ends, 2), axis=0, return_counts=True)
    nodes = np.array([(degree == d).sum() for d in (1, 3, 4)] + [(degree > 4).sum()])
    yield "streets, km per km²", f"{shapely.length(pieces).sum() / 1000 / (land.area / 1e6):.1f}"
    yield "street nodes of degree 1 / 3 / 4 / more", " / ".join(percent(n, nodes.sum()) for n in nodes)
    yield "metres between nodes, 10th / 50th / 90th percentile", spread(shapely.length(pieces))

    blocks = shapely.get_parts(shapely.polygonize([shapely.union_all(np.append(pieces, land.boundary))]))
    blocks = blocks[shapely.area(blocks) > 100]
    hectares = shapely.area(blocks) / 1e4
    yield "blocks / per km²", f"{len(blocks):,} / {len(blocks) / (land.area / 1e6):.0f}"
    yield "hectares of a block, percentiles", spread(hectares, 2)
    yield "σ of ln hectares", f"{np.log(hectares).std():.2f}"
    positions, at, stack = np.unique(places * scale, axis=0, return_inverse=True, return_counts=True)
    point, block = shapely.STRtree(blocks).query(shapely.points(places * scale), predicate="intersects")
    inside = np.zeros(len(blocks))
    np.add.at(inside, block, weight[point])
    lived = inside[inside > 0]
    yield "blocks without household", percent((inside == 0).sum(), len(blocks))
    yield "households of a block that has some, percentiles", spread(lived)
    yield "σ of ln households", f"{np.log(lived).std():.2f}"

    held = np.zeros(len(positions))
    np.add.at(held, at.ravel(), weight)
    for what, sizes in (("points", stack), ("households", held[held > 0])):
        classes = [(sizes == 1), (sizes > 1) & (sizes <= 5), (sizes > 5) & (sizes <= 20), (sizes > 20) & (sizes <= 100), sizes > 100]
        yield f"positions with 1 / –5 / –20 / –100 / more {what}", " / ".join(percent(c.sum(), len(sizes)) for c in classes)
        yield f"share of {what} there", " / ".join(percent(sizes[c].sum(), sizes.sum()) for c in classes)
        yield f"most {what} at one position", f"{sizes.max():,.0f}"

    levels = sorted({(f["properties"]["admin_level"], f["properties"].get("scheme") or "–") for f in admin if not f["properties"].get("partial")})
    tree = shapely.STRtree(shapely.points(positions))
    for level in levels:
        areas = [f for f in admin if (f["properties"]["admin_level"], f["properties"].get("scheme") or "–") == level]
        area, place = tree.query(shapely.make_valid(shapes(areas, scale)), predicate="intersects")
        of = np.zeros(len(areas))
        np.add.at(of, area, held[place])
        yield f"divisions of level {level[0]} {level[1]}: number, households", f"{len(areas):,}: {spread(of)}"


tables = {os.path.basename(os.path.normpath(folder)): dict(figures(folder)) for folder in sys.argv[1:]}
if not tables:
    sys.exit(__doc__)
names = list(dict.fromkeys(name for table in tables.values() for name in table))
print("| | " + " | ".join(tables) + " |\n|---|" + "---|" * len(tables))
for name in names:
    print(f"| {name} | " + " | ".join(table.get(name, "–") for table in tables.values()) + " |")
