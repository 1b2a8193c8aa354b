"""The ingest's port, held by somebody else than the gateway, as systemd does it: across restarts nobody else can bind it."""

import errno
import socket
import sys
import unittest

from tests.lab.case import LabCase
from tests.lab.process import Process, run_to_end
from tests.lab.squatter import Squatter

# The process that exec() makes of this one is the one that the socket is for, unless another is named.
PASS_ON = """
import os, sys
descriptor = int(sys.argv[1])
if descriptor != 3:
    os.dup2(descriptor, 3)
os.set_inheritable(3, True)
os.environ.update(LISTEN_PID=os.environ.get("LISTEN_PID") or str(os.getpid()), LISTEN_FDS="1")
os.execv(sys.argv[2], sys.argv[2:])
"""


class HeldPort(LabCase):
    def setUp(self):
        super().setUp()
        self.hosting = self.hosting_site()
        self.held = socket.create_server(("127.0.0.1", self.hosting.ingest_port), backlog=128)
        self.addCleanup(self.held.close)
        self.command = self.hosting.gateway.command
        self.hosting.gateway = self.gateway_with(self.held)

    def gateway_with(self, held, process=""):
        """`process`: the one that it is told the socket is for; itself unless given."""
        command = [sys.executable, "-c", PASS_ON, held.fileno(), *self.command]
        return Process("gateway", command, self.hosting.gateway.log, env={"LISTEN_PID": process}, pass_fds=[held.fileno()])

    def start_gateway(self):
        begun = len(self.hosting.gateway.output())
        self.hosting.gateway.start()
        self.hosting.gateway.wait_for_output("ready: ", 30, after=begun)

    def assert_nobody_else_can_bind(self):
        for option in (None, socket.SO_REUSEADDR, socket.SO_REUSEPORT):
            with socket.socket() as squatter:
                if option:
                    squatter.setsockopt(socket.SOL_SOCKET, option, 1)
                with self.assertRaises(OSError) as refused:
                    squatter.bind(("127.0.0.1", self.hosting.ingest_port))
                    squatter.listen()
                self.assertEqual(errno.EADDRINUSE, refused.exception.errno)

    def test_while_the_gateway_is_down_nobody_else_has_the_port_who_calls_waits_and_nothing_is_lost(self):
        linac = self.linac("4299", "--speed", "10", "--seed", "1", "--idle", "4", "--beam-frames", "40", "--wait-for-client")
        site = self.agent_site("nbcc", self.hosting, {"4299": linac.address})
        self.hosting.sshd.start()
        self.start_gateway()
        site.start_parts()
        site.wait_connected()
        for end in (self.hosting.gateway.kill, self.hosting.gateway.stop, self.hosting.gateway.kill):
            end()
            self.assert_nobody_else_can_bind()
            with socket.create_connection(("127.0.0.1", self.hosting.ingest_port), timeout=20) as waiting:
                waiting.sendall(b"GET / HTTP/1.1\r\nHost: gateway\r\n\r\n")
                self.start_gateway()
                self.assertIn(b"ingest port of icom-gateway", waiting.recv(4096))
            self.assert_nobody_else_can_bind()
        self.assertEqual(0, linac.process.stop())
        self.assert_all_stored(self.hosting, [linac])

    def test_socket_of_another_address_than_the_settings_is_an_error_that_names_both(self):
        with socket.create_server(("127.0.0.1", 0)) as other:
            gateway = self.gateway_with(other).start()
            self._to_stop.append(gateway.kill)
            self.assertNotEqual(0, gateway.wait(30))
            for word in (f"127.0.0.1:{other.getsockname()[1]}", f"127.0.0.1:{self.hosting.ingest_port}", "ListenStream"):
                self.assertIn(word, gateway.output())

    def test_socket_that_is_meant_for_another_process_is_left_alone(self):
        self.held.close()
        with socket.create_server(("127.0.0.1", 0)) as others:
            gateway = self.gateway_with(others, process="1").start()
            self._to_stop.append(gateway.stop)
            gateway.wait_for_output("ready: ", 30)


class TakenPort(LabCase):
    """Where nobody holds the port, and another program takes it while the gateway is down."""

    def test_program_that_took_the_port_is_told_nothing_and_not_believed_and_nothing_is_lost(self):
        hosting = self.hosting_site()
        linac = self.linac("4299", "--speed", "10", "--seed", "1", "--idle", "4", "--beam-frames", "40", "--wait-for-client")
        site = self.agent_site("nbcc", hosting, {"4299": linac.address})
        hosting.start()
        site.start_parts()
        site.wait_connected()
        self.wait_for(lambda: hosting.ledger().get(("nbcc", "4299"), {}).get("stored", 0) > 0, 30, "frames are stored")
        hosting.gateway.stop()
        squatter = Squatter(self.folder, hosting.ingest_port).start()
        self._to_stop.append(squatter.stop)
        site.forwarder.wait_for_output("of the hosting site does not know this site's token", 30)
        self.wait_for(lambda: (site.status_file("forward.json").get("last_error") or {}).get("kind") == "not_the_gateway", 30,
                      "the status file says so")
        told = squatter.received()
        self.assertIn(b"nbcc", told)
        for secret in (site.token_file.read_bytes().strip(), b"4299"):
            self.assertNotIn(secret, told)
        squatter.stop()
        hosting.start_gateway()
        self.assertEqual(0, linac.process.stop())
        self.assert_all_stored(hosting, [linac])


class ManyConnections(LabCase):
    """Whoever can open the port may connect as often as he likes: sites are served all the same, and told no lies."""

    def test_idle_connections_beyond_the_usual_descriptors_keep_no_site_out(self):
        hosting = self.hosting_site()
        linac = self.linac("4299", "--speed", "10", "--seed", "1", "--idle", "4", "--beam-frames", "40", "--wait-for-client")
        site = self.agent_site("nbcc", hosting, {"4299": linac.address})
        hosting.gateway.command[:0] = ["prlimit", "--nofile=1024:1024"]
        hosting.start()
        idle = []
        self.addCleanup(lambda: [one.close() for one in idle])
        for _ in range(1100):
            idle.append(socket.create_connection(("127.0.0.1", hosting.ingest_port), timeout=20))
        site.start_parts()
        site.wait_connected()
        self.assertEqual(0, linac.process.stop())
        self.assert_all_stored(hosting, [linac])
        for lie in ("WRONG_TOKEN", "is refused until"):
            self.assertNotIn(lie, hosting.gateway.output())
        hosting.gateway.wait_for_output("which has the most, is dropped")
        done = run_to_end(["grep", "VmHWM", f"/proc/{hosting.gateway.pid}/status"], 10)
        # AddressSanitizer keeps up to 256 MiB of what was freed.
        self.assertLess(int(done.stdout.split()[1]), 500_000, "KiB")


if __name__ == "__main__":
    unittest.main()
