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


class KeptConnection(LabCase):
    def start(self, *options):
        self.hosting = self.hosting_site()
        self.linac_4299 = self.linac("4299", "--seed", "3", "--technique", "vmat", "--beams", "1", "--idle", "8",
                                     "--wait-for-client", *options)
        self.site = self.agent_site("nbcc", self.hosting, {"4299": self.linac_4299.address}, stop_within=1)
        self.hosting.start()
        self.site.start()
        self.site.wait_connected()
        self.wait_for(lambda: sum(frame.patient for frame in self.linac_4299.sent()) >= 80, 60, "the beam is on")

    def listener(self):
        return self.site.status_file("4299/listener.json")

    def kill_listener(self):
        """Returns when the next one has the Linac."""
        before = self.listener()["pid"]
        os.kill(before, signal.SIGKILL)
        self.wait_for(lambda: self.listener()["pid"] != before and self.listener()["connected"], 20, "the next listener")

    def clients(self):
        return self.linac_4299.report()["clients"]

    def assert_one_client(self):
        """From beginning to end, in a beam at the end; and nothing lost by a record-and-verify system."""
        self.assertEqual(0, self.linac_4299.process.stop())
        self.assertEqual([("simulator", True)], [(one["closed_by"], one["beam_on_when_closed"]) for one in self.clients()])
        self.assertEqual([], self.linac_4299.report()["not_recorded"])
        self.assertFalse(self.clients()[0]["stopped_reading"])
        self.assertEqual(0, self.clients()[0]["bytes_received"])

    def assert_stored_but_for(self, most):
        """Every frame is stored once, in order, but for `most`, which were in the memory of what was killed: gaps tell of them."""
        sent = audit.unique_in_order(self.linac_4299.sent())
        self.wait_for(lambda: sent[-1] in self.hosting.stored_frames("4299"), 30, "the last frame is stored")
        stored = self.hosting.stored_frames("4299")
        there = set(stored)
        self.assertEqual([frame for frame in sent if frame in there], stored)
        missing = len(sent) - len(stored)
        self.assertLessEqual(missing, most)
        self.assertEqual(missing, sum(gap["missing"] for gap in self.hosting.gaps()))

    def kill_repeatedly(self):
        moments = random.Random(20260302)
        for _ in range(ROUNDS):
            # The moment of the kill is the thing under test, not something that is waited for.
            time.sleep(APART + moments.uniform(0, 0.5))
            self.kill_listener()
        self.assert_one_client()
        self.assert_stored_but_for(ROUNDS)

    def test_killed_listeners_are_not_noticed_at_4_hz(self):
        self.start("--beam-frames", "400")
        self.kill_repeatedly()

    def test_killed_listeners_are_not_noticed_at_20_times_the_speed(self):
        self.start("--beam-frames", "8000", "--speed", "20")
        self.kill_repeatedly()

    def test_listener_that_dies_again_at_once_leaves_with_fin(self):
        self.start("--beam-frames", "4000", "--speed", "10")
        self.kill_listener()
        self.assertEqual(["open"], [one["closed_by"] for one in self.clients()])
        self.kill_listener()
        self.wait_for(lambda: [one["closed_by"] for one in self.clients()] == ["fin", "open"], 20, "FIN, and a new client")
        self.assertEqual([], self.linac_4299.report()["not_recorded"])

    def test_after_the_death_of_a_supervisor_an_upgrade_brings_the_keeper_back(self):
        self.start("--beam-frames", "4000", "--speed", "10")
        self.site.agent.kill()
        self.site.agent.start()
        self.site.agent.wait_for_output("listen 4299 runs already")
        done = self.site.command("upgrade")
        self.assertEqual(0, done.returncode, done.stderr)
        self.kill_listener()
        self.assert_one_client()
        self.assert_stored_but_for(1)


if __name__ == "__main__":
    unittest.main()
