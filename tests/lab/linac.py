"""A simulated Linac and what it says of itself afterwards."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

from .process import Process


@dataclass(frozen=True)
class SentFrame:
    """One line of the simulator's ledger (docs/simulator.md)."""
    client: int
    wall_us: int
    time: str
    counter: int
    hash: str
    size: int
    patient: bool
    kind: str

    @property
    def identity(self):
        return (self.time, self.counter, self.hash)


def read_rows(file, rows, offset=0):
    """Appends its lines about messages, junk and parts among them, that begin at this offset of the file or behind it. Returns where
    to go on: a line that is not whole yet is left for the next time."""
    if not file.exists():
        return offset
    with open(file, "rb") as ledger:
        ledger.seek(offset)
        text = ledger.read()
    whole = text[:text.rfind(b"\n") + 1]
    for line in whole.decode("ascii").splitlines():
        if line.startswith("#") or not line:
            continue
        client, wall, time, counter, digest, size, patient, kind = line.split("\t")[:8]
        rows.append(SentFrame(int(client), int(wall), time, -1 if counter == "-" else int(counter), digest, int(size),
                              patient == "1", kind))
    return offset + len(whole)


def read_ledger(file):
    """All those lines; none if the file is not there."""
    rows = []
    read_rows(file, rows)
    return rows


class Linac:
    def __init__(self, programs, folder, serial, *options, inside=()):
        self.serial = serial
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.ledger_file = self.folder / f"{serial}.ledger"
        self.report_file = self.folder / f"{serial}.report.json"
        self.port = None
        self.process = Process(
            f"linac {serial}",
            [Path(programs) / "linac-simulator", "--port", "0", "--serial", serial,
             "--ledger", self.ledger_file, "--report", self.report_file, *options],
            self.folder / f"{serial}.log", inside=inside)

    def start(self):
        self.process.start()
        output = self.process.wait_for_output("listening ", 10)
        self.port = int(re.search(r"listening \S+?:(\d+)", output).group(1))
        return self

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def sent(self):
        """Every frame that was wholly handed to a client, in the order of sending."""
        return [row for row in read_ledger(self.ledger_file) if row.kind not in ("junk", "partial")]

    def report(self):
        return json.loads(self.report_file.read_text())
