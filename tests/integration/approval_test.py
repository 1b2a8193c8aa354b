"""A Linac that a site has and the gateway does not: nothing of it is stored before somebody approves it, and nothing is lost."""

import json
import unittest

from tests.lab.case import LabCase
from tests.lab.site_file import write_site_file


class Approval(LabCase):
    def setUp(self):
        super().setUp()
        self.hosting = self.hosting_site()
        options = ("--speed", "10", "--idle", "12", "--beam-frames", "20", "--wait-for-client")
        self.known = self.linac("4299", *options, "--seed", "1")
        self.new = self.linac("0815", *options, "--seed", "2")
        # The gateway's file of the site has one Linac, the site's own has two.
        self.site = self.agent_site("nbcc", self.hosting, {"4299": self.known.address})
        both = {one.serial: one.address for one in (self.known, self.new)}
        self.site.yaml = write_site_file(self.hosting, "nbcc", both, folder=self.site.folder, key=self.site.key,
                                         known_hosts=self.site.known_hosts, token_file=self.site.token_file,
                                         spool=self.site.spool)
        self.site.agent.command[self.site.agent.command.index("--site") + 1] = self.site.yaml
        self.hosting.start()
        self.site.start()
        self.wait_for(lambda: self.stored("4299") > 0, 30, "the known one is recorded")
        self.wait_for(self.pending, 10, "the new one waits for approval")

    def pending(self):
        return {one["linac"]: one for one in self.hosting.command_objects("pending")}

    def stored(self, serial):
        return self.hosting.ledger().get(("nbcc", serial), {}).get("stored", 0)

    def connected_since(self):
        """Of the session with the gateway that is on; None without one."""
        status = self.site.status_file("forward.json")
        return status["since_us"] if status.get("connected") else None

    def refusal(self):
        return {one["serial"]: one["refusal"] for one in self.site.status()["linacs"]}["0815"]

    def assert_nothing_is_stored(self):
        self.assertNotIn("0815", {linac for _, linac in self.hosting.ledger()})

    def waiting_on_disk(self):
        """As the gateway keeps it, whatever `pending` leaves out."""
        return json.loads((self.hosting.store / "registration" / "pending" / "nbcc.json").read_text())

    def end(self):
        for linac in (self.known, self.new):
            self.assertEqual(0, linac.process.stop())
        self.assert_all_stored(self.hosting, [self.known, self.new])
        for linac in (self.known, self.new):
            self.assertEqual(1, len(linac.report()["clients"]))

    def test_it_is_stored_from_its_first_frame_on_once_it_is_approved(self):
        self.assertEqual(["0815"], list(self.pending()))
        self.assertEqual(self.new.address, self.pending()["0815"]["address"])
        self.wait_for(lambda: "icom-gateway approve nbcc 0815" in self.refusal(), 10, "the site's operator is told")
        before = self.connected_since()
        self.hosting.gateway.kill()
        self.assertEqual(["0815"], list(self.pending()))
        self.hosting.start_gateway()
        self.wait_for(lambda: len(self.new.sent()) > 50, 30, "frames that wait in the spool")
        self.wait_for(lambda: self.connected_since() not in (None, before), 30, "another session")
        self.assert_nothing_is_stored()

        session = self.connected_since()
        self.hosting.command("approve", "nbcc", "0815")
        self.wait_for(lambda: self.stored("0815") > 0, 20, "it is recorded")
        self.assertEqual(session, self.connected_since(), "within the same session")
        self.assertEqual({}, self.pending())
        self.assertEqual([], self.waiting_on_disk())
        before = self.connected_since()
        self.hosting.gateway.kill()
        self.hosting.start_gateway()
        self.wait_for(lambda: self.connected_since() not in (None, before), 30, "another session")
        self.assertEqual([], self.waiting_on_disk(), "approved once")
        self.end()

    def test_a_rejected_one_is_told_and_can_be_approved_all_the_same(self):
        self.hosting.command("reject", "nbcc", "0815")
        self.assertTrue(self.pending()["0815"]["rejected"])
        self.hosting.gateway.kill()
        self.hosting.start_gateway()
        self.wait_for(lambda: "rejected" in self.refusal(), 20, "the site's operator is told")
        self.assert_nothing_is_stored()
        self.hosting.command("approve", "nbcc", "0815")
        self.wait_for(lambda: self.stored("0815") > 0, 20, "it is recorded")
        self.end()

    def test_another_sites_serial_is_neither_approved_nor_stored(self):
        write_site_file(self.hosting, "sash", {"9002": "192.168.40.10"})
        self.hosting.new_token("sash")
        yaml = self.site.yaml.read_text()
        self.site.yaml.write_text(yaml.replace('"0815"', '"9002"'))
        self.wait_for(lambda: "another site" in {one["serial"]: one["refusal"] for one in self.site.status()["linacs"]}
                      .get("9002", ""), 40, "the site's operator is told")
        self.wait_for(lambda: not list(self.pending()), 40, "the serial that the site no longer has waits no more")
        self.assertNotIn(("nbcc", "9002"), self.hosting.ledger())
        self.assertEqual(0, self.hosting.ledger()[("sash", "9002")]["stored"])


if __name__ == "__main__":
    unittest.main()
