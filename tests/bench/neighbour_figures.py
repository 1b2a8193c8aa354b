"""How long a frame of one site waits for its acknowledgement while another site sends what costs a gateway most.

    python3 tests/bench/neighbour_figures.py [--programs build/release/bin] [--rounds 1] [--only TEXT] [--seconds 20]

Each attack meets a gateway of its own, real process, real store and archive, over plain TCP; it lasts until all is acknowledged, and
`--seconds` at most. Then the gateway is ended and started with what it has left to do, and the same frames are measured once more:
the second line. The frames come 50 times a second, so that none that is slow is missed.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.lab.hosting_site import HostingSite  # noqa: E402
from tests.lab.site_file import write_site_file  # noqa: E402

LINACS_OF = {"site000": range(10001, 10002), "site001": range(20001, 20011)}


class Figures:
    """Of one attack: what neighbour-delay printed."""

    def __init__(self, line):
        words = line.split()
        self.median, self.most, self.longest = (float(word) for word in words[:3])
        self.frames, self.batches = int(words[3]), int(words[4])
        self.seconds = float(words[5])
        self.ended = " ".join(words[6:])


def delay(hosting, programs, attack, seconds):
    done = subprocess.run([programs / "neighbour-delay", "--port", str(hosting.ingest_port), "--tokens", hosting.tokens,
                           "--attack", attack, "--seconds", str(seconds)], capture_output=True, text=True, timeout=600, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{attack}: {done.stderr}")
    return Figures(done.stdout)


def measure(programs, attack, seconds):
    """(during the attack, after the gateway's restart)"""
    folder = Path(tempfile.mkdtemp(prefix="icom-bench-"))
    hosting = HostingSite(programs, folder)
    try:
        for site, serials in LINACS_OF.items():
            hosting.new_token(site)
            write_site_file(hosting, site, {str(serial): f"127.0.0.1:{serial}" for serial in serials})
        hosting.start_gateway()
        during = delay(hosting, programs, attack, seconds)
        hosting.gateway.stop()
        hosting.start_gateway()
        return during, delay(hosting, programs, "none", seconds)
    finally:
        hosting.stop()
        shutil.rmtree(folder, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--programs", type=Path, default=ROOT / "build" / "release" / "bin")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--only", default="", help="attacks whose names have this text")
    arguments = parser.parse_args()
    names = subprocess.run([arguments.programs / "neighbour-delay", "--list"], capture_output=True, text=True, check=True).stdout
    print(f"{os.cpu_count()} cores, load and gateway together; milliseconds, medians of {arguments.rounds}")
    print(f"{'':50} {'median':>8} {'99 %':>8} {'longest':>8} {'frames':>8}  attack")
    for attack in [name for name in names.splitlines() if arguments.only in name]:
        rounds = [measure(arguments.programs, attack, arguments.seconds) for _ in range(arguments.rounds)]
        for title, of_all in ((attack, [both[0] for both in rounds]), ("  after a restart", [both[1] for both in rounds])):
            median, most, longest = (statistics.median(getattr(one, key) for one in of_all)
                                     for key in ("median", "most", "longest"))
            last = of_all[-1]
            told = f"{last.batches} batches in {last.seconds:.1f} s, {last.ended}" if last.batches else ""
            print(f"{title:50} {median:8.1f} {most:8.1f} {longest:8.1f} {last.frames:8}  {told}", flush=True)


if __name__ == "__main__":
    main()
