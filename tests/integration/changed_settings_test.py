"""A site's settings change while everything runs."""

import os
import unittest

from tests.lab.case import LabCase
from tests.lab.site_file import write_site_file

ROUNDS = int(os.environ.get("ICOM_ROUNDS", "3"))  # 100 by hand


class ChangedSettings(LabCase):
    """Four Linacs stay, a fifth one comes, gets another address, and goes."""

    def setUp(self):
        super().setUp()
        self.hosting = self.hosting_site()
        options = ("--speed", "20", "--idle", "12", "--beam-frames", "20", "--wait-for-client")
        self.steady = [self.linac(serial, *options, "--seed", serial) for serial in ("4299", "9183", "2619", "2694")]
        self.guest = self.linac("9002", *options, "--seed", "9002", "--address", "0.0.0.0")
        self.linacs = [*self.steady, self.guest]
        self.at_home = {one.serial: one.address for one in self.steady}
        self.with_guest = {**self.at_home, "9002": f"127.0.0.1:{self.guest.port}"}
        self.guest_moved = {**self.at_home, "9002": f"127.0.0.2:{self.guest.port}"}
        # The gateway knows all of them from the start; it is the site's side that changes.
        self.site = self.agent_site("nbcc", self.hosting, self.with_guest)
        self.site.yaml = self.site.folder / "nbcc.yaml"
        self.site.agent.command[self.site.agent.command.index("--site") + 1] = self.site.yaml
        self.write(self.at_home)
        self.hosting.start()
        self.site.start()
        self.wait_for(lambda: all(self.frames(serial) > 0 for serial in self.at_home), 30, "all four are recorded")

    def write(self, linacs, **others):
        """As an editor does, who puts a new file in the place of the old one."""
        options = {"key": self.site.key, "known_hosts": self.site.known_hosts, "token_file": self.site.token_file,
                   "spool": self.site.spool, "folder": self.site.folder, **others}
        return write_site_file(self.hosting, "nbcc", linacs, **options)

    def frames(self, serial):
        return self.hosting.ledger().get(("nbcc", serial), {}).get("stored", 0)

    def address_of_guest(self):
        return self.site.status_file("9002/listener.json").get("address")

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

    def test_a_linac_that_comes_moves_and_goes_touches_no_other(self):
        pids = [self.pid(serial) for serial in self.at_home]
        for round_ in range(1, ROUNDS + 1):
            for linacs in (self.with_guest, self.guest_moved):
                before = self.frames("9002")
                self.write(linacs)
                self.wait_for(lambda: self.address_of_guest() == linacs["9002"] and self.frames("9002") > before, 60,
                              f"it is recorded at {linacs['9002']}, round {round_}")
            self.write(self.at_home)
            self.wait_for(lambda: not self.site.listener_runs("9002"), 60, f"its listener has left, round {round_}")
        self.assertEqual(pids, [self.pid(serial) for serial in self.at_home])
        self.end(self.linacs)
        clients = self.guest.report()["clients"]
        self.assertEqual(2 * ROUNDS, len(clients))
        self.assertEqual({"fin"}, {client["closed_by"] for client in clients})
        self.assertEqual([], [client for client in clients if client["beam_on_when_closed"]])

    def test_a_file_with_an_error_changes_nothing_and_is_told(self):
        good = self.site.yaml.read_text()
        self.site.yaml.write_text(good.replace("timezone: Australia/Sydney", "timezone: Australia/Sidney"))
        self.wait_for(lambda: self.site.agent.output().count("Australia/Sidney") >= 2, 20, "both programs say what is wrong")
        self.assertIn("nbcc.yaml:2: timezone", self.site.agent.output())
        before = {serial: self.frames(serial) for serial in self.at_home}
        self.wait_for(lambda: all(self.frames(serial) > count for serial, count in before.items()), 30, "all goes on")
        self.write(self.with_guest)
        self.wait_for(lambda: self.frames("9002") > 0, 30, "the file that is put right is taken")
        self.end(self.linacs)

    def test_more_room_in_the_spool_is_given_without_a_linac_noticing(self):
        pids = [self.pid(serial) for serial in self.at_home]
        self.write(self.at_home, max_bytes="3 GiB")
        self.wait_for(lambda: all(self.pid(serial) != pid for serial, pid in zip(self.at_home, pids)), 30,
                      "other processes have taken over")
        self.end(self.steady)

    def test_what_cannot_change_says_so_and_the_rest_is_taken(self):
        self.write(self.with_guest, spool=self.folder / "elsewhere")
        self.wait_for(lambda: self.site.agent.output().count("spool.directory cannot change") >= 2, 20, "both say so")
        self.wait_for(lambda: self.frames("9002") > 0, 30, "the new Linac is recorded")
        os.kill(self.site.status_file("forward.json")["pid"], 9)
        before = self.frames("9002")
        self.wait_for(lambda: self.frames("9002") > before + 80, 30, "a new icom-forward sends the spools that are written")
        self.assertFalse((self.folder / "elsewhere").exists())
        self.end(self.linacs)

    def test_sighup_has_the_settings_read_at_once(self):
        self.write(self.with_guest)
        self.site.agent.signal(1)
        self.wait_for(lambda: self.frames("9002") > 0, 30, "the new Linac is recorded")
        self.assertTrue(self.site.agent.running)
        self.end(self.linacs)


if __name__ == "__main__":
    unittest.main()
