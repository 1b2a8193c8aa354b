"""A forward counts once both ends have it, in whichever order, and no longer than both do: with sshd as it is deployed, which reads a
key's rules when the key logs in, and forwards that stand for long."""

import json
import re
import socket
import unittest

from tests.integration.enrolment_test import EnrolmentCase
from tests.lab.echo_server import EchoServer
from tests.lab.ports import free_port
from tests.lab.process import run_to_end

_LINES = "# forwards of the test"


class ForwardsOfBothEnds(EnrolmentCase):
    def setUp(self):
        super().setUp()
        self.echo = EchoServer()
        self._to_stop.append(self.echo.stop)
        self.enrolled_site()
        self.at_hosting = self.hosting.sites / "nbcc.yaml"
        self.yaml = self.site_yaml()
        self.one, self.two = self.forward("one"), self.forward("two")
        for file in (self.at_hosting, self.yaml):
            self.write(file, self.one)
        self.started = self.forwarder(self.yaml)
        self.wait_for_state("one", "up")

    def forward(self, name, direction="remote"):
        return {"name": name, "direction": direction, "listen": free_port(), "target": f"127.0.0.1:{self.echo.port}"}

    def write(self, file, *forwards):
        """These are what `file` has."""
        entries = "".join(f"  - {{{', '.join(f'{key}: {value}' for key, value in one.items())}}}\n" for one in forwards)
        before = re.sub(r"^forwards:.*\n", "", file.read_text().split(_LINES)[0], flags=re.MULTILINE)
        file.write_text(f"{before}{_LINES}\nforwards:{'' if forwards else ' []'}\n{entries}")

    def permit(self, *forwards):
        """The hosting site's file has these, and sshd is told."""
        self.write(self.at_hosting, *forwards)
        keys = self.hosting.registration / "authorized_keys"
        rules = [f'permitopen="{one["target"]}"' if one["direction"] == "local" else f'permitlisten="127.0.0.1:{one["listen"]}"'
                 for one in forwards]

        def told():
            line = next(line for line in keys.read_text().splitlines() if line.endswith("icom-site=nbcc"))
            return all(rule in line for rule in rules) and line.count("permitopen") + line.count("permitlisten") <= len(rules) + 2

        self.wait_for(told, 20, "authorized_keys has the forwards")

    def states(self):
        status = json.loads((self.folder / "spool" / "forward.json").read_text())
        return {one["name"]: one for one in status["forwards"]}

    def wait_for_state(self, name, state, seconds=30):
        self.wait_for(lambda: self.states().get(name, {}).get("state") == state, seconds, f"forward {name} is {state}")

    def echoes(self, forward):
        try:
            with socket.create_connection(("127.0.0.1", forward["listen"]), 20) as connection:
                connection.settimeout(20)
                connection.sendall(b"hello")
                return connection.recv(5) == b"hello"
        except OSError:
            return False

    def open_connection(self, forward):
        connection = socket.create_connection(("127.0.0.1", forward["listen"]), 20)
        self.addCleanup(connection.close)
        connection.settimeout(20)
        self.assert_answers(connection)
        return connection

    def assert_answers(self, connection):
        connection.sendall(b"x")
        self.assertEqual(b"x", connection.recv(1))

    def assert_frames_undisturbed(self):
        self.assertEqual(1, self.started.output().count("the gateway welcomes site"))

    def test_remote_forward_beside_another_opens_once_both_ends_have_it(self):
        kept = self.open_connection(self.one)
        self.permit(self.one, self.two)
        self.write(self.yaml, self.one, self.two)
        self.wait_for_state("two", "up")
        self.assertTrue(self.echoes(self.two))
        third = self.forward("three")
        self.write(self.yaml, self.one, self.two, third)
        self.wait_for_state("three", "refused")
        self.permit(self.one, self.two, third)
        self.wait_for_state("three", "up", 90)
        for one in (self.one, self.two, third):
            self.wait_for(lambda one=one: self.echoes(one), 20, f"forward {one['name']} is open")
        self.assert_answers(kept)
        self.assert_frames_undisturbed()

    def test_local_forward_beside_another_opens_once_both_ends_have_it(self):
        another = EchoServer()
        self._to_stop.append(another.stop)
        first = self.forward("first", "local")
        second = {**self.forward("second", "local"), "target": f"127.0.0.1:{another.port}"}
        self.permit(self.one, first)
        self.write(self.yaml, self.one, first)
        self.wait_for_state("first", "up")
        kept = self.open_connection(first)
        self.write(self.yaml, self.one, first, second)
        self.wait_for_state("second", "up")
        self.assertFalse(self.echoes(second))
        self.wait_for_state("second", "refused")
        self.assertIn("administratively prohibited", self.states()["second"]["last_failure"])
        status = run_to_end([self.programs / "icom-agent", "status", "--site", self.yaml], 30)
        self.assertIn("forward second is not open", status.stdout)
        self.permit(self.one, first, second)
        self.wait_for_state("second", "up", 90)
        self.assertTrue(self.echoes(second))
        self.assert_answers(kept)
        self.assert_frames_undisturbed()

    def test_forward_that_the_hosting_site_takes_out_ends_with_the_sites_connections(self):
        self.permit(self.one, self.two)
        self.write(self.yaml, self.one, self.two)
        self.wait_for_state("two", "up")
        self.permit(self.one)
        self.assertTrue(self.echoes(self.two))  # sshd does not ask again
        done = self.hosting.run("reconnect", "nbcc")
        self.assert_says(done, 0, "SSH connections ended")
        self.wait_for_state("two", "refused", 60)
        self.assertFalse(self.echoes(self.two))
        self.wait_for_state("one", "up", 60)
        self.wait_for(lambda: self.echoes(self.one), 20, "forward one is open again")
        self.wait_for(lambda: self.started.output().count("the gateway welcomes site") == 2, 60, "the frames' connection is back")
        self.assert_says(self.hosting.run("reconnect", "nowhere"), 1, "there is no site nowhere")


if __name__ == "__main__":
    unittest.main()
