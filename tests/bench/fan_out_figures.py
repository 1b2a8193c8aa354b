"""What the fan-out costs and how much later its clients get a frame than a client of the Linac itself, on real processes.

    python3 tests/bench/fan_out_figures.py [--programs build/release/bin] [--seconds 60] [--clients 50] [--speed 1]

A simulated Linac at 4 Hz (times `speed`) with two clients: the listener, and one that reads it directly. Each frame's last byte is
timed at that one, at one client of the site's fan-out and at one of the gateway's, all in one loop; what is printed is the
difference. Three phases of `seconds` each: no fan-out, one client of it, so many clients.
"""

import argparse
import re
import selectors
import shutil
import socket
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.lab.agent_site import AgentSite  # noqa: E402
from tests.lab.content_hash import content_hash  # noqa: E402
from tests.lab.hosting_site import HostingSite  # noqa: E402
from tests.lab.linac import Linac  # noqa: E402
from tests.lab.process import wait_until  # noqa: E402
from tests.lab.ports import free_port  # noqa: E402
from tests.lab.sshd import accepts  # noqa: E402

SERIAL = "4299"
DATE = re.compile(rb"\d{4}-\d\d-\d\d\d\d:\d\d:\d\d")


class TimedStream:
    """What a connection gets, and when."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.data = bytearray()
        self.reads = []  # (bytes so far, when)

    def read(self):
        got = self.socket.recv(1 << 16)
        when = time.monotonic()
        self.data += got
        self.reads.append((len(self.data), when))
        return bool(got)

    def arrivals(self):
        """{hash of a frame: when its last byte came}; the last frame is left out, since its end is not known."""
        reads = self.reads[:]  # the loop goes on
        data = bytes(self.data[:reads[-1][0]])
        reads = iter(reads)
        starts = [match.start() - 8 for match in DATE.finditer(data)]
        upto, when = next(reads)
        found = {}
        for start, end in zip(starts, starts[1:]):
            while upto < end:
                upto, when = next(reads)
            found[content_hash(data[start:end])] = when
        return found


class Loop:
    """Reads all streams, in one thread of its own. Those that are not timed are read and thrown away."""

    def __init__(self):
        self._selector = selectors.DefaultSelector()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def timed(self, port):
        stream = TimedStream(port)
        self._selector.register(stream.socket, selectors.EVENT_READ, stream.read)
        return stream

    def untimed(self, port):
        connection = socket.create_connection(("127.0.0.1", port))
        self._selector.register(connection, selectors.EVENT_READ, lambda: bool(connection.recv(1 << 16)))

    def _run(self):
        while not self._ended.is_set():
            for key, _ in self._selector.select(0.1):
                if not key.data():
                    self._selector.unregister(key.fileobj)

    def end(self):
        self._ended.set()
        self._thread.join()


def processor_seconds(pid):
    """Of all its threads, to the nanosecond."""
    return sum(int(task.read_text().split()[0]) for task in Path(f"/proc/{pid}/task").glob("*/schedstat")) / 1e9


class Cost:
    """Of some processes, over a phase."""

    def __init__(self, processes):
        self._processes = processes
        self._began = time.monotonic()
        self._before = {name: processor_seconds(pid) for name, pid in processes.items()}

    def text(self):
        elapsed = time.monotonic() - self._began
        return ", ".join(f"{name} {100 * (processor_seconds(pid) - self._before[name]) / elapsed:.2f} % of a core"
                         for name, pid in self._processes.items())


def later_text(where, stream, direct):
    ours, theirs = stream.arrivals(), direct.arrivals()
    later = sorted(1000 * (ours[frame] - theirs[frame]) for frame in ours if frame in theirs)
    return (f"{where}: {len(later)} frames, later than directly by median {statistics.median(later):.2f} ms, "
            f"99th percentile {later[int(len(later) * 0.99)]:.2f} ms, longest {later[-1]:.2f} ms")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--programs", type=Path, default=ROOT / "build" / "release" / "bin")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--speed", type=float, default=1)
    arguments = parser.parse_args()

    folder = Path(tempfile.mkdtemp(prefix="icom-bench-"))
    folder.chmod(0o711)
    at_site, at_gateway = free_port(), free_port()
    linac = Linac(arguments.programs, folder / "linac", SERIAL, "--speed", str(arguments.speed), "--technique", "vmat", "--idle", "0")
    hosting = HostingSite(arguments.programs, folder / "hosting", fan_out={SERIAL: at_gateway})
    site = None
    loop = Loop()
    try:
        linac.start()
        site = AgentSite(arguments.programs, folder / "agents", "nbcc", hosting, {SERIAL: linac.address}, fan_out={SERIAL: at_site})
        hosting.start()
        site.listeners[SERIAL].start()
        site.forwarder.start()
        site.wait_connected()
        wait_until(lambda: site.status_file("forward.json").get("connected"), 20, "the forwarder is connected")
        listener = site.listeners[SERIAL].pid
        print(f"one Linac at {4 * arguments.speed:g} Hz, phases of {arguments.seconds:g} s")

        cost = Cost({"icom-listen": listener})
        time.sleep(arguments.seconds)
        print(f"no fan-out: {cost.text()}", flush=True)

        site.fan_out.start()
        wait_until(lambda: accepts(at_site), 20, "the fan-out listens")
        direct = loop.timed(linac.port)
        streams = {"site": loop.timed(at_site), "gateway": loop.timed(at_gateway)}
        cost = Cost({"icom-listen": listener, "icom-fanout": site.fan_out.pid})
        time.sleep(arguments.seconds)
        print(f"1 client at each end: {cost.text()}")
        for where, stream in streams.items():
            print("  " + later_text(where, stream, direct), flush=True)

        for _ in range(arguments.clients - 1):
            loop.untimed(at_site)
        streams = {"site": loop.timed(at_site)}
        direct = loop.timed(linac.port)
        cost = Cost({"icom-listen": listener, "icom-fanout": site.fan_out.pid})
        time.sleep(arguments.seconds)
        print(f"{arguments.clients + 1} clients at the site: {cost.text()}")
        # The loop reads them one after the other: this client waits for its turn among them.
        for where, stream in streams.items():
            print("  " + later_text(where, stream, direct), flush=True)
        ports = site.status_file("fanout.json")["ports"]
        print(f"cut off: {sum(port['cut_off'] for port in ports)}")
    finally:
        loop.end()
        if site:
            site.stop()
        hosting.stop()
        linac.process.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
