"""Fan-out: an account of the machine hears a Linac only if it is listed, at the site and at the gateway, by whatever way it comes."""

import os
import subprocess
import sys
import unittest

from tests.lab.case import LabCase
from tests.lab.own_network import OwnNetwork
from tests.lab.ports import free_port
from tests.lab.process import within

SERIAL = "4299"
STRANGER = 54321
NO_NETWORK = OwnNetwork.why_not()
# Says how much it has heard, once there was something or the end.
CLIENT = """
import os, socket, sys
host, port, interface = sys.argv[1:]
client = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
client.settimeout(30)
if interface:
    client.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode())
client.connect(socket.getaddrinfo(host, int(port), type=socket.SOCK_STREAM)[0][4])
try:
    print(len(client.recv(1000)))
except ConnectionResetError:
    print(0)
"""


def as_account(user, code, *arguments):
    """What this Python code prints when that account runs it."""
    done = subprocess.run(["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", sys.executable, "-c", code,
                           *(str(one) for one in arguments)], capture_output=True, text=True, timeout=within(60), cwd="/")
    if done.returncode != 0:
        raise AssertionError(done.stderr)
    return done.stdout


def heard(port, user, host="127.0.0.1", interface=""):
    """Bytes that this account gets; 0 if it is refused. `interface`: the one through which it connects, as any account may say."""
    done = subprocess.run(["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", sys.executable, "-c", CLIENT, host, str(port),
                           interface], capture_output=True, text=True, timeout=within(60), cwd="/")
    return int(done.stdout or 0)


class FanOutOfTwo(LabCase):
    """The fan-outs of one Linac: its site's, and the gateway's."""

    def make(self, host="127.0.0.1"):
        self.at_site, self.at_gateway = free_port(), free_port()
        linac = self.linac(SERIAL, "--speed", "20", "--seed", "7", "--wait-for-client")
        self.hosting = self.hosting_site(fan_out={SERIAL: f"'{host}:{self.at_gateway}'"})
        self.site = self.agent_site("nbcc", self.hosting, {SERIAL: linac.address}, fan_out={SERIAL: f"'{host}:{self.at_site}'"})
        self.logs = {self.at_site: self.site.fan_out, self.at_gateway: self.hosting.gateway}

    def start(self, host="127.0.0.1"):
        self.hosting.start()
        self.site.start_parts()
        for port in self.logs:
            self.wait_for(lambda: heard(port, 0, host), 30, "root hears the Linac")

    def add_to_fan_out(self, line):
        for file in (self.site.yaml, self.hosting.config):
            text = file.read_text()
            self.assertIn("fan_out:\n", text)
            file.write_text(text.replace("fan_out:\n", f"fan_out:\n  {line}\n"))

    def assert_refused(self, port, *how):
        """With the account in the log."""
        said = len(self.logs[port].output())
        self.assertEqual(0, heard(port, STRANGER, *how), how)
        self.logs[port].wait_for_output(f"account {STRANGER} of this machine is not in fan_out.users", 20, after=said)


@unittest.skipUnless(os.geteuid() == 0, "only root can be two accounts")
class FanOutUsers(FanOutOfTwo):
    def test_an_account_hears_nothing_unless_it_is_listed(self):
        self.make()
        self.start()
        for port in self.logs:
            self.assert_refused(port)
        self.add_to_fan_out(f"users: [{STRANGER}]")
        for port in self.logs:
            self.wait_for(lambda: heard(port, STRANGER), 30, "it hears the Linac")
            self.assertEqual(0, heard(port, STRANGER + 1))


@unittest.skipIf(NO_NETWORK, NO_NETWORK)
class AccountsOfAnAddress(FanOutOfTwo):
    """Where `allow` has addresses of this machine itself, beside loopback."""

    def setUp(self):
        network = OwnNetwork()
        self.addCleanup(network.leave)  # last, after whatever runs in it
        super().setUp()
        network.add_interface("office", "10.9.9.1/24", "fd99::1/64", "fe80::9/64")

    def assert_decided_by_account(self, listen, ways):
        """`ways`: (address, interface) by which the account comes."""
        self.make(listen)
        self.add_to_fan_out("allow: ['10.9.9.0/24', 'fd99::/64', 'fe80::%office/64']")
        self.start(ways[0][0])
        for port in self.logs:
            for way in ways:
                self.assert_refused(port, *way)
        self.add_to_fan_out(f"users: [{STRANGER}]")
        for port in self.logs:
            for way in ways:
                self.wait_for(lambda: heard(port, STRANGER, *way), 30, f"it hears the Linac: {way}")

    def test_an_account_that_connects_through_an_interface_hears_nothing_unless_it_is_listed(self):
        self.assert_decided_by_account("10.9.9.1", [("10.9.9.1", ""), ("10.9.9.1", "office")])

    def test_an_account_that_connects_by_ipv6_hears_nothing_unless_it_is_listed(self):
        self.assert_decided_by_account("[::]", [("fd99::1", ""), ("fd99::1", "office"), ("fe80::9%office", "")])


if __name__ == "__main__":
    unittest.main()
