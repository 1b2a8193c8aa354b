"""A day of a Linac through the fan-out at both ends, every byte compared with what the simulator says that it sent.

    python3 tests/bench/fan_out_day.py [--programs build/release/bin] [--frames 345600] [--rate 80] [--junk-every 1000]

The simulator runs at `rate` frames a second (20 times a Linac's pace); a client at the site's fan-out and one at the gateway's are
connected before its first frame. Prints a line a minute, and at the end what was compared; the exit code is 0 if all of it was the
same and all of it came, 1 if not. 345,600 frames at 80 a second take 72 minutes. Disk: the store's hundredth of the stream, and the
simulator's ledger, 100 bytes a message.
"""

import argparse
import shutil
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.lab.agent_site import AgentSite  # noqa: E402
from tests.lab.hosting_site import HostingSite  # noqa: E402
from tests.lab.ledger_check import LedgerCheck  # noqa: E402
from tests.lab.linac import Linac  # noqa: E402
from tests.lab.ports import free_port  # noqa: E402
from tests.lab.stream_client import connect_when_there  # noqa: E402

SERIAL = "4299"
# For the last frames to come through the tunnel.
SETTLE_SECONDS = 30


class Reader:
    def __init__(self, where, port, ledger_file):
        self.where = where
        self.check = LedgerCheck(ledger_file)
        self.client = connect_when_there(port, take=self.check.feed)

    @property
    def over(self):
        """Nothing more is to be expected of it."""
        return self.check.difference or self.client.ended

    @property
    def whole(self):
        check = self.check
        return not check.difference and check.begun and not check.passed_over and not check.rows_left and not check.waiting_bytes

    def text(self):
        check = self.check
        state = check.difference or ("all of the ledger" if self.whole else f"{check.rows_left} messages of the ledger have not come, "
                                     f"{check.waiting_bytes} bytes are not in it, {check.passed_over} messages were before the first")
        ended = f", ended by {self.client.ended}" if self.client.ended else ""
        return f"{self.where}: {check.messages} messages, {check.bytes} bytes are the same; {state}{ended}"


def watch(linac, readers, began):
    """Until all has come, one differs, or the Linac has been done for so long that nothing more will come."""
    told_at = began
    done_at = None
    while True:
        running = linac.process.running
        for reader in readers:
            reader.check.compare()
        now = time.monotonic()
        if not running:
            done_at = done_at or now
            if all(reader.whole or reader.over for reader in readers) or now - done_at > SETTLE_SECONDS:
                return
        elif any(reader.over for reader in readers):
            return
        if now - told_at >= 60:
            told_at = now
            print(f"after {now - began:.0f} s: " + "; ".join(f"{reader.where} {reader.check.messages}" for reader in readers), flush=True)
        time.sleep(0.25)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--programs", type=Path, default=ROOT / "build" / "release" / "bin")
    parser.add_argument("--frames", type=int, default=345_600)
    parser.add_argument("--rate", type=int, default=80)
    parser.add_argument("--junk-every", type=int, default=1000)
    arguments = parser.parse_args()

    folder = Path(tempfile.mkdtemp(prefix="icom-fan-out-day-"))
    folder.chmod(0o711)
    at_site, at_gateway = free_port(), free_port()
    linac = Linac(arguments.programs, folder / "linac", SERIAL, "--speed", str(arguments.rate / 4), "--frames", str(arguments.frames),
                  "--wait-for-client", "--junk-every", str(arguments.junk_every), "--duplicate-every", "997", "--skip-every", "4999")
    hosting = HostingSite(arguments.programs, folder / "hosting", fan_out={SERIAL: at_gateway})
    site = None
    right = False
    try:
        linac.start()
        site = AgentSite(arguments.programs, folder / "agents", "nbcc", hosting, {SERIAL: linac.address}, fan_out={SERIAL: at_site})
        hosting.start()
        site.forwarder.start()
        site.fan_out.start()
        readers = [Reader("site", at_site, linac.ledger_file), Reader("gateway", at_gateway, linac.ledger_file)]
        began = time.monotonic()
        print(f"{arguments.frames} frames at {arguments.rate} a second, begun {time.strftime('%H:%M:%S')}", flush=True)
        site.listeners[SERIAL].start()
        watch(linac, readers, began)
        print(f"after {time.monotonic() - began:.0f} s:")
        for reader in readers:
            print(reader.text(), flush=True)
            reader.client.close()
        connections = sum(line.startswith("# connected") for line in linac.ledger_file.read_text().splitlines())
        print(f"the Linac saw {connections} connection(s)")
        right = connections == 1 and all(reader.whole for reader in readers)
        print("the same" if right else "NOT THE SAME", flush=True)
    finally:
        if site:
            site.stop()
        hosting.stop()
        linac.process.stop()
        if right:
            shutil.rmtree(folder, ignore_errors=True)
        else:
            print(f"kept for a look: {folder}", flush=True)
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
