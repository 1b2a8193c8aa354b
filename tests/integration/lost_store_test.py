"""A store that is not in its place: when the gateway starts no new one takes frames that sites would then delete, and while it runs
nothing is acknowledged that is in files which nobody finds."""

import os
import shutil
import sqlite3
import unittest
from pathlib import Path

from tests.lab.case import LabCase


class LostStore(LabCase):
    def test_the_gateway_does_not_begin_a_new_store_where_there_was_one(self):
        hosting = self.hosting_site()
        linac = self.linac("4299", "--speed", "10", "--seed", "1", "--idle", "4", "--beam-frames", "40", "--wait-for-client")
        site = self.agent_site("nbcc", hosting, {"4299": linac.address})
        hosting.start()
        site.start_parts()
        site.wait_connected()
        self.wait_for(lambda: hosting.ledger().get(("nbcc", "4299"), {}).get("stored", 0) > 0, 30, "frames are stored")
        self.assertEqual(0, hosting.gateway.stop())
        away = hosting.store.with_name("away")
        hosting.store.rename(away)
        for _ in range(2):
            hosting.gateway.start()
            self.assertEqual(1, hosting.gateway.wait(30))
            self.assertIn(f"there was a store here, and now {hosting.store / 'icom.db'} is not there", hosting.gateway.output())
            self.assertFalse((hosting.store / "icom.db").exists())
        away.rename(hosting.store)
        hosting.start_gateway()
        self.assertEqual(0, linac.process.stop())
        self.assert_all_stored(hosting, [linac])

    def test_commands_say_that_the_store_is_lost_and_do_not_call_it_empty(self):
        """Its disk is not mounted: the folder is there, and empty."""
        hosting = self.hosting_site()
        hosting.start_gateway()
        self.assertEqual(0, hosting.gateway.stop())
        hosting.store.rename(hosting.store.with_name("away"))
        hosting.store.mkdir()
        for command in (("records",), ("export", "1", "--format", "xz"), ("ledger",), ("gaps",), ("pending",), ("reject", "nbcc", "4299")):
            with self.subTest(command):
                done = hosting.run(*command)
                self.assertEqual(1, done.returncode)
                self.assertEqual("", done.stdout)
                self.assertIn("there was a store here, and now", done.stderr)
                self.assertIn("mount its disk", done.stderr)
        self.assertEqual([], list(hosting.store.iterdir()))
        (hosting.tokens / "known-stores").unlink()
        self.assertIn("if there was one, mount its disk", hosting.run("records").stderr)

    def test_a_new_store_is_begun_where_that_is_wanted(self):
        hosting = self.hosting_site()
        hosting.start_gateway()
        self.assertEqual(0, hosting.gateway.stop())
        hosting.store.rename(hosting.store.with_name("away"))
        (hosting.tokens / "known-stores").unlink()
        hosting.start_gateway()
        self.assertTrue((hosting.store / "icom.db").exists())


