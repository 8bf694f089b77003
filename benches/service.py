"""Load on a running `plan_service`: clients that draw, look places up and cancel, and kills in between.

    cargo build --release --example plan_service
    python3 benches/service.py --service target/release/examples/plan_service --clients 8 --seconds 90 --kills 2

At the end every accepted job that was not cancelled must be done, with the plan that the same recipe gives alone, and every look-up
must have said what it says of the reference. Prints a table, and exits with 1 where that does not hold.
"""
import argparse
import collections
import hashlib
import http.client
import json
import pathlib
import random
import signal
import subprocess
import tempfile
import threading
import time

TOWN = pathlib.Path(__file__).resolve().parent.parent / "testdata"
TARGETS = [250, 300, 350]
PLACES = 200
ROWS = ["jobs accepted", "done", "cancelled", "failed", "refused (429)", "lost", "wrong answers", "look-ups"]
# of a client's requests
CANCELLED, LOOKED_UP = 0.3, 0.9


def recipe(target):
    return f'[division]\nlevel = 8\nscheme = "civil"\n[grid]\ntarget = {target}.0\n[effort]\nlevel = "quick"\n'


class Service:
    """The service, which may be killed and started again with the same state."""

    def __init__(self, binary, state, port, queue):
        self.command = [binary, "--state", state, "--layers-root", TOWN, "--port", str(port), "--queue", str(queue), "--workers", "2", "--keep", "1000000"]
        self.start()

    def start(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        assert line.startswith("listening on"), line
        self.port = int(line.rsplit(":", 1)[1])
        self.command[self.command.index("--port") + 1] = str(self.port)

    def kill(self):
        self.process.kill()
        self.process.wait()


class Client:
    """One connection, made anew where it broke."""

    def __init__(self, service):
        self.service, self.connection = service, None

    def call(self, method, path, body=None):
        """Status and JSON; OSError or HTTPException where the service is down."""
        if self.connection is None:
            self.connection = http.client.HTTPConnection("127.0.0.1", self.service.port, timeout=60)
        try:
            body = None if body is None else json.dumps(body)
            self.connection.request(method, path, body, {"content-type": "application/json"})
            answer = self.connection.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException):
            self.connection.close()
            self.connection = None
            raise
        return answer.status, text

    def json(self, method, path, body=None):
        status, text = self.call(method, path, body)
        return status, json.loads(text)

    def done(self, job):
        """Waits for the end of a job; one that the service does not know is lost."""
        while True:
            status, view = self.json("GET", f"/jobs/{job}")
            if status != 200:
                return {"state": "lost", "error": view["error"]}
            if view["state"] not in ("queued", "running"):
                return view
            time.sleep(0.05)

    def digest(self, plan):
        status, text = self.call("GET", f"/plans/{plan}/files/plan.json")
        assert status == 200, text
        return hashlib.sha256(text).hexdigest()


