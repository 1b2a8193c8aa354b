"""kill -9 of a listener under `icom-agent run` in a beam: the Linac sees nothing, and what is lost is told of."""

import os
import random
import signal
import time
import unittest

from tests.lab import audit
from tests.lab.case import LabCase

ROUNDS = 10
# A listener that dies again within two seconds is not trusted with the connection any more: docs/agent.md, "The keeper".
APART = 2.0
LINAC = "4299"


class KeptConnection(LabCase):
    def start(self, speeds, beam_seconds):
        """`speeds`: {serial: how many times faster than life}. Returns when each has its beam on; most of it is left then."""
        self.hosting = self.hosting_site()
        self.linacs = {serial: self.linac(serial, "--seed", "3", "--technique", "vmat", "--beams", "1", "--idle", "8",
                                          "--beam-frames", str(4 * speed * beam_seconds), "--speed", str(speed), "--wait-for-client")
                       for serial, speed in speeds.items()}
        self.site = self.agent_site("nbcc", self.hosting, {serial: linac.address for serial, linac in self.linacs.items()},
                                    stop_within=1)
        self.hosting.start()
        self.site.start()
        self.site.wait_connected()
        for serial, speed in speeds.items():
            before_beam = speed * beam_seconds
            self.wait_for(lambda: sum(frame.patient for frame in self.linacs[serial].sent()) >= before_beam + 12, 60, "the beam is on")

    def listener(self, serial):
        return self.site.status_file(f"{serial}/listener.json")

    def kill_listener(self, serial):
        """Returns when the next one has the Linac."""
        before = self.listener(serial)["pid"]
        os.kill(before, signal.SIGKILL)
        self.wait_for(lambda: self.listener(serial)["pid"] != before and self.listener(serial)["connected"], 20, "the next listener")

    def clients(self, serial):
        return self.linacs[serial].report()["clients"]

    def assert_one_client(self, serial):
        """From beginning to end, in a beam at the end; and nothing lost by a record-and-verify system."""
        self.assertEqual(0, self.linacs[serial].process.stop())
        clients = self.clients(serial)
        self.assertEqual([("simulator", True)], [(one["closed_by"], one["beam_on_when_closed"]) for one in clients])
        self.assertEqual([], self.linacs[serial].report()["not_recorded"])
        self.assertFalse(clients[0]["stopped_reading"])
        self.assertEqual(0, clients[0]["bytes_received"])

    def assert_stored_but_for(self, serial, most):
        """Every frame is stored once, in order, but for `most`, which were in the memory of what was killed: gaps tell of them."""
        sent = audit.unique_in_order(self.linacs[serial].sent())
        self.wait_for(lambda: sent[-1] in self.hosting.stored_frames(serial), 30, "the last frame is stored")
        stored = self.hosting.stored_frames(serial)
        there = set(stored)
        self.assertEqual([frame for frame in sent if frame in there], stored)
        missing = len(sent) - len(stored)
        self.assertLessEqual(missing, most)
        self.assertEqual(missing, sum(gap["missing"] for gap in self.hosting.gaps() if gap["linac"] == serial))

    def test_killed_listeners_are_not_noticed(self):
        """At 4 frames a second, and at 20 times as many."""
        self.start({LINAC: 1, "9183": 20}, beam_seconds=33)
        moments = random.Random(20260302)
        for _ in range(ROUNDS):
            # The moment of the kill is the thing under test, not something that is waited for.
            time.sleep(APART)
            for serial in self.linacs:
                time.sleep(moments.uniform(0, 0.15))
                self.kill_listener(serial)
        for serial in self.linacs:
            self.assert_one_client(serial)
            self.assert_stored_but_for(serial, ROUNDS)

    def test_listener_that_dies_again_at_once_leaves_with_fin(self):
        self.start({LINAC: 10}, beam_seconds=12)
        self.kill_listener(LINAC)
        self.assertEqual(["open"], [one["closed_by"] for one in self.clients(LINAC)])
        self.kill_listener(LINAC)
        self.wait_for(lambda: [one["closed_by"] for one in self.clients(LINAC)] == ["fin", "open"], 20, "FIN, and a new client")
        self.assertEqual([], self.linacs[LINAC].report()["not_recorded"])

    def test_after_the_death_of_a_supervisor_the_next_one_keeps_the_connection(self):
        self.start({LINAC: 10}, beam_seconds=12)
        self.site.agent.kill()
        self.site.agent.start()
        self.site.agent.wait_for_output(f"listen {LINAC} goes on as process")
        self.kill_listener(LINAC)
        self.assert_one_client(LINAC)
        self.assert_stored_but_for(LINAC, 1)


if __name__ == "__main__":
    unittest.main()
