#!/usr/bin/env python3
"""GEOS on the lines that benches/cut.rs cuts: union_all (noding) and polygonize (faces), best of three.

usage: geos.py LINES.geojson ...   needs shapely 2 (pip install shapely)
"""
import json
import sys
import time

import numpy as np
import shapely

for path in sys.argv[1:]:
    with open(path, encoding="utf-8") as f:
        features = json.load(f)["features"]
    lines = np.array([shapely.linestrings(x["geometry"]["coordinates"]) for x in features])
    segments = int((shapely.get_num_coordinates(lines) - 1).sum())
    best = (float("inf"), 0.0, 0.0, 0)
    for _ in range(3):
        start = time.perf_counter()
        noded = shapely.union_all(lines)
        middle = time.perf_counter()
        faces = shapely.polygonize(shapely.get_parts(noded))
        end = time.perf_counter()
        best = min(best, (end - start, middle - start, end - middle, len(faces.geoms)))
    print(f"{segments} segments: union {best[1]:.3f} s, polygonize {best[2]:.3f} s, together {best[0]:.3f} s, {best[3]} faces")
