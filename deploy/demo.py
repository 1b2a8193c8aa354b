"""Runs the demonstration; deploy/demo builds the programs first."""

import argparse
import os
import re
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.lab import audit  # noqa: E402
from tests.lab.agent_site import AgentSite  # noqa: E402
from tests.lab.hosting_site import HostingSite  # noqa: E402
from tests.lab.linac import Linac  # noqa: E402
from tests.lab.process import LabError, wait_until  # noqa: E402


def say(text):
    print(f"demo: {text}", flush=True)


def example_sites():
    """{site: [serial, ...]} of the example sites in sites/."""
    sites = {}
    for file in sorted((ROOT / "sites").glob("*.yaml")):
        sites[file.stem] = re.findall(r'^\s*-\s*serial:\s*"?([\w-]+)"?', file.read_text(), re.MULTILINE)
    return sites


class Demo:
    def __init__(self, programs, folder, speed):
        self.hosting = HostingSite(programs, folder / "hosting")
        self.linacs = {}
        self.sites = []
        self._programs = programs
        self._folder = folder
        self._speed = speed

    def start(self):
        say(f"everything is in {self._folder}")
        for site, serials in example_sites().items():
            addresses = {}
            for serial in serials:
                linac = Linac(self._programs, self._folder / "linacs", serial, "--speed", str(self._speed),
                              "--seed", serial, "--idle", "12", "--beam-frames", "40", "--wait-for-client")
                self.linacs[site, serial] = linac.start()
                addresses[serial] = linac.address
            self.sites.append(AgentSite(self._programs, self._folder / "agents", site, self.hosting, addresses))
        self.hosting.start()
        say(f"sshd on 127.0.0.1:{self.hosting.sshd.port}: account '{self.hosting.sshd.user}' may open "
            f"127.0.0.1:{self.hosting.ingest_port} and nothing else")
        say(f"gateway on 127.0.0.1:{self.hosting.ingest_port}, settings {self.hosting.config}, "
            f"archive {self.hosting.archive}")
        for agent in self.sites:
            agent.start()
            say(f"site {agent.name}: agent for Linacs {', '.join(f'{s} at {a}' for s, a in agent.linacs.items())}")
        for agent in self.sites:
            agent.wait_connected()
        say("all Linacs are connected; waiting for the first record")

    def watch(self, wanted):
        """Shows records as they arrive, until `wanted` of them are there (0: until Ctrl-C)."""
        seen = set()
        while not wanted or len(seen) < wanted:
            for record in self.hosting.records():
                # A record counts once it is closed and stands in the archive.
                if record["id"] in seen or not record["archive_file"]:
                    continue
                seen.add(record["id"])
                # Simulated patients only: their names are not shown all the same, it is no habit to get into.
                say(f"record {record['id']}: {record['site']}/{record['linac']} {record['start']} to {record['end']}, "
                    f"{record['frames']} frames, {record['delivered_mu']:.1f} MU"
                    f"{'' if record['complete'] else ', incomplete'}")
            time.sleep(0.2)

    def finish(self):
        """Stops the Linacs, lets everything arrive, compares; True if every ledger agrees."""
        say("stopping the Linacs, then comparing what was sent with what is stored")
        for linac in self.linacs.values():
            linac.process.stop()
        try:
            wait_until(lambda: not self._differences(), 60, "sent = stored")
        except LabError:
            pass
        ledger = self.hosting.ledger()
        print(f"\n{'site':6} {'Linac':8} {'sent':>8} {'stored':>8} {'duplicates':>10} {'gaps':>6}")
        for key, linac in self.linacs.items():
            one = ledger.get(key, {"stored": 0, "duplicates": 0, "gaps": 0})
            sent = len(audit.unique_in_order(linac.sent()))
            print(f"{key[0]:6} {key[1]:8} {sent:8} {one['stored']:8} {one['duplicates']:10} {one['gaps']:6}"
                  f"  {'sent = stored' if sent == one['stored'] else 'DIFFERENT'}")
        wrong = self._differences()
        for text in wrong:
            say(text)
        return not wrong

    def _differences(self):
        return [text for (_, serial), linac in self.linacs.items()
                for text in audit.differences(linac, self.hosting.stored_frames(serial))]

    def stop(self):
        for linac in self.linacs.values():
            linac.process.stop()
        for agent in self.sites:
            agent.stop()
        self.hosting.stop()


def main():
    parser = argparse.ArgumentParser(
        prog="deploy/demo",
        description="Runs the whole way on loopback: simulated Linacs, agents of the three example sites, SSH tunnels "
                    "through a real sshd, the gateway, the store and the PyMedPhys archive. Ctrl-C ends it.")
    parser.add_argument("--records", type=int, default=0, metavar="N",
                        help="end by itself once N records are stored: exit code 0 if, for each Linac, what was sent "
                             "is what is stored, 1 if not (default: go on until Ctrl-C)")
    parser.add_argument("--keep", type=Path, metavar="DIR",
                        help="put all state into DIR and leave it there (default: a temporary folder, removed at the end)")
    parser.add_argument("--speed", type=float, default=5, metavar="X",
                        help="how many times faster than life the Linacs run (default: 5)")
    arguments = parser.parse_args()
    if arguments.records < 0 or arguments.speed <= 0:
        parser.error("--records and --speed take positive numbers")

    folder = arguments.keep.resolve() if arguments.keep else Path(tempfile.mkdtemp(prefix="icom-demo-"))
    if arguments.keep and folder.exists() and any(folder.iterdir()):
        parser.error(f"--keep {folder}: not empty; name a new folder")
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o711)  # the restricted account must be able to reach its list of keys

    def interrupt(*_):
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)
    demo = Demo(Path(os.environ["ICOM_PROGRAMS"]), folder, arguments.speed)
    agreed = False
    try:
        try:
            demo.start()
            demo.watch(arguments.records)
            agreed = demo.finish()
        except KeyboardInterrupt:
            say("interrupted")
            agreed = demo.finish()
    except LabError as error:
        say(f"failed: {error}")
    finally:
        demo.stop()
        if arguments.keep:
            say(f"left in {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    sys.exit(0 if agreed else 1)


if __name__ == "__main__":
    main()