class Load:
    """What all clients share and count."""

    def __init__(self, service):
        self.service, self.lock = service, threading.Lock()
        self.counts, self.latencies, self.faults = collections.Counter(), [], []
        self.accepted, self.cancelled = {}, set()
        # seconds from each kill until the service was up again
        self.away = []
        # a cancel whose answer was lost may hold or not
        self.unsure = set()
        client = Client(service)
        self.plans, self.digests = {}, {}
        for target in TARGETS:
            status, job = client.json("POST", "/plans", {"layers": "town", "recipe": recipe(target)})
            assert status == 202, job
            assert client.done(job["id"])["state"] == "done"
            self.plans[target], self.digests[target] = job["id"], client.digest(job["id"])
        _, text = client.call("GET", f"/plans/{self.plans[TARGETS[0]]}/files/grids.geojson")
        corners = [f["geometry"]["coordinates"] for f in json.loads(text)["features"] if f["geometry"]["type"] == "Polygon"]
        (west, east), (south, north) = [[pick(p[k] for rings in corners for p in rings[0]) for pick in (min, max)] for k in (0, 1)]
        rng = random.Random(1)
        self.places = [(rng.uniform(west, east), rng.uniform(south, north)) for _ in range(PLACES)]
        self.reference = {(t, i): client.json("GET", self.look_up(t, i))[1] for t in TARGETS for i in range(PLACES)}

    def look_up(self, target, place):
        lon, lat = self.places[place]
        return f"/plans/{self.plans[target]}/attach?lon={lon}&lat={lat}"

    def run(self, seed, until):
        rng, client = random.Random(seed), Client(self.service)
        while time.monotonic() < until:
            try:
                self.step(rng, client)
            except (OSError, http.client.HTTPException):
                with self.lock:
                    self.counts["broken connections"] += 1
                time.sleep(0.05)

    def step(self, rng, client):
        target = rng.choice(TARGETS)
        if rng.random() < LOOKED_UP:
            place = rng.randrange(PLACES)
            begun = time.perf_counter()
            status, found = client.json("GET", self.look_up(target, place))
            took = time.perf_counter() - begun
            with self.lock:
                self.counts["look-ups"] += 1
                self.latencies.append(took)
                if (status, found) != (200, self.reference[target, place]):
                    self.counts["wrong answers"] += 1
                    self.faults.append(f"look-up {target} {place}: {status} {found}")
            return
        status, job = client.json("POST", "/plans", {"layers": "town", "recipe": recipe(target)})
        with self.lock:
            self.counts[{202: "jobs accepted", 429: "refused (429)"}.get(status, f"draws answered {status}")] += 1
            if status == 202:
                self.accepted[job["id"]] = target
        if status == 429:
            time.sleep(0.2)
        elif status == 202 and rng.random() < CANCELLED:
            time.sleep(rng.random() * 0.3)
            with self.lock:
                self.unsure.add(job["id"])
            status, view = client.json("DELETE", f"/jobs/{job['id']}")
            with self.lock:
                self.unsure.discard(job["id"])
                self.counts[f"cancels answered {status}"] += 1
                if status == 200:
                    self.cancelled.add(job["id"])

    def verify(self):
        client = Client(self.service)
        for job, target in sorted(self.accepted.items()):
            view = client.done(job)
            state = view["state"]
            self.counts[state] += 1
            wanted = {"cancelled"} if job in self.cancelled else {"done", "cancelled"} if job in self.unsure else {"done"}
            if state not in wanted:
                self.faults.append(f"job {job} is {state}: {view['error']}")
            elif state == "done" and client.digest(job) != self.digests[target]:
                self.counts["wrong answers"] += 1
                self.faults.append(f"plan {job} differs from the reference")


def loaded(service, a):
    """Puts load on the service and verifies what came of it; also how long that took."""
    load = Load(service)
    begun = time.monotonic()
    clients = [threading.Thread(target=load.run, args=(seed, begun + a.seconds)) for seed in range(a.clients)]
    for client in clients:
        client.start()
    for kill in range(1, a.kills + 1):
        time.sleep(max(0, begun + a.seconds * kill / (a.kills + 1) - time.monotonic()))
        service.kill()
        down = time.monotonic()
        service.start()
        load.away.append(time.monotonic() - down)
    for client in clients:
        client.join()
    load.verify()
    return load, time.monotonic() - begun


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--service", required=True, help="binary of the example")
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--queue", type=int, default=32)
    parser.add_argument("--kills", type=int, default=0, help="times of kill -9 and a new start, evenly spread")
    a = parser.parse_args()
    with tempfile.TemporaryDirectory() as state:
        service = Service(a.service, state, 0, a.queue)
        try:
            load, took = loaded(service, a)
        except BaseException:
            service.kill()
            raise
        service.process.send_signal(signal.SIGTERM)
        code = service.process.wait(timeout=30)
    if code != 0:
        load.faults.append(f"the service ended with {code} on SIGTERM")
    times = sorted(load.latencies)
    at = lambda share: f"{1000 * times[min(int(share * len(times)), len(times) - 1)]:.2f} ms"
    rows = {name: load.counts.pop(name, 0) for name in ROWS}
    rows |= {f"look-ups, {name}": at(share) for name, share in (("p50", 0.5), ("p99", 0.99), ("longest", 1))}
    rows |= {"kill -9 times": a.kills, "longest away": f"{max(load.away, default=0):.2f} s"}
    rows |= {"clients": a.clients, "places in the queue": a.queue, "load": f"{a.seconds:.0f} s", "with the rest of the queue": f"{took:.0f} s"}
    for name, value in (rows | dict(sorted(load.counts.items()))).items():
        print(f"{name:<28}{value:>12}")
    for fault in load.faults[:20]:
        print("FAULT", fault)
    print(f"{len(load.faults)} faults")
    raise SystemExit(bool(load.faults))


if __name__ == "__main__":
    main()
