"""Reading a million points in every format by evengrid and by GDAL, seconds and peak memory, as one table.

cargo bench --no-run --bench formats; python3 benches/formats.py path/of/the/bench [points]

GDAL reads through pyogrio (pip install pyogrio geopandas), once as columns of Arrow where it can and once feature by feature; what has no driver in that build is left out.
"""
import subprocess
import sys
import tempfile
from pathlib import Path

GDAL = """
import sys, time, pyogrio
begun = time.perf_counter()
frame = pyogrio.read_dataframe(sys.argv[1], use_arrow=sys.argv[2] == "arrow") if sys.argv[2] != "parquet" else __import__("geopandas").read_parquet(sys.argv[1])
print(len(frame), time.perf_counter() - begun)
"""


def peak(command):
    """Runs a command in a child of its own and gives its output and peak memory in MB."""
    code = (
        "import resource, subprocess, sys; r = subprocess.run(sys.argv[1:], capture_output=True, text=True); "
        "print(r.stdout.strip()); print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024); sys.exit(r.returncode)"
    )
    done = subprocess.run([sys.executable, "-c", code, *command], capture_output=True, text=True)
    if done.returncode:
        return None, None
    *text, megabytes = done.stdout.strip().splitlines()
    return " ".join(text), int(megabytes)


def main():
    bench, points = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "1000000"
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([bench, "write", folder, points], check=True)
        print("| file | MB | evengrid | peak | GDAL, features | peak | GDAL, Arrow | peak |")
        print("|---|---|---|---|---|---|---|---|")
        for ending in ["geojson", "geojsonl", "csv", "shp", "gpkg", "parquet"]:
            file = Path(folder) / f"points.{ending}"
            parts = [p for p in file.parent.glob(f"{file.stem}.*") if p.suffix in ({".shp", ".dbf", ".shx"} if ending == "shp" else {f".{ending}"})]
            size = sum(p.stat().st_size for p in parts) / 1e6
            ours = min((peak([bench, "read", str(file)]) for _ in range(3)), key=lambda r: float(r[0].split()[2]))
            row = [f"`.{ending}`", f"{size:.0f}", f"{float(ours[0].split()[2]):.2f} s", f"{ours[1]} MB"]
            for how in ["features", "arrow"]:
                how = "parquet" if ending == "parquet" and how == "arrow" else how
                runs = [peak([sys.executable, "-c", GDAL, str(file), how]) for _ in range(3)]
                runs = [r for r in runs if r[0]]
                best = min(runs, key=lambda r: float(r[0].split()[1])) if runs else None
                row += [f"{float(best[0].split()[1]):.2f} s", f"{best[1]} MB"] if best else ["–", "–"]
            print("| " + " | ".join(row) + " |", flush=True)


if __name__ == "__main__":
    main()
