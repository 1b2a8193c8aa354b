"""docs/add-a-linac.md, followed literally: from two empty machines to a recorded beam at a new site, and what comes after. Its commands are
taken from the page itself."""

import re
import unittest
from datetime import datetime
from pathlib import Path
from shlex import quote
from zoneinfo import ZoneInfo

from tests.lab import guide
from tests.lab.case import LabCase
from tests.lab.machine import Machine, connect
from tests.lab.process import LabError, run_to_end, wait_until

PAGE = Path(__file__).resolve().parents[2] / "docs" / "add-a-linac.md"
HOSTING, SITE, LINAC = "203.0.113.10", "203.0.113.20", "192.168.17.40"
CLONE = PAGE.parents[1]


class Guide(LabCase):
    def setUp(self):
        super().setUp()
        if Machine.why_not():
            self.skipTest(Machine.why_not())
        self.machines = {}
        for name in ("hosting", "site"):
            self.machines[name] = Machine(self.folder, name, shown=(CLONE, self.programs.parent, self.folder))
            self._to_stop.append(self.machines[name].stop)
        hosting, site = self.machines["hosting"], self.machines["site"]
        connect(hosting, f"{HOSTING}/24", site, f"{SITE}/24")
        site.shell(f"ip address add {LINAC}/32 dev lo")
        site.shell(f"echo '{HOSTING} physics.rccc.example' >> /etc/hosts")
        # What Debian's package has made where sshd is a service.
        hosting.shell("ssh-keygen -q -A && mkdir -p /etc/ssh/sshd_config.d")
        self.linac = self._linac(site)

    def _linac(self, site):
        ledger, report = self.folder / "ledger", self.folder / "report.json"
        now = datetime.now(ZoneInfo("Australia/Sydney")).strftime("%Y-%m-%d %H:%M:%S")
        process = site.process("linac", [self.programs / "linac-simulator", "--address", LINAC, "--port", "1706", "--serial", "4299",
                                         "--ledger", ledger, "--report", report, "--start", now, "--idle", "8", "--beam-frames", "20", "--beams", "1"])
        process.start()
        process.wait_for_output("listening ", 10)
        self.report_file = report
        return process

    def run_step(self, step):
        commands = step.commands
        if "in-the-clone" in step.words:
            # The build that is under test, wherever it is.
            commands = f"cd {quote(str(CLONE))}\n" + commands.replace("build/release", quote(str(self.programs.parent)))
        # As a person sees it: what goes to either output, in its order.
        done = self.machines[step.machine].run(f"exec 2>&1\nset -e\n{commands}", 60)
        where = f"{PAGE.name}:{step.line}: on {step.machine}:\n{step.commands}\n"
        said = done.stdout
        self.assertEqual(0, done.returncode, where + said)
        missing = guide.not_shown(step.shows, said)
        self.assertIsNone(missing, f"{where}said:\n{said}\nand not: {missing}")

    def take(self, step):
        if isinstance(step, guide.Run):
            self.run_step(step)
        elif isinstance(step, guide.Carry):
            self.machines[step.target].put(self.machines[step.source].outside(step.file), step.file, 0o600)
        else:
            file = self.folder / "edited"
            file.write_text(step.text)
            self.machines[step.machine].put(file, step.file)

    def records(self):
        done = self.machines["hosting"].run("icom-gateway records --linac 4299 --json")
        return [line for line in done.stdout.splitlines() if line.strip()]

    def test_from_nothing_to_a_recorded_beam_and_back(self):
        steps = guide.steps(PAGE)
        self.assertGreater(len(steps), 10)
        for step in steps:
            if isinstance(step, guide.Run) and step.commands.startswith("icom-gateway records"):
                self.wait_for(self.records, 90, "a beam is recorded")
                self.assert_archived()
            self.take_soon(step)

    def take_soon(self, step):
        """A person looks again when what is to be seen is not there yet."""
        if not (isinstance(step, guide.Run) and re.match(r"icom-(agent status|gateway pending|gateway check)", step.commands)):
            self.take(step)
            return
        last = []

        def taken():
            try:
                self.take(step)
                return True
            except AssertionError as error:
                last[:] = [str(error)]
                return False

        try:
            wait_until(taken, 20, "what the page shows")
        except LabError:
            self.fail(last[0])

    def assert_archived(self):
        patients = self.machines["hosting"].outside("/srv/physics/iCom") / "patients"
        files = self.wait_for(lambda: list(patients.glob("*/*.xz")), 30, "PyMedPhys has its file")
        self.assertEqual(0, run_to_end(["xz", "--test", files[0]], 10).returncode)


if __name__ == "__main__":
    unittest.main()
