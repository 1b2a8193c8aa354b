"""What a Linac made: every frame with its bytes, whoever was connected.

A simulated Linac's frames follow from its options alone (docs/simulator.md, `--seed`). So the same one is run once more with nobody
to disturb it, as fast as it can, and what it says is the whole list."""

import mmap
import re
import socket
import subprocess
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from tests.lab.linac import read_ledger
from tests.lab.process import LabError

AS_FAST_AS_IT_CAN = "100000"
LARGEST_BACKLOG = str(16 << 30)


def seconds_of(linac_time):
    """`2026-03-0208:00:06` as the store counts: seconds since 1970 as if it were UTC."""
    return int((datetime.strptime(linac_time, "%Y-%m-%d%H:%M:%S") - datetime(1970, 1, 1)).total_seconds())


@dataclass(frozen=True)
class MadeFrame:
    identity: tuple
    number: int    # +1 a frame made: what the counter would be if it had no end
    epoch: int     # +1 each time the clock was set back
    time: int      # seconds
    patient: bool
    offset: int    # of its bytes in the stream
    size: int

    @property
    def counter(self):
        return self.identity[1]


def made_frames(ledger):
    """From the lines of a ledger with one client; what the Linac sent twice is there once."""
    frames, offset, number, epoch = [], 0, 0, 1
    for row in ledger:
        if row.kind in ("frame", "conflict"):
            time = seconds_of(row.time)
            if frames:
                number += (row.counter - frames[-1].counter) % 256
                epoch += time < frames[-1].time
            frames.append(MadeFrame(row.identity, number, epoch, time, row.patient, offset, row.size))
        offset += row.size
    return frames


class Stream:
    """All that one Linac made in the run, in a folder of its own."""

    def __init__(self, programs, folder, plan, report):
        """`report`: what the Linac says of the run: how many frames it made, where its clock was set at request."""
        set_at_request = [text for one in report["clock_set"] for text in ("--clock-jump-at", f"{one['frame']}:{one['seconds']}")]
        self._folder = Path(folder)
        self._folder.mkdir(parents=True, exist_ok=True)
        self._file = self._folder / f"{plan.serial}.stream"
        ledger = self._folder / f"{plan.serial}.ledger"
        command = [Path(programs) / "linac-simulator", "--port", "0", "--serial", plan.serial, *plan.stream, *set_at_request,
                   "--speed", AS_FAST_AS_IT_CAN, "--frames", str(report["frames_made"]), "--wait-for-client",
                   "--backlog", LARGEST_BACKLOG, "--ledger", ledger]
        with subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, text=True) as simulator:
            port = int(re.search(r"listening \S+?:(\d+)", simulator.stdout.readline()).group(1))
            self._receive(port)
        self.frames = made_frames(read_ledger(ledger))
        if simulator.returncode != 0 or not self.frames:
            raise LabError(f"the simulator of Linac {plan.serial} could not repeat its stream")

    def _receive(self, port):
        with socket.create_connection(("127.0.0.1", port)) as linac, open(self._file, "wb") as out:
            while data := linac.recv(1 << 20):
                out.write(data)

    def pick(self, stored, into):
        """Writes the stored frames' bytes, in the Linac's order, into a file. Returns these frames."""
        wanted = set(stored)
        picked = [frame for frame in self.frames if frame.identity in wanted]
        with open(self._file, "rb") as source, open(into, "wb") as out, \
                mmap.mmap(source.fileno(), 0, access=mmap.ACCESS_READ) as stream:
            for frame in picked:
                out.write(stream[frame.offset:frame.offset + frame.size])
        return picked

    def remove(self):
        self._file.unlink()
