"""The site's disk stops answering: the Linac must not notice, and nothing may be lost."""

import socket
import threading
import time
import unittest

from tests.lab import stalling_disk
from tests.lab.case import LabCase
from tests.lab.echo_server import EchoServer
from tests.lab.process import wait_until
from tests.lab.ports import free_port

STALL_SECONDS = 20
# More than a supervisor gives a program that says nothing.
HANG_SECONDS = 12
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


class Guest:
    """A client of the fan-out that reads what comes as it comes."""

    def __init__(self, port):
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self.bytes = 0
        self.cut_off = False
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        try:
            while piece := self._socket.recv(1 << 20):
                self.bytes += len(piece)
        except OSError:
            pass
        self.cut_off = True

    def close(self):
        self._socket.close()


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

    def assert_echoes(self, connection, text):
        connection.sendall(text)
        came = b""
        while len(came) < len(text):
            piece = connection.recv(100)
            self.assertTrue(piece, "the connection stays")
            came += piece
        self.assertEqual(text, came)

    def test_a_supervisor_does_not_take_that_for_a_hang(self):
        """Under `icom-agent run` the listener's signs of life go past the disk; forwarder and fan-out wait for it, and are left alone; nor
        does the supervisor itself wait for it. What goes through the forwarder, and the fan-out's client, stay connected."""
        disk = stalling_disk.StallingDisk(self.folder / "stalling", 256)
        self._to_stop.append(disk.remove)
        hosting = self.hosting_site()
        linac = self.linac("4299", "--speed", "20", "--seed", "7", "--idle", "8", "--beam-frames", "60", "--wait-for-client")
        echo, port, fan_out = EchoServer(), free_port(), free_port()
        self._to_stop.append(echo.stop)
        site = self.agent_site("nbcc", hosting, {"4299": linac.address}, spool=disk.path / "spool", fan_out={"4299": fan_out},
                               forwards=[{"name": "echo", "direction": "local", "listen": f"127.0.0.1:{port}", "target": echo.address}])
        self._to_stop.append(disk.thaw)
        hosting.start()
        site.start()
        wait_until(lambda: hosting.ledger().get(("nbcc", "4299"), {}).get("stored", 0) > 100, 30, "frames flow")
        site.wait_forwards_up()
        through_forward = socket.create_connection(("127.0.0.1", port), timeout=20)
        self.addCleanup(through_forward.close)
        self.assert_echoes(through_forward, b"before")
        guest = Guest(fan_out)
        self.addCleanup(guest.close)
        wait_until(lambda: guest.bytes, 20, "the fan-out's client hears the Linac")
        files = {"listen 4299": "4299/listener.json", "forward": "forward.json", "fanout": "fanout.json"}
        before = {name: site.status_file(file)["pid"] for name, file in files.items()}
        disk.freeze()
        most = 0
        end = time.monotonic() + HANG_SECONDS  # the length of the stall is the thing under test
        while time.monotonic() < end:
            most = max(most, unread_bytes(linac.port))
            time.sleep(0.02)
        self.assert_echoes(through_forward, b"meanwhile")
        disk.thaw()
        self.assertLess(most, MOST_UNREAD)
        self.assertTrue(site.agent.running)
        self.assertNotIn("listen 4299 (process", site.agent.output())
        self.assertIn(f"forward (process {before['forward']}) has not responded for 4 s: it waits for its disk, and is left alone",
                      site.agent.output())
        site.agent.wait_for_output("forward responds again")
        self.assertNotIn("is killed", site.agent.output())
        self.assertEqual(before, {name: site.status_file(file)["pid"] for name, file in files.items()})
        self.assert_echoes(through_forward, b"after")
        heard = guest.bytes
        wait_until(lambda: guest.bytes > heard, 20, "the fan-out's client hears the Linac again")
        self.assertFalse(guest.cut_off)
        self.assertEqual(["open"], [one["closed_by"] for one in linac.report()["clients"]])


if __name__ == "__main__":
    unittest.main()
