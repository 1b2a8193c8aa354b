"""The site's disk stops answering: the Linac must not notice, and nothing may be lost."""

import time
import unittest

from tests.lab import stalling_disk
from tests.lab.case import LabCase
from tests.lab.process import wait_until

STALL_SECONDS = 20
MOST_UNREAD = 128 * 1024  # bytes: a few times what comes between two looks


def unread_bytes(port):
    """What the kernel holds for the client of this local port's server, and the client has not read."""
    unread = []
    with open("/proc/net/tcp", encoding="ascii") as table:
        for line in table.readlines()[1:]:
            fields = line.split()
            if int(fields[2].split(":")[1], 16) == port and fields[3] == "01":
                unread.append(int(fields[4].split(":")[1], 16))
    return sum(unread)


@unittest.skipIf(stalling_disk.why_not(), stalling_disk.why_not())
class StalledDisk(LabCase):
    def test_linac_is_read_at_once_while_the_disk_stands_still(self):
        disk = stalling_disk.StallingDisk(self.folder / "stalling", 256)
        self._to_stop.append(disk.remove)
        hosting = self.hosting_site()
        linac = self.linac("4299", "--speed", "20", "--seed", "7", "--idle", "8", "--beam-frames", "60",
                           "--wait-for-client")
        site = self.agent_site("nbcc", hosting, {"4299": linac.address}, spool=disk.path / "spool")
        self._to_stop.append(disk.thaw)
        hosting.start()
        site.start_parts()
        wait_until(lambda: hosting.ledger().get(("nbcc", "4299"), {}).get("stored", 0) > 100, 30, "frames flow")

        disk.freeze()
        sent_before = len(linac.sent())
        most = 0
        end = time.monotonic() + STALL_SECONDS  # the length of the stall is the thing under test
        while time.monotonic() < end:
            most = max(most, unread_bytes(linac.port))
            time.sleep(0.02)
        sent_during = len(linac.sent()) - sent_before
        disk.thaw()

        self.assertGreater(sent_during, STALL_SECONDS * 40)
        self.assertLess(most, MOST_UNREAD)
        self.assertEqual(0, site.listeners["4299"].stop())
        self.assertEqual(0, linac.process.stop())
        self.assert_all_stored(hosting, [linac], seconds=90)
        clients = linac.report()["clients"]
        self.assertEqual([("fin", False)], [(one["closed_by"], one["stopped_reading"]) for one in clients])
        self.assertEqual([], linac.report()["not_recorded"])


if __name__ == "__main__":
    unittest.main()
