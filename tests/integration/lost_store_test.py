"""A store that is not in its place when the gateway starts: no new one takes frames that sites would then delete."""

import unittest

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


if __name__ == "__main__":
    unittest.main()
