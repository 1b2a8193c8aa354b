"""Fan-out on loopback: an account of the machine hears a Linac only if it is listed, at the site and at the gateway."""

import os
import subprocess
import sys
import unittest

from tests.lab.case import LabCase
from tests.lab.process import within
from tests.lab.ports import free_port

SERIAL = "4299"
STRANGER = 54321
# Says how much it has heard, once there was something or the end.
CLIENT = """
import os, socket, sys
client = socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=30)
try:
    print(len(client.recv(1000)))
except ConnectionResetError:
    print(0)
"""


@unittest.skipUnless(os.geteuid() == 0, "only root can be two accounts")
class FanOutUsers(LabCase):
    def setUp(self):
        super().setUp()
        self.at_site, self.at_gateway = free_port(), free_port()
        linac = self.linac(SERIAL, "--speed", "20", "--seed", "7", "--wait-for-client")
        self.hosting = self.hosting_site(fan_out={SERIAL: self.at_gateway})
        self.site = self.agent_site("nbcc", self.hosting, {SERIAL: linac.address}, fan_out={SERIAL: self.at_site})
        self.hosting.start()
        self.site.start_parts()
        self.site.fan_out.start()
        for port in (self.at_site, self.at_gateway):
            self.wait_for(lambda: self.heard(port, 0), 30, "root hears the Linac")

    def heard(self, port, user):
        """Bytes that this account gets; 0 if it is refused."""
        done = subprocess.run(["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", sys.executable, "-c", CLIENT, str(port)],
                              capture_output=True, text=True, timeout=within(60), cwd="/")
        return int(done.stdout or 0)

    def test_an_account_hears_nothing_unless_it_is_listed(self):
        for port, log in ((self.at_site, self.site.fan_out), (self.at_gateway, self.hosting.gateway)):
            self.assertEqual(0, self.heard(port, STRANGER))
            self.wait_for(lambda: f"account {STRANGER} of this machine is not in fan_out.users" in log.output(), 20, "the log says so")
        for file in (self.site.yaml, self.hosting.config):
            text = file.read_text()
            self.assertIn("fan_out:\n", text)
            file.write_text(text.replace("fan_out:\n", f"fan_out:\n  users: [{STRANGER}]\n"))
        for port in (self.at_site, self.at_gateway):
            self.wait_for(lambda: self.heard(port, STRANGER), 30, "it hears the Linac")
            self.assertEqual(0, self.heard(port, STRANGER + 1))


if __name__ == "__main__":
    unittest.main()
