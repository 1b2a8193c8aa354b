"""Bulk through our forwards beside `ssh -L` and `ssh -R` of OpenSSH, in turn, against one sshd; and how long frames take meanwhile.

    python3 tests/bench/forward_figures.py [--programs build/release/bin] [--megabytes 256] [--rounds 5] [--streams 1 20] [--frames 400]

The bytes go from a sender of ours through the forward's port to a sink of ours: `local` to the hosting site, `remote` from it; `back`
is the same forward with the bytes in the other direction. ssh runs with its own defaults. With --frames the recorded sample is sent
frame by frame at 20 Hz, without and with a bulk copy that never ends, and the time from a frame's last byte to its durable commit is
printed.
"""

import argparse
import lzma
import os
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

from tests.bench.live_figures import SAMPLE, PacedServer, commits_seen, frames_of  # noqa: E402
from tests.lab.agent_site import AgentSite  # noqa: E402
from tests.lab.hosting_site import HostingSite  # noqa: E402
from tests.lab.process import Process, wait_until  # noqa: E402
from tests.lab.ports import free_port  # noqa: E402
from tests.lab.sshd import accepts  # noqa: E402

PIECE = bytes(1 << 18)


def pump(connection, total):
    """Sends `total` bytes and their end."""
    left = total
    while left > 0:
        left -= connection.send(PIECE if left >= len(PIECE) else PIECE[:left])
    connection.shutdown(socket.SHUT_WR)


def drain(connection):
    room = bytearray(1 << 18)
    total = 0
    while size := connection.recv_into(room):
        total += size
    return total


class Target:
    """Each connection begins with a letter: `s`, and what follows is swallowed, then answered with one byte; or `b` and a number of
    16 digits, which says how many bytes to send back."""

    def __init__(self):
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            connection, _ = self._listener.accept()
            # A process for each: threads of one interpreter would be what is measured.
            if os.fork() == 0:
                try:
                    self._serve(connection)
                finally:  # also where a copy was broken off on purpose
                    os._exit(0)
            connection.close()

    @staticmethod
    def _serve(connection):
        letter = connection.recv(1)
        if letter == b"s":
            drain(connection)
            connection.sendall(b".")
        elif letter == b"b":
            pump(connection, int(connection.recv(16, socket.MSG_WAITALL)))


def copy(port, back, total):
    """One stream, in a process of its own; true if all bytes came."""
    with socket.create_connection(("127.0.0.1", port), 30) as connection:
        if back:
            connection.sendall(b"b" + b"%016d" % total)
            return drain(connection) == total
        connection.sendall(b"s")
        pump(connection, total)
        return connection.recv(1) == b"."


