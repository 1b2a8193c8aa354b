"""kill -9, again and again, of everything behind the listener while frames stream."""

import random
import time
import unittest

from tests.lab.case import LabCase
from tests.lab.process import wait_until

ROUNDS = 10
SERIALS = ("4299", "9183")


class KilledProcesses(LabCase):
    def setUp(self):
        super().setUp()
        self.hosting = self.hosting_site()
        self.linacs = [self.linac(serial, "--speed", "10", "--seed", serial, "--idle", "8", "--beam-frames", "60",
                                  "--wait-for-client") for serial in SERIALS]
        self.site = self.agent_site("nbcc", self.hosting, {one.serial: one.address for one in self.linacs})
        self.hosting.start()
        self.site.start_parts()
        self.site.wait_connected()
        self.random = random.Random(20260302)

    def frames_stored(self):
        return sum(one["stored"] for one in self.hosting.ledger().values())

    def kill_repeatedly(self, kill, start):
        for _ in range(ROUNDS):
            before = self.frames_stored()
            wait_until(lambda: self.frames_stored() > before, 60, "frames are stored again after the kill")
            # The moment of the kill is the thing under test, not something that is waited for.
            time.sleep(self.random.uniform(0, 0.7))
            kill()
            time.sleep(self.random.uniform(0, 0.3))
            start()
        self.finish()

    def finish(self):
        for linac in self.linacs:
            self.assertEqual(0, linac.process.stop())
        self.assert_all_stored(self.hosting, self.linacs)
        for (_, serial), one in self.hosting.ledger().items():
            sent = len(next(linac for linac in self.linacs if linac.serial == serial).sent())
            self.assertEqual((sent, sent, 0, 0), (one["received"], one["stored"], one["duplicates"], one["gaps"]))

    def test_killed_forwarder_loses_and_doubles_nothing(self):
        self.kill_repeatedly(self.site.forwarder.kill, self.site.forwarder.start)

    def test_killed_gateway_loses_and_doubles_nothing(self):
        self.kill_repeatedly(self.hosting.gateway.kill, self.hosting.start_gateway)

    def test_killed_sshd_loses_and_doubles_nothing(self):
        self.kill_repeatedly(self.hosting.sshd.kill, self.hosting.sshd.start)


if __name__ == "__main__":
    unittest.main()
