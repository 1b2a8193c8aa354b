"""How long live frames take while a backlog drains, measured from outside on real processes.

    python3 tests/bench/backlog_figures.py [--programs build/release/bin] [--backlog 130000] [--frames 300] [--hz 20] [--rounds 3]

In turn: one Linac alone; the same beside another Linac of the site whose spool holds a backlog that is draining; and that other
Linac's own live frames. A backlog of three days is 1.04 million frames (8.3 GB); the default is an eighth of it, since what matters is that it
drains for as long as is measured. Prints median and 99th percentile from handing a frame's last byte to the kernel until a reader of the store's
database sees it committed, and the ratio; and how long a Linac's own live frames wait for its own backlog.
"""

import argparse
import lzma
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.bench.live_figures import SAMPLE, PacedServer, commits_seen, frames_of  # noqa: E402
from tests.lab.agent_site import AgentSite  # noqa: E402
from tests.lab.hosting_site import HostingSite  # noqa: E402
from tests.lab.process import wait_until  # noqa: E402

LIVE, BEHIND = "4299", "9183"
STORED_OF_LIVE = ("SELECT coalesce(sum(stored), 0) FROM ledger JOIN linac ON linac.id = ledger.linac "
                  f"WHERE linac.serial = '{LIVE}'")


class Round:
    """One site with both Linacs, fresh."""

    def __init__(self, programs, frames, hz, backlog):
        self.programs, self.backlog = programs, backlog
        self.folder = Path(tempfile.mkdtemp(prefix="icom-bench-"))
        self.folder.chmod(0o711)
        self.server = PacedServer(frames, hz)
        self.hosting = HostingSite(programs, self.folder / "hosting")
        self.site = AgentSite(programs, self.folder / "agents", "nbcc", self.hosting,
                              {LIVE: f"127.0.0.1:{self.server.port}", BEHIND: "127.0.0.1:9"})

    def stored(self, serial):
        return self.hosting.ledger().get(("nbcc", serial), {}).get("stored", 0)

    def run(self):
        """(delays of the live frames in ms, seconds that the backlog took or None, whether it outlasted the live frames)"""
        stop = threading.Event()
        try:
            if self.backlog:
                subprocess.run([self.programs / "spool-backlog", "--spool", self.site.spool / BEHIND,
                                "--frames", str(self.backlog)], check=True)
            self.hosting.start()
            self.site.listeners[LIVE].start()
            wait_until(lambda: self.site.status_file(f"{LIVE}/listener.json").get("connected"), 20, "the listener is connected")
            self.site.forwarder.start()
            began = time.monotonic()
            wait_until(lambda: self.site.status_file("forward.json").get("connected"), 20, "the forwarder is connected")
            if self.backlog:
                wait_until(lambda: self.stored(BEHIND) > 0, 30, "the backlog drains")
            seen_at = []
            count = len(self.server.frames)
            threading.Thread(target=commits_seen, daemon=True,
                             args=(self.hosting.folder / "store" / "icom.db", count, STORED_OF_LIVE, seen_at, stop)).start()
            self.server.go.set()
            self.server.done.wait()
            outlasted = self.stored(BEHIND) < self.backlog
            wait_until(lambda: len(seen_at) >= count, 120, "all live frames are committed")
            took = None
            if self.backlog:
                wait_until(lambda: self.stored(BEHIND) == self.backlog, 600, "the backlog is drained")
                took = time.monotonic() - began
            return [(seen - sent) * 1000 for seen, sent in zip(seen_at, self.server.sent_at)], took, outlasted
        finally:
            stop.set()
            self.site.stop()
            self.hosting.stop()
            shutil.rmtree(self.folder, ignore_errors=True)


def percentiles(delays):
    delays = sorted(delays)
    return statistics.median(delays), delays[min(int(len(delays) * 0.99), len(delays) - 1)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--programs", type=Path, default=ROOT / "build" / "release" / "bin")
    parser.add_argument("--backlog", type=int, default=130_000)
    parser.add_argument("--frames", type=int, default=300)
    parser.add_argument("--hz", type=float, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    frames = frames_of(lzma.decompress(SAMPLE.read_bytes()))[:arguments.frames]
    raw = arguments.backlog * 8000
    free = shutil.disk_usage(tempfile.gettempdir()).free
    if free < 3 * raw:
        raise SystemExit(f"a backlog of {raw / 1e9:.1f} GB needs three times that on {tempfile.gettempdir()}, {free / 1e9:.1f} GB are free")

    alone, beside, took = [], [], []
    for _ in range(arguments.rounds):
        alone += Round(arguments.programs, frames, arguments.hz, 0).run()[0]
        delays, seconds, outlasted = Round(arguments.programs, frames, arguments.hz, arguments.backlog).run()
        beside += delays
        took.append(seconds)
        if not outlasted:
            print("the backlog was drained before the last live frame was sent: take a larger one")
    median, most = percentiles(alone)
    median_beside, most_beside = percentiles(beside)
    drain = statistics.median(took)
    print(f"{arguments.rounds} rounds of {len(frames)} live frames at {arguments.hz} Hz, backlog of {arguments.backlog} frames of another Linac")
    print(f"no backlog:       median {median:6.1f} ms, 99th percentile {most:6.1f} ms")
    print(f"backlog draining: median {median_beside:6.1f} ms, 99th percentile {most_beside:6.1f} ms")
    print(f"ratio:            median {median_beside / median:6.2f}   , 99th percentile {most_beside / most:6.2f}")
    print(f"the backlog drained in {drain:.1f} s, {arguments.backlog / drain:,.0f} frames/s: so long its own Linac's live frames wait")


if __name__ == "__main__":
    main()
