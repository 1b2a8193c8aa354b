"""kill -9 at each step of a take-over under `icom-agent run`, in a beam: of the listener that runs, of its successor, of both, and of
the supervisor. The Linac has one client from beginning to end."""

import os
import re
import signal
import time
import unittest

from tests.lab import stepped_take_over
from tests.lab.case import LabCase

LINAC = "4299"
# A listener that dies again within two seconds is not trusted with the connection any more: docs/agent.md, "The keeper".
APART = 2.0
BEAM_SECONDS = 300

BEFORE_THE_REQUEST = 0
STEPS = {
    "before the request": BEFORE_THE_REQUEST,
    "the request is sent": stepped_take_over.REQUEST,
    "the connection is sent": stepped_take_over.HANDOVER,
    "'ready' is sent": stepped_take_over.READY,
    "'go' is sent": stepped_take_over.GO,
}


class TakeOverDeaths(LabCase):
    def setUp(self):
        super().setUp()
        self.hosting = self.hosting_site()
        self.linac_4299 = self.linac(LINAC, "--seed", "3", "--technique", "vmat", "--beams", "1", "--idle", "8", "--beam-frames",
                                     str(4 * BEAM_SECONDS), "--wait-for-client")
        self.site = self.agent_site("nbcc", self.hosting, {LINAC: self.linac_4299.address}, stop_within=1)
        self.waits = self.folder / "successor-waits"
        self.site.agent.command += ["--bin-dir", str(self.programs_with_a_successor_that_waits())]
        self.hosting.start()
        self.site.start()
        self.site.wait_connected()
        self.wait_for(lambda: sum(frame.patient for frame in self.linac_4299.sent()) >= 60, 60, "the beam is on")

    def programs_with_a_successor_that_waits(self):
        folder = self.folder / "programs"
        folder.mkdir()
        for name in ("icom-forward", "icom-fanout"):
            (folder / name).symlink_to(self.programs / name)
        listen = folder / "icom-listen"
        listen.write_text(f"#!/bin/sh\ncase \"$*\" in *--take-over*) while [ -e '{self.waits}' ]; do sleep 0.02; done;; esac\n"
                          f"exec '{self.programs / 'icom-listen'}' \"$@\"\n")
        listen.chmod(0o755)
        return folder

    def listener(self):
        return self.site.status_file(f"{LINAC}/listener.json")

    def begin(self, step):
        """A take-over, which stands still there: the processes of both, and how it goes on."""
        old = self.listener()["pid"]
        said = len(self.site.agent.output())
        if step == BEFORE_THE_REQUEST:
            self.waits.touch()
            go_on = self.waits.unlink
        else:
            between = stepped_take_over.SteppedTakeOver(self.site.spool / LINAC, step)
            self.addCleanup(between.pass_on)

            def go_on():
                between.pass_on()
                self.wait_for(between.over, 20, "the take-over is over")
                between.remove()

        self.site.agent.signal(signal.SIGUSR2)
        output = self.site.agent.wait_for_output(f"listen {LINAC} is started (process ", after=said)
        new = int(re.search(rf"listen {LINAC} is started \(process (\d+)\)", output[said:]).group(1))
        if step != BEFORE_THE_REQUEST:
            self.wait_for(between.has_come, 20, "the take-over is at that step")
        return old, new, go_on

    def kill(self, *processes):
        for process in processes:
            try:
                os.kill(process, signal.SIGKILL)
            except ProcessLookupError:
                pass  # it has handed over

    def wait_until_one_goes_on(self, not_these):
        def goes_on():
            now = self.listener()
            return now["connected"] and now["pid"] not in not_these and os.path.exists(f"/proc/{now['pid']}") and now

        now = self.wait_for(goes_on, 30, "a listener has the connection")
        self.wait_for(lambda: self.listener()["last_bytes_us"] > now["last_bytes_us"], 30, "it goes on reading")

    def assert_one_client(self):
        clients = self.linac_4299.report()["clients"]
        self.assertEqual(["open"], [one["closed_by"] for one in clients])
        self.assertFalse(clients[0]["stopped_reading"])
        self.assertEqual([], self.linac_4299.report()["not_recorded"])

    def at_each_step(self, die):
        """`die(old, new)`: returns the processes that cannot be the one that goes on."""
        for name, step in STEPS.items():
            with self.subTest(step=name):
                # How far apart deaths are is the thing under test, not something that is waited for.
                time.sleep(APART)
                old, new, go_on = self.begin(step)
                dead = die(old, new)
                go_on()
                self.wait_until_one_goes_on(dead)
                self.assert_one_client()

    def test_the_old_one_dies(self):
        def die(old, new):
            self.kill(old)
            return [old]

        self.at_each_step(die)

    def test_the_new_one_dies(self):
        def die(old, new):
            self.kill(new)
            return [new]

        self.at_each_step(die)

    def test_both_die(self):
        for first in (0, 1):
            def die(old, new):
                self.kill(*((old, new)[first:] + (old, new)[:first]))
                return [old, new]

            self.at_each_step(die)

    def test_the_supervisor_dies(self):
        def die(old, new):
            said = len(self.site.agent.output())
            self.site.agent.kill()
            self.site.agent.start()
            self.site.agent.wait_for_output(f"listen {LINAC} ", after=said)
            return []

        self.at_each_step(die)
        self.site.agent.wait_for_output(f"listen {LINAC} goes on as process")


if __name__ == "__main__":
    unittest.main()
