"""Partitioners from public registries, each called on the same graph: METIS, KaHIP, Mt-KaHyPar and Scotch; and the engine of evengrid.

`pip install numpy scipy pymetis kahip mtkahypar` and Debian's package scotch; one that is not there raises ImportError when called.
"""
import os
import shutil
import subprocess
import tempfile

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components


class Graph:
    """Units with loads and weighted borders: those of unit u are to[start[u]:start[u + 1]]."""

    def __init__(self, load, start, to, weight, path=None):
        self.path = path
        self.n = len(load)
        self.load, self.start, self.to, self.weight = load, start, to, weight
        self.source = np.repeat(np.arange(self.n), np.diff(self.start))

    @classmethod
    def read(cls, path):
        """From METIS format with one weight per unit and one per edge."""
        with open(path, encoding="utf-8") as f:
            rows = [np.array(line.split(), dtype=np.int64) for line in f if not line.startswith("%")]
        assert len(rows[0]) == 3 and rows[0][2] == 11, f"{path}: the header must be `units edges 011`"
        rows = rows[1:]
        return cls(
            np.array([r[0] for r in rows]), np.concatenate([[0], np.cumsum([len(r) // 2 for r in rows])]),
            np.concatenate([r[1::2] for r in rows]) - 1, np.concatenate([r[2::2] for r in rows]), path)

    @classmethod
    def of_edges(cls, load, a, b, weight):
        """From its edges, each given once."""
        source, to = np.concatenate([a, b]), np.concatenate([b, a])
        order = np.lexsort((to, source))
        start = np.concatenate([[0], np.cumsum(np.bincount(source, minlength=len(load)))])
        return cls(load, start, to[order], np.concatenate([weight, weight])[order])

    def write(self, path):
        """To METIS format."""
        with open(path, "w", encoding="ascii") as f:
            f.write(f"{self.n} {len(self.to) // 2} 011\n")
            for u in range(self.n):
                own = slice(self.start[u], self.start[u + 1])
                f.write(f"{self.load[u]} " + " ".join(f"{v + 1} {w}" for v, w in zip(self.to[own], self.weight[own])) + "\n")
        self.path = path

    def pieces(self, part=None):
        """How many pieces there are, and the piece of each unit; with `part`, pieces of parts."""
        inner = np.ones(len(self.to), bool) if part is None else part[self.source] == part[self.to]
        joined = coo_matrix((np.ones(inner.sum()), (self.source[inner], self.to[inner])), shape=(self.n, self.n))
        return connected_components(joined, directed=False)

    def apart(self, part, k):
        """Parts that are not connected; units with a negative part are left aside."""
        _, piece = self.pieces(part)
        of_piece = part[np.unique(piece, return_index=True)[1]]
        return int((np.bincount(of_piece[of_piece >= 0], minlength=k) > 1).sum())


def evengrid(g, engine, target, tolerance, effort, k=None):
    """Parts by the example partition_graph at the path `engine`, and the seconds it tells; `g` must have been read or written."""
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "part")
        call = [engine, "--graph", g.path, "--target", str(target), "--tolerance", str(tolerance), "--effort", effort, "--out", out]
        told = subprocess.run(call + (["--parts", str(k)] if k else []), check=True, capture_output=True, text=True).stdout
        seconds = float(next(l for l in told.splitlines() if l.startswith("time")).split()[1])
        return np.loadtxt(out, dtype=np.int64, ndmin=1), seconds


def metis(g, k, tolerance, contiguous):
    import pymetis
    options = pymetis.Options(contig=int(contiguous))
    return pymetis.part_graph(k, adjacency=pymetis.CSRAdjacency(g.start, g.to), vweights=g.load, eweights=g.weight,
                              recursive=False, options=options)[1]


def kahip(g, k, tolerance):
    import kahip as tool
    return tool.kaffpa(g.load.tolist(), g.start.tolist(), g.weight.tolist(), g.to.tolist(), k, tolerance, True, 1, 1)[1]


def mt_kahypar(g, k, tolerance, started=[]):
    import mtkahypar
    if not started:
        started.append(mtkahypar.initialize(os.cpu_count()))
    mtk = started[0]
    context = mtk.context_from_preset(mtkahypar.PresetType.DEFAULT)
    context.set_partitioning_parameters(k, tolerance, mtkahypar.Objective.CUT)
    context.logging = False
    first = g.source < g.to
    edges = list(zip(g.source[first].tolist(), g.to[first].tolist()))
    graph = mtk.create_graph(context, g.n, len(edges), edges, g.load.tolist(), g.weight[first].tolist())
    return graph.partition(context).get_partition()


def scotch(g, k, tolerance):
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
        subprocess.run([tool, str(k), source, target, f"-b{tolerance}", "-cb"], check=True, capture_output=True)
        table = np.loadtxt(target, dtype=np.int64, skiprows=1, ndmin=2)
        part = np.empty(g.n, dtype=np.int64)
        part[table[:, 0]] = table[:, 1]
        return part


# name → part numbers of a graph's units, called with the graph, the number of parts and the imbalance allowed
PEERS = {
    "METIS k-way": lambda g, k, tolerance: metis(g, k, tolerance, False),
    "METIS k-way, contig": lambda g, k, tolerance: metis(g, k, tolerance, True),
    "KaHIP kaffpa": kahip,
    "Mt-KaHyPar default": mt_kahypar,
    "Scotch, balance": scotch,
}
