"""A site's settings change while everything runs."""

import json
import unittest

from tests.lab.case import LabCase
from tests.lab.site_file import write_site_file

ROUNDS = 5


class ChangedSettings(LabCase):
    """Two Linacs stay, a third one comes and goes."""

    def setUp(self):
        super().setUp()
        self.hosting = self.hosting_site()
        self.linacs = [self.linac(serial, "--speed", "20", "--seed", serial, "--idle", "4", "--beam-frames", "20",
                                  "--wait-for-client") for serial in ("4299", "9183", "2619")]
        self.steady = self.linacs[:2]
        self.guest = self.linacs[2]
        self.addresses = {one.serial: one.address for one in self.linacs}
        self.site = self.agent_site("nbcc", self.hosting, self.addresses)
        # The gateway knows all three from the start; it is the site's side that changes.
        self.site.yaml = self.site.folder / "nbcc.yaml"
        self.site.agent.command[self.site.agent.command.index("--site") + 1] = self.site.yaml
        self.write({one.serial: one.address for one in self.steady})
        self.hosting.start()
        self.site.start()
        self.wait_for(lambda: all(self.connected(one.serial) for one in self.steady), 20, "both are connected")

    def write(self, linacs, **others):
        """As an editor does, who puts a new file in the place of the old one."""
        options = {"key": self.site.key, "known_hosts": self.site.known_hosts, "token_file": self.site.token_file,
                   "spool": self.site.spool, "folder": self.site.folder, **others}
        return write_site_file(self.hosting, "nbcc", linacs, **options)

    def connected(self, serial):
        status = self.site.status_file(f"{serial}/listener.json")
        return status.get("connected") and self.frames(serial) > 0

    def frames(self, serial):
        return self.hosting.ledger().get(("nbcc", serial), {}).get("stored", 0)

    def pid(self, serial):
        return self.site.status_file(f"{serial}/listener.json")["pid"]

    def end(self, linacs):
        """Each has been recorded whole; the steady ones saw one client."""
        for linac in linacs:
            self.assertEqual(0, linac.process.stop())
        self.assert_all_stored(self.hosting, linacs)
        for linac in self.steady:
            clients = linac.report()["clients"]
            self.assertEqual(1, len(clients), f"{linac.serial}: {clients}")

    def test_a_linac_that_comes_and_goes_touches_no_other(self):
        pids = [self.pid(one.serial) for one in self.steady]
        steady = {one.serial: one.address for one in self.steady}
        for _ in range(ROUNDS):
            before = self.frames("2619")
            self.write(self.addresses)
            self.wait_for(lambda: self.frames("2619") > before, 60, "the new Linac is recorded")
            self.write(steady)
            listener = self.pid("2619")
            self.wait_for(lambda: f"listen 2619 has ended" in self.site.agent.output()
                          and not _lives(listener), 60, "its listener has left")
        self.assertEqual(pids, [self.pid(one.serial) for one in self.steady])
        self.end(self.linacs)
        clients = self.guest.report()["clients"]
        self.assertEqual(ROUNDS, len(clients))
        self.assertEqual({"fin"}, {client["closed_by"] for client in clients})
        self.assertEqual(0, len([client for client in clients if client["beam_on_when_closed"]]))

    def test_a_file_with_an_error_changes_nothing_and_is_told(self):
        good = self.site.yaml.read_text()
        self.site.yaml.write_text(good.replace("timezone: Australia/Sydney", "timezone: Australia/Sidney"))
        for log in (self.site.agent,):
            self.wait_for(lambda: log.output().count("Australia/Sidney") >= 2, 20, "both programs say what is wrong")
        self.assertIn("nbcc.yaml:2: timezone", self.site.agent.output())
        before = {one.serial: self.frames(one.serial) for one in self.steady}
        self.wait_for(lambda: all(self.frames(serial) > count for serial, count in before.items()), 30, "all goes on")
        self.write(self.addresses)
        self.wait_for(lambda: self.frames("2619") > 0, 30, "the file that is put right is taken")
        self.end(self.linacs)

    def test_more_room_in_the_spool_is_given_without_a_linac_noticing(self):
        pids = [self.pid(one.serial) for one in self.steady]
        self.write({one.serial: one.address for one in self.steady}, max_bytes="3 GiB")
        self.wait_for(lambda: all(self.pid(one.serial) != pid for one, pid in zip(self.steady, pids)), 30,
                      "other processes have taken over")
        self.end(self.steady)

    def test_what_cannot_change_says_so_and_the_rest_is_taken(self):
        self.write(self.addresses, spool=self.folder / "elsewhere")
        self.wait_for(lambda: self.site.agent.output().count("spool.directory cannot change") >= 2, 20, "both say so")
        self.wait_for(lambda: self.frames("2619") > 0, 30, "the new Linac is recorded")
        self.assertFalse((self.folder / "elsewhere").exists())
        self.end(self.linacs)

    def test_sighup_has_the_settings_read_at_once(self):
        self.write(self.addresses)
        self.site.agent.signal(1)
        self.wait_for(lambda: self.frames("2619") > 0, 30, "the new Linac is recorded")
        self.assertTrue(self.site.agent.running)
        self.end(self.linacs)


def _lives(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


if __name__ == "__main__":
    unittest.main()
