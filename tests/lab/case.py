"""What every integration test starts from."""

import os
import shutil
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from . import audit
from .agent_site import AgentSite
from .hosting_site import HostingSite
from .linac import Linac
from .process import LabError, wait_until
from .sanitizers import SanitizerReports
from .small_disk import SmallDisk


class LabCase(unittest.TestCase):
    """One hosting site a test, in a folder of its own; kept, and named, when the test fails. What a sanitizer reports of any process
    that the test started, or that one of these started, fails it."""

    def setUp(self):
        self.programs = Path(os.environ["ICOM_PROGRAMS"])
        self.folder = Path(tempfile.mkdtemp(prefix="icom-lab-"))
        self.folder.chmod(0o711)
        self._sanitizers = SanitizerReports(self.folder)
        environment = mock.patch.dict(os.environ, self._sanitizers.environment())
        environment.start()
        self.addCleanup(environment.stop)
        self._to_stop = []
        self._failed_before = self._failures()
        self.addCleanup(self._clean_up)

    def _failures(self):
        result = self._outcome.result
        return len(result.failures) + len(result.errors) if result is not None else 0

    def _clean_up(self):
        for part in reversed(self._to_stop):
            try:
                part()
            except Exception as error:  # the next part must be stopped all the same
                print(f"while stopping: {error}", file=sys.stderr)
        reports = self._sanitizers.texts()
        if reports or self._failures() > self._failed_before or sys.exc_info()[0]:
            print(f"kept for a look: {self.folder}", file=sys.stderr)
            for log in sorted(self.folder.rglob("*.log")):
                tail = log.read_text(errors="replace").splitlines()[-12:]
                print(f"--- {log.relative_to(self.folder)}\n" + "\n".join(tail), file=sys.stderr)
        else:
            shutil.rmtree(self.folder, ignore_errors=True)
        if reports:
            self.fail("\n".join(reports))

    def wait_for(self, condition, seconds, what):
        """As wait_until, but a condition that is not reached fails the test."""
        try:
            return wait_until(condition, seconds, what)
        except LabError as error:
            self.fail(str(error))

    def hosting_site(self, **options):
        hosting = HostingSite(self.programs, self.folder / "hosting", **options)
        self._to_stop.append(hosting.stop)
        return hosting

    def small_disk(self, folder, size):
        """Before whatever uses it is started. Skips the test where there can be none."""
        if SmallDisk.why_not():
            self.skipTest(SmallDisk.why_not())
        disk = SmallDisk(folder, size)
        self._to_stop.insert(0, disk.unmount)  # they are stopped in reverse: this comes last
        return disk

    def linac(self, serial, *options):
        linac = Linac(self.programs, self.folder / "linacs", serial, *options)
        self._to_stop.append(linac.process.stop)
        return linac.start()

    def agent_site(self, name, hosting, linacs, **options):
        """`linacs`: {serial: address}"""
        site = AgentSite(self.programs, self.folder / "agents", name, hosting, linacs, **options)

        def stop():
            site.resume_all()
            site.stop()

        self._to_stop.append(stop)
        return site

    def wait_for_ledger(self, hosting, key, expected, seconds=30):
        """Until the gateway's ledger of a Linac has these values."""

        def reached():
            one = hosting.ledger().get(key, {})
            return all(one.get(name) == value for name, value in expected.items())

        try:
            wait_until(reached, seconds, f"ledger {expected}")
        except Exception:
            self.fail(f"ledger of {key} is {hosting.ledger().get(key)}, expected {expected}")

    def assert_all_stored(self, hosting, linacs, seconds=60):
        """Every frame that each Linac sent is stored once, in order. The Linacs must have stopped sending."""

        def settled():
            return all(not audit.differences(linac, hosting.stored_frames(linac.serial)) for linac in linacs)

        try:
            wait_until(settled, seconds, "sent = stored")
        except Exception:
            wrong = [text for linac in linacs
                     for text in audit.differences(linac, hosting.stored_frames(linac.serial))]
            self.fail("; ".join(wrong))
