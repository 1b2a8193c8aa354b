"""What one Linac at 4 Hz costs and how long its frames take, measured from outside on real processes.

    python3 tests/bench/live_figures.py [--programs build/release/bin] [--frames 400] [--hz 4]

Sends the sample frame by frame, and prints: the
time from handing a frame's last byte to the kernel until a reader of the store's database sees it committed; the bytes that crossed
the SSH connection in both directions for each byte of frames; memory and processor time of the listener.
"""

import argparse
import lzma
import os
import re
import shutil
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.lab.agent_site import AgentSite  # noqa: E402
from tests.lab.hosting_site import HostingSite  # noqa: E402
from tests.lab.process import wait_until  # noqa: E402

SAMPLE = ROOT / "tests" / "data" / "nbcc-4299-morning.icom.xz"


def frames_of(stream):
    starts = [match.start() - 8 for match in re.finditer(rb"\d{4}-\d\d-\d\d\d\d:\d\d:\d\d", stream)]
    return [stream[start:end] for start, end in zip(starts, starts[1:] + [len(stream)])]


class PacedServer:
    """Sends one frame every 1/hz s to the first client, remembering when each had been handed over."""

    def __init__(self, frames, hz):
        self.frames = frames
        self.period = 1 / hz
        self.sent_at = []
        self.go = threading.Event()
        self.done = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        connection, _ = self._listener.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.go.wait()
        next_at = time.monotonic()
        for frame in self.frames:
            connection.sendall(frame)
            self.sent_at.append(time.monotonic())
            next_at += self.period
            time.sleep(max(0.0, next_at - time.monotonic()))
        self.done.set()
        threading.Event().wait()


def ssh_bytes(pid):
    """(sent, received) of the process's TCP connections, as the kernel counts their payload."""
    text = subprocess.run(["ss", "-tnipH"], capture_output=True, text=True, check=True).stdout
    lines = text.splitlines()
    for first, second in zip(lines, lines[1:]):
        if f"pid={pid}," in first:
            sent = re.search(r"bytes_sent:(\d+)", second)
            received = re.search(r"bytes_received:(\d+)", second)
            return int(sent.group(1)) if sent else 0, int(received.group(1)) if received else 0
    raise RuntimeError("the forwarder has no TCP connection")


def processor_seconds(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_kib(pid):
    return int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text()).group(1))


def commits_seen(database, wanted, count_query, seen_at, stop):
    """Polls the database, noting when each next frame is visible to another process: that is after its commit."""
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=5)
    while len(seen_at) < wanted and not stop.is_set():
        count = connection.execute(count_query).fetchone()[0]
        now = time.monotonic()
        while len(seen_at) < count:
            seen_at.append(now)
        time.sleep(0.0005)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--programs", type=Path, default=ROOT / "build" / "release" / "bin")
    parser.add_argument("--frames", type=int, default=400)
    parser.add_argument("--hz", type=float, default=4)
    arguments = parser.parse_args()
    frames = frames_of(lzma.decompress(SAMPLE.read_bytes()))[:arguments.frames]

    folder = Path(tempfile.mkdtemp(prefix="icom-bench-"))
    folder.chmod(0o711)
    server = PacedServer(frames, arguments.hz)
    hosting = HostingSite(arguments.programs, folder / "hosting")
    site = AgentSite(arguments.programs, folder / "agents", "nbcc", hosting, {"4299": f"127.0.0.1:{server.port}"})
    stop = threading.Event()
    try:
        hosting.start()
        site.start_parts()
        site.wait_connected()
        database = hosting.folder / "store" / "icom.db"
        seen_at = []
        query = "SELECT coalesce(sum(stored), 0) FROM ledger"
        watcher = threading.Thread(target=commits_seen, args=(database, len(frames), query, seen_at, stop), daemon=True)
        watcher.start()
        wait_until(lambda: site.status_file("forward.json").get("connected"), 20, "the forwarder is connected")
        listener, forwarder = site.listeners["4299"].pid, site.forwarder.pid
        sent_before, received_before = ssh_bytes(forwarder)
        busy_before, began = processor_seconds(listener), time.monotonic()
        server.go.set()
        server.done.wait()
        wait_until(lambda: len(seen_at) >= len(frames), 20, "all frames are committed")
        elapsed = time.monotonic() - began
        sent, received = ssh_bytes(forwarder)
        busy = processor_seconds(listener) - busy_before

        delays = sorted((seen - gone) * 1000 for seen, gone in zip(seen_at, server.sent_at))
        raw = sum(map(len, frames))
        crossed = sent - sent_before + received - received_before
        print(f"{len(frames)} frames at {arguments.hz} Hz, {raw} bytes")
        print(f"last byte sent to durable commit: median {statistics.median(delays):.1f} ms, "
              f"90th percentile {delays[int(len(delays) * 0.9)]:.1f} ms, longest {delays[-1]:.1f} ms")
        print(f"SSH bytes, both directions: {crossed} = {crossed / len(frames):.0f} a frame = 1/{raw / crossed:.1f} of raw"
              f" (to the gateway {(sent - sent_before) / len(frames):.0f} a frame)")
        print(f"icom-listen: {resident_kib(listener)} KiB resident, {100 * busy / elapsed:.2f} % of a core")
        print(f"icom-forward: {resident_kib(forwarder)} KiB resident; icom-gateway: {resident_kib(hosting.gateway.pid)} KiB resident")
    finally:
        stop.set()
        site.stop()
        hosting.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