def rate(port, back, streams, total):
    """MB/s of all streams together."""
    began = time.monotonic()
    children = []
    for _ in range(streams):
        child = os.fork()
        if child == 0:
            os._exit(0 if copy(port, back, total // streams) else 1)
        children.append(child)
    if any(os.waitpid(child, 0)[1] for child in children):
        raise RuntimeError("a copy was not whole")
    return total / 1e6 / (time.monotonic() - began)


class Lab:
    def __init__(self, programs, folder, linacs=None):
        self.target = Target()
        self.ours = {"local": free_port(), "remote": free_port()}
        self.theirs = {"local": free_port(), "remote": free_port()}
        forwards = [{"name": kind, "direction": kind, "listen": port, "target": f"127.0.0.1:{self.target.port}"}
                    for kind, port in self.ours.items()]
        self.hosting = HostingSite(programs, folder / "hosting", sshd_config="MaxSessions 100")
        self.site = AgentSite(programs, folder / "agents", "nbcc", self.hosting, linacs or {}, forwards=forwards)
        self._folder = folder
        self._ssh = None

    def start(self):
        self.hosting.start()
        self.site.start_parts()
        self.site.wait_forwards_up()
        return self

    def start_ssh(self):
        target = f"127.0.0.1:{self.target.port}"
        extra = [{"direction": "local", "target": target}, {"direction": "remote", "listen": self.theirs["remote"]}]
        self.hosting.sshd.authorize(f"{self.site.key}.pub", extra)
        keys = self.hosting.sshd.folder / "authorized_keys"
        keys.write_text("".join(reversed(keys.read_text().splitlines(keepends=True))))  # the first line of a key counts
        sshd = self.hosting.sshd
        self._ssh = Process("ssh", ["ssh", "-N", "-F", "none", "-o", f"UserKnownHostsFile={self.site.known_hosts}", "-i", self.site.key,
                                    "-o", "ExitOnForwardFailure=yes", "-p", sshd.port,
                                    "-L", f"127.0.0.1:{self.theirs['local']}:{target}",
                                    "-R", f"127.0.0.1:{self.theirs['remote']}:{target}", f"{sshd.user}@{sshd.address}"],
                            self._folder / "ssh.log")
        self._ssh.start()
        wait_until(lambda: all(accepts(port) for port in self.theirs.values()), 20, "ssh listens")

    def stop(self):
        if self._ssh:
            self._ssh.stop()
        self.site.stop()
        self.hosting.stop()


def throughput(arguments, folder):
    lab = Lab(arguments.programs, folder).start()
    try:
        lab.start_ssh()
        total = arguments.megabytes << 20
        for streams in arguments.streams:
            for kind in ("local", "remote"):
                for back in (False, True):
                    rates = {"ours": [], "ssh": []}
                    for _ in range(arguments.rounds):
                        rates["ours"].append(rate(lab.ours[kind], back, streams, total))
                        rates["ssh"].append(rate(lab.theirs[kind], back, streams, total))
                    ours, ssh = (statistics.median(rates[side]) for side in ("ours", "ssh"))
                    print(f"{streams:3} streams, {kind}{' back' if back else '':5}: ours {ours:6.0f} MB/s, ssh {ssh:6.0f} MB/s: "
                          f"{ours / ssh:.2f} times", flush=True)
    finally:
        lab.stop()


def frame_delays(arguments, folder, frames, bulk):
    """Milliseconds, sorted."""
    server = PacedServer(frames, 20)
    lab = Lab(arguments.programs, folder, {"4299": f"127.0.0.1:{server.port}"}).start()
    stop = threading.Event()
    copies = []
    try:
        lab.site.wait_connected()
        seen_at = []
        threading.Thread(target=commits_seen, daemon=True,
                         args=(lab.hosting.store / "icom.db", len(frames), "SELECT coalesce(sum(stored), 0) FROM ledger", seen_at,
                               stop)).start()
        wait_until(lambda: lab.site.status_file("forward.json").get("connected"), 20, "the forwarder is connected")
        for kind, back in bulk:
            child = os.fork()
            if child == 0:
                while True:
                    copy(lab.ours[kind], back, 1 << 30)
            copies.append(child)
        if bulk:
            time.sleep(1)  # the disturbance is at its full length before it is measured
        server.go.set()
        server.done.wait()
        wait_until(lambda: len(seen_at) >= len(frames), 30, "all frames are committed")
        return sorted((seen - gone) * 1000 for seen, gone in zip(seen_at, server.sent_at))
    finally:
        stop.set()
        for child in copies:
            os.kill(child, 9)
            os.waitpid(child, 0)
        lab.stop()


def latency(arguments, folder):
    frames = frames_of(lzma.decompress(SAMPLE.read_bytes()))[:arguments.frames]
    for name, bulk in (("no copy", []), ("a copy to the hosting site", [("local", False)]),
                       ("a copy from the site", [("remote", True)]), ("both directions", [("local", False), ("local", True)])):
        delays = frame_delays(arguments, folder / name.replace(" ", "-"), frames, bulk)
        print(f"{name}: {len(delays)} frames, median {statistics.median(delays):.1f} ms, "
              f"99th percentile {delays[int(len(delays) * 0.99)]:.1f} ms, longest {delays[-1]:.1f} ms", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--programs", type=Path, default=ROOT / "build" / "release" / "bin")
    parser.add_argument("--megabytes", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--streams", type=int, nargs="*", default=[1, 20])
    parser.add_argument("--frames", type=int, default=400)
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="icom-bench-"))
    folder.chmod(0o711)
    try:
        if arguments.streams:
            throughput(arguments, folder / "throughput")
        if arguments.frames:
            latency(arguments, folder / "latency")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
