"""A Linac is added to a site, and removed, by a command."""

import json
import unittest

from tests.lab.case import LabCase
from tests.lab.site_file import write_site_file


class AddLinac(LabCase):
    def setUp(self):
        super().setUp()
        self.hosting = self.hosting_site()
        self.first = self.linac("4299", "--speed", "10", "--seed", "1", "--idle", "12", "--beam-frames", "20")
        # Without a patient, so that a listener may leave it at once.
        self.second = self.linac("9183", "--speed", "10", "--seed", "2", "--idle", "100000")
        self.site = self.agent_site("nbcc", self.hosting, {"4299": self.first.address})
        self.before = self.site.yaml.read_text()

    def add(self, *arguments, serial="9183", address=None, seconds="0.5"):
        return self.site.command("add-linac", "--serial", serial, "--address", address or self.second.address,
                                 "--seconds", seconds, *arguments, seconds=60)

    def test_a_linac_is_looked_at_and_written(self):
        done = self.add()
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertIn("machine ID   9183", done.stdout)
        self.assertIn("no icom-agent run works", done.stdout)
        self.assertEqual(self.before.replace("tunnel:", f'  - serial: "9183"\n    address: {self.second.address}\ntunnel:', 1),
                         self.site.yaml.read_text())
        self.assertEqual(0, self.second.process.stop())
        self.assertEqual(["fin"], [client["closed_by"] for client in self.second.report()["clients"]])

        done = self.site.command("remove-linac", "--serial", "9183")
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertEqual(self.before, self.site.yaml.read_text())

    def test_the_running_agent_takes_it_up_and_lets_it_go_and_the_others_do_not_notice(self):
        self.site.start()
        self.site.wait_connected()
        done = self.add("--json")
        self.assertEqual(0, done.returncode, done.stderr)
        told = json.loads(done.stdout)
        self.assertTrue(told["taken_up"])
        self.assertEqual("9183", told["probe"]["machine_id"])
        self.assertTrue(self.site.status_file("9183/listener.json")["connected"])

        done = self.site.command("remove-linac", "--serial", "9183", "--json")
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertTrue(json.loads(done.stdout)["agent_runs"])
        self.wait_for(lambda: "client 2 gone" in self.second.process.output(), 30, "its listener has left")
        for linac, clients in ((self.first, 1), (self.second, 2)):
            self.site.stop()
            self.assertEqual(0, linac.process.stop())
            self.assertEqual(["fin"] * clients, [client["closed_by"] for client in linac.report()["clients"]])

    def test_what_was_received_under_a_mistyped_serial_becomes_the_right_ones(self):
        def pending():
            return [one["linac"] for one in self.hosting.command_objects("pending")]

        # A file of its own: the gateway's has the first Linac alone.
        self.site.yaml = write_site_file(self.hosting, "nbcc", {"4299": self.first.address}, folder=self.site.folder, key=self.site.key,
                                         known_hosts=self.site.known_hosts, token_file=self.site.token_file, spool=self.site.spool)
        self.site.agent.command[self.site.agent.command.index("--site") + 1] = self.site.yaml
        self.hosting.start()
        self.site.start()
        self.site.wait_connected()
        self.assertEqual(0, self.add("--without-check", serial="9138").returncode)
        self.wait_for(lambda: pending() == ["9138"], 30, "the mistyped one waits")
        self.wait_for(lambda: len(self.second.sent()) > 20, 30, "frames under the mistyped serial")
        self.assertEqual(0, self.site.command("remove-linac", "--serial", "9138").returncode)
        self.wait_for(lambda: pending() == [], 30, "it waits no more")
        self.wait_for(lambda: self.add("--without-check", "--spool-of", "9138").returncode == 0, 60,
                      "its listener has left, and the right one is added")
        self.assertFalse((self.site.spool / "9138").exists())
        self.wait_for(lambda: pending() == ["9183"], 30, "the right one waits")
        self.hosting.command("approve", "nbcc", "9183")
        self.wait_for(lambda: self.hosting.ledger().get(("nbcc", "9183"), {}).get("stored", 0) > 0, 30, "it is recorded")
        self.assertEqual(0, self.second.process.stop())
        self.assert_all_stored(self.hosting, [self.second])
        self.assertNotIn(("nbcc", "9138"), self.hosting.ledger())

    def test_what_cannot_be_is_refused_before_the_linac_is_asked(self):
        for serial, address, word in (("4299", self.second.address, "nbcc.yaml:4:"), ("9183", self.first.address, "4299"),
                                      ("91 83", self.second.address, "letters"), ("9183", "192.168.17.400", "--address")):
            done = self.add(serial=serial, address=address)
            self.assertEqual(2, done.returncode, done.stderr)
            self.assertIn(word, done.stderr)
        done = self.site.command("remove-linac", "--serial", "9183")
        self.assertEqual(2, done.returncode)
        self.assertIn("there are: 4299", done.stderr)
        self.assertEqual(self.before, self.site.yaml.read_text())
        for linac in (self.first, self.second):
            self.assertEqual(0, linac.process.stop())
            self.assertEqual([], linac.report()["clients"])

    def test_a_linac_has_no_second_client_however_its_address_is_written(self):
        self.site.start()
        self.site.wait_connected()
        port = self.first.address.rsplit(":", 1)[1]
        for host in ("127.0.0.1", "localhost", "LOCALHOST", "[::ffff:127.0.0.1]", "0.0.0.0"):
            probed = self.site.command("probe", f"{host}:{port}", "--seconds", "0.5", seconds=60)
            self.assertEqual(1, probed.returncode, host)
            self.assertIn("4299", probed.stderr)
            for more in (("--yes",), ("--without-check",)):
                done = self.add(*more, address=f"{host}:{port}")
                self.assertEqual(2, done.returncode, host + done.stderr)
                self.assertIn("no machine's own" if host == "0.0.0.0" else "4299", done.stderr)
        self.assertEqual(self.before, self.site.yaml.read_text())
        self.site.stop()
        self.assertEqual(0, self.first.process.stop())
        self.assertEqual(["fin"], [client["closed_by"] for client in self.first.report()["clients"]])

    def test_where_nothing_answers_nothing_is_written_unless_asked_for(self):
        self.second.process.stop()
        done = self.add("--json")
        self.assertEqual(1, done.returncode)
        self.assertFalse(json.loads(done.stdout)["written"])
        self.assertIn("--without-check", done.stderr)
        self.assertEqual(self.before, self.site.yaml.read_text())
        done = self.add("--without-check", "--json")
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertTrue(json.loads(done.stdout)["written"])
        self.assertIn("9183", self.site.yaml.read_text())

    def test_another_machine_than_the_serial_says_needs_a_yes(self):
        done = self.add(serial="9184")
        self.assertEqual(1, done.returncode)
        self.assertIn("it calls itself 9183, not 9184", done.stderr)
        self.assertEqual(self.before, self.site.yaml.read_text())
        done = self.add("--yes", serial="9184")
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertIn("it calls itself 9183, not 9184", done.stderr)
        self.assertIn("9184", self.site.yaml.read_text())


if __name__ == "__main__":
    unittest.main()
