"""What one gateway takes in: real process, real store and archive, everything durable before it is acknowledged.

    python3 tests/bench/gateway_figures.py [--programs build/release/bin] [--rounds 3]

For 10 and for 1,000 Linacs (ten at each site) in turn, several times: frames a second from the first batch to the last
acknowledgement, the gateway's processor time, and its memory for each connected Linac. The load comes from gateway-load on the same
machine, through plain TCP: what sshd costs is tunnel-bench's business. Afterwards the ledger must name every frame.
"""

import argparse
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.bench.live_figures import processor_seconds, resident_kib  # noqa: E402
from tests.lab.hosting_site import HostingSite  # noqa: E402
from tests.lab.site_file import write_site_file  # noqa: E402

LINACS_OF_A_SITE = 10


class Load:
    """Sites of ten Linacs each, frames of each Linac, frames in a batch, and frames a second of each Linac (0: all it can)."""

    def __init__(self, name, sites, frames, per_batch, hz=0):
        self.name, self.sites, self.frames, self.per_batch, self.hz = name, sites, frames, per_batch, hz

    @property
    def linacs(self):
        return self.sites * LINACS_OF_A_SITE


LOADS = [Load("10 Linacs, backlog", 1, 20_000, 128), Load("1,000 Linacs, backlog", 100, 200, 128),
         Load("10 Linacs, a second a batch", 1, 20_000, 40), Load("1,000 Linacs, a second a batch", 100, 200, 40),
         Load("1,000 Linacs at 12 Hz", 100, 250, 10, 12)]


def register(hosting, sites):
    for number in range(sites):
        name = f"site{number:03}"
        hosting.new_token(name)
        write_site_file(hosting, name, {str(10000 * (number + 1) + linac): f"127.0.0.1:{linac}"
                                        for linac in range(1, LINACS_OF_A_SITE + 1)})


def measure(programs, load):
    folder = Path(tempfile.mkdtemp(prefix="icom-bench-"))
    hosting = HostingSite(programs, folder)
    agents = None
    try:
        register(hosting, load.sites)
        hosting.start_gateway()
        gateway = hosting.gateway.pid
        memory_before = resident_kib(gateway)
        agents = subprocess.Popen(
            [programs / "gateway-load", "--port", str(hosting.ingest_port), "--tokens", hosting.tokens,
             "--sites", str(load.sites), "--linacs", str(LINACS_OF_A_SITE), "--frames", str(load.frames),
             "--per-batch", str(load.per_batch), "--hz", str(load.hz)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if agents.stdout.readline().strip() != "connected":
            raise SystemExit("the load did not connect")
        busy = processor_seconds(gateway)
        agents.stdin.write("go\n")
        agents.stdin.flush()
        done = re.search(r"acknowledged (\d+) frames in ([\d.]+) s", agents.stdout.readline())
        busy = processor_seconds(gateway) - busy
        memory = resident_kib(gateway) - memory_before
        agents.communicate("done\n", timeout=30)
        stored = sum(one["stored"] for one in hosting.ledger().values())
        if stored != int(done.group(1)):
            raise SystemExit(f"{done.group(1)} frames were acknowledged, the ledger names {stored}")
        return int(done.group(1)) / float(done.group(2)), busy / float(done.group(2)), memory / load.linacs
    finally:
        if agents and agents.poll() is None:
            agents.kill()
        hosting.stop()
        shutil.rmtree(folder, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--programs", type=Path, default=ROOT / "build" / "release" / "bin")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    print(f"{os.cpu_count()} cores, load and gateway together; medians of {arguments.rounds}")
    results = {load.name: [] for load in LOADS}
    for _ in range(arguments.rounds):
        for load in LOADS:
            results[load.name].append(measure(arguments.programs, load))
    for load in LOADS:
        rate, cores, memory = (statistics.median(column) for column in zip(*results[load.name]))
        print(f"{load.name:32} {rate:9,.0f} frames/s  gateway {cores:.2f} cores  {memory:7.0f} KiB of memory a Linac")


if __name__ == "__main__":
    main()