class StoreTakenAway(LabCase):
    """While the gateway runs, and a Linac sends."""

    def setUp(self):
        super().setUp()
        self.hosting = self.hosting_site()
        self.linac_4299 = self.linac("4299", "--speed", "10", "--seed", "1", "--idle", "4", "--beam-frames", "40", "--wait-for-client")
        self.site = self.agent_site("nbcc", self.hosting, {"4299": self.linac_4299.address})
        self.hosting.start()
        self.site.start()
        self.site.wait_connected()
        self.wait_for(lambda: self.stored() > 10, 30, "frames are stored")
        self.away = self.hosting.store.with_name("away")

    def stored(self):
        return self.hosting.ledger().get(("nbcc", "4299"), {}).get("stored", 0)

    def wait_until_nothing_is_taken(self, said):
        self.hosting.gateway.wait_for_output(said)
        self.wait_for(lambda: "store is not in its place" in self.site.command("status").stdout, 30, "the site is told")
        self.assertIn("nothing to do here, this agent calls again", self.site.command("status").stdout)

    def assert_commands_name_the_gateway(self):
        check = self.hosting.run("check")
        self.assertEqual(2, check.returncode)
        self.assertIn(f"FAIL  gateway: process {self.hosting.gateway.pid} runs, and what it has open is not what", check.stdout)
        self.assertNotIn("does not run", check.stdout)
        self.assertNotIn("put a backup back", check.stdout)
        for command in ("sites", "records"):
            done = self.hosting.run(command)
            self.assertEqual(1, done.returncode)
            self.assertIn(f"process {self.hosting.gateway.pid} runs, and what it has open is not what", done.stderr)

    def end(self):
        """Nothing is missing, and nothing is there twice."""
        before = self.stored()
        self.wait_for(lambda: self.stored() > before + 10, 60, "it goes on")
        self.assertEqual(0, self.linac_4299.process.stop())
        self.assert_all_stored(self.hosting, [self.linac_4299])
        self.assertEqual(0, self.hosting.ledger()[("nbcc", "4299")]["duplicates"])

    def open_file(self, name):
        """A file that the gateway has open, and that has no name any more."""
        for one in Path(f"/proc/{self.hosting.gateway.pid}/fd").iterdir():
            if os.readlink(one).endswith(f"/{name} (deleted)"):
                return one
        self.fail(f"the gateway has no {name} open")

    def test_a_store_that_is_moved_and_comes_back_goes_on(self):
        self.hosting.store.rename(self.away)
        self.wait_until_nothing_is_taken("the store was taken away under this gateway")
        self.assert_commands_name_the_gateway()
        pid = self.hosting.gateway.pid
        self.away.rename(self.hosting.store)
        self.hosting.gateway.wait_for_output("is in its place again")
        self.end()
        self.assertTrue(self.hosting.gateway.running)
        self.assertEqual(pid, self.hosting.gateway.pid)

    def test_a_store_that_is_removed_can_be_copied_from_the_gateway_that_has_it_open(self):
        shutil.rmtree(self.hosting.store)
        self.wait_until_nothing_is_taken("the store was REMOVED under this gateway")
        self.assert_commands_name_the_gateway()
        self.away.mkdir()
        for name in ("icom.db", "icom.db-wal"):
            shutil.copyfile(self.open_file(name), self.away / name)
        with sqlite3.connect(self.away / "icom.db") as copy:
            self.assertEqual(("ok",), copy.execute("PRAGMA integrity_check").fetchone())
        copy.close()
        self.assertEqual(0, self.hosting.gateway.stop())
        self.away.rename(self.hosting.store)
        self.hosting.start_gateway()
        self.end()

    def test_a_gateway_in_whose_stores_place_another_is_put_ends_and_leaves_both_whole(self):
        """A backup of a moment ago, put there with the gateway running."""
        backup = self.folder / "backup"
        backup.mkdir()
        source, copy = sqlite3.connect(self.hosting.store / "icom.db"), sqlite3.connect(backup / "icom.db")
        source.backup(copy)
        source.close()
        copy.close()
        before = self.stored()
        self.wait_for(lambda: self.stored() > before + 10, 30, "more is stored than the backup has")
        self.hosting.store.rename(self.away)
        backup.rename(self.hosting.store)
        self.assertEqual(1, self.hosting.gateway.wait(60))
        self.assertIn("another file was put into the place of the store", self.hosting.gateway.output())
        self.hosting.start_gateway()
        before = self.stored()
        self.wait_for(lambda: self.stored() > before + 10, 60, "it goes on with what is there")
        # What was acknowledged before is in the one that was put aside.
        self.assertEqual(0, self.hosting.gateway.stop())
        with sqlite3.connect(self.away / "icom.db") as aside:
            self.assertEqual(("ok",), aside.execute("PRAGMA integrity_check").fetchone())
        aside.close()

    def test_a_wal_that_is_removed_costs_nothing(self):
        (self.hosting.store / "icom.db-wal").unlink()
        self.assertEqual(1, self.hosting.gateway.wait(60))
        self.assertIn("icom.db-wal was removed or renamed under this gateway", self.hosting.gateway.output())
        self.hosting.start_gateway()
        self.end()


if __name__ == "__main__":
    unittest.main()
