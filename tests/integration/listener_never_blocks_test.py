"""With everything behind the listener at a standstill, the Linac notices nothing."""

import os
import signal
import time
import unittest

from tests.lab.case import LabCase
from tests.lab.process import wait_until

STANDSTILL_SECONDS = int(os.environ.get("ICOM_STANDSTILL_SECONDS", "60"))


class ListenerNeverBlocks(LabCase):
    def test_linac_sees_a_reader_while_forwarder_gateway_and_sshd_stand_still(self):
        hosting = self.hosting_site()
        linac = self.linac("4299", "--speed", "20", "--seed", "7", "--idle", "8", "--beam-frames", "60",
                           "--wait-for-client")
        site = self.agent_site("nbcc", hosting, {"4299": linac.address})
        hosting.start()
        site.start_parts()
        wait_until(lambda: hosting.ledger().get(("nbcc", "4299"), {}).get("stored", 0) > 100, 30, "frames flow")

        site.forwarder.signal(signal.SIGSTOP)
        hosting.gateway.signal(signal.SIGSTOP)
        hosting.sshd.signal_all(signal.SIGSTOP)
        sent_before = len(linac.sent())
        time.sleep(STANDSTILL_SECONDS)  # the length of the standstill is the thing under test
        sent_during = len(linac.sent()) - sent_before
        self.assertGreater(sent_during, STANDSTILL_SECONDS * 40)
        hosting.sshd.signal_all(signal.SIGCONT)
        hosting.gateway.signal(signal.SIGCONT)
        site.forwarder.signal(signal.SIGCONT)

        self.assertEqual(0, site.listeners["4299"].stop())
        self.assertEqual(0, linac.process.stop())
        self.assert_all_stored(hosting, [linac], seconds=90)
        for client in linac.report()["clients"]:
            self.assertFalse(client["stopped_reading"], client)
            self.assertEqual("fin", client["closed_by"], client)
        self.assertEqual(1, len(linac.report()["clients"]))


if __name__ == "__main__":
    unittest.main()
