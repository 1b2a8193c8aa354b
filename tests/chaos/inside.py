"""The run, inside its namespaces: started by tests/chaos/run alone."""

import os
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.lab.process import LabError
from tests.lab.sanitizers import SanitizerReports

from . import arguments, schedule
from .disturbances import Disturber
from .scene import Scene
from .verdict import Verdict

HEALED_WITHIN = 120
DRAINED_WITHIN = 180


class Run:
    def __init__(self, asked):
        self._asked = asked
        self._plan = schedule.plan(asked.seed, asked.minutes, asked.only)
        self._folder = Path(tempfile.mkdtemp(prefix="icom-chaos-"))
        self._folder.chmod(0o711)  # sshd's account must be able to reach its list of keys
        self._programs = Path(os.environ["ICOM_PROGRAMS"])
        self._sanitizers = SanitizerReports(self._folder)
        os.environ.update(self._sanitizers.environment())
        self._scene = None
        self._done = Counter()
        self._begun = time.monotonic()

    def say(self, text):
        print(f"{time.monotonic() - self._begun:7.1f} s  {text}", flush=True)

    def carry_out(self):
        """True: PASS."""
        asked = self._asked
        print(f"chaos: seed {asked.seed}, {asked.minutes:g} minutes, Linacs {asked.speed:g} times faster than life, "
              f"state in {self._folder}")
        print("\n".join(["the schedule:", *schedule.lines(self._plan)]), flush=True)
        self._scene = Scene(self._programs, self._folder, asked.seed, asked.minutes, asked.speed)
        self._scene.start()
        self._begun = time.monotonic()
        self.say("everything is connected")
        self._disturb()
        self._scene.wait_well(HEALED_WITHIN)
        self.say("everything is connected again; the Linacs stop")
        self._scene.stop_linacs()
        self._scene.drain(DRAINED_WITHIN)
        self.say("the spools are drained; every frame is now accounted for")
        verdict = Verdict(self._scene)
        verdict.compare()
        self.say("compared")
        verdict.show(self._done)
        return verdict.passed

    def _disturb(self):
        disturber = Disturber(self._scene)
        time.sleep(schedule.SETTLING)  # the schedule begins with some seconds of ordinary life
        for step in self._plan:
            self.say(f"{step.kind} {step.where}, {step.seconds:.1f} s{', meanwhile ' + step.meanwhile if step.meanwhile else ''}")
            disturber.carry_out(step)
            self._done[step.kind] += 1
            if step.meanwhile:
                self._done[step.meanwhile] += 1
            for note in disturber.notes:
                self.say(f"  {note}")
            time.sleep(step.pause)

    def end(self, passed):
        """Stops and removes everything; the state stays, and is named, unless it is of no interest. What a sanitizer reports, also of
        the way a process ended, makes a failure of a PASS: whether it still is one."""
        if self._scene:
            self._scene.stop()
        reports = self._sanitizers.texts()
        if reports:
            print("FAIL", *reports, sep="\n", flush=True)
            passed = False
        if passed and not self._asked.keep:
            for disk in self._scene.small_disks:
                disk.unmount()
            shutil.rmtree(self._folder)
            return True
        for disk in self._scene.small_disks if self._scene else []:
            disk.leave_content()
        print(f"kept for a look: {self._folder}", flush=True)
        return passed


def interrupt(*_):
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # once is enough: what follows is cleaning up
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise KeyboardInterrupt


def main():
    signal.signal(signal.SIGINT, interrupt)
    signal.signal(signal.SIGTERM, interrupt)
    run = Run(arguments.parse())
    passed = False
    try:
        passed = run.carry_out()
    except KeyboardInterrupt:
        print("chaos: interrupted", flush=True)
    except Exception as error:
        # Something did not become what it should within its deadline: that is a failure of what is tested, and its logs tell more.
        print(f"FAIL\n  {type(error).__name__}: {error}", flush=True)
        if not isinstance(error, LabError):
            raise
    finally:
        passed = run.end(passed)
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
