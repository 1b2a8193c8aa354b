"""The archive's share hangs, cannot sync folders, or has things in it that are no files: nothing but the archive notices."""

import os
import subprocess
import unittest

from tests.lab import hanging_share, odd_share
from tests.lab.case import LabCase


class OddShare(LabCase):
    def setUp(self):
        super().setUp()
        if odd_share.why_not(self.programs):
            self.skipTest(odd_share.why_not(self.programs))

    def one_site(self, **share_options):
        share = odd_share.OddShare(self.programs, self.folder, self.folder / "hosting" / "archive", **share_options)
        hosting = self.hosting_site(gateway_env=share.environment())
        self._to_stop.append(share.answer)
        linac = self.linac("4299", "--speed", "60", "--seed", "7", "--idle", "2", "--beam-frames", "20", "--wait-for-client")
        site = self.agent_site("nbcc", hosting, {"4299": linac.address})
        return share, hosting, site, linac

    def stored(self, hosting):
        return sum(one["stored"] for one in hosting.ledger().values())

    def archived(self, hosting):
        return [one for one in hosting.records() if one["archive_file"]]

    def assert_archived_records_have_their_files(self, hosting):
        for record in self.archived(hosting):
            self.assertTrue((hosting.archive / record["archive_file"]).is_file(), record["id"])

    def test_a_share_that_hangs_from_the_start_holds_up_no_agent_no_stop_and_no_check(self):
        share, hosting, site, _ = self.one_site()
        share.hang()
        hosting.start()
        site.start_parts()
        self.wait_for(lambda: self.stored(hosting) > 400, 60, "frames are stored")
        self.assertGreater(len(hosting.records()), 0)
        self.assertEqual([], self.archived(hosting))

        check = subprocess.run([self.programs / "icom-gateway", "check", "--config", hosting.config], capture_output=True, text=True,
                               timeout=60, env={**os.environ, **share.environment()})
        self.assertEqual(2, check.returncode, check.stdout)
        self.assertIn(f"FAIL  archive {hosting.archive}: does not answer within", check.stdout)
        self.wait_for(lambda: "its folder does not answer" in hosting.gateway.output(), 60, "the log says so")

        self.assertEqual(0, hosting.gateway.stop())
        self.assertIn("is written after the next start", hosting.gateway.output())
        share.answer()
        hosting.start_gateway()
        self.wait_for(lambda: self.archived(hosting), 60, "files are written")
        self.assert_archived_records_have_their_files(hosting)

    def test_a_share_that_hangs_for_a_while_gets_its_files_then(self):
        share, hosting, site, linac = self.one_site()
        hosting.start()
        site.start_parts()
        self.wait_for(lambda: self.archived(hosting), 60, "a file")
        share.hang()
        known = len(hosting.records())
        self.wait_for(lambda: len(hosting.records()) > known + 2, 60, "records are made")
        share.answer()
        self.assertEqual(0, site.listeners["4299"].stop())
        linac.process.stop()

        def all_have_their_files():
            records = hosting.records()
            return records and all(one["archive_file"] or one["open"] for one in records)

        self.wait_for(all_have_their_files, 90, "all files")
        self.assert_archived_records_have_their_files(hosting)
        self.assertEqual(0, hosting.gateway.stop())
        self.assertNotIn("is written after the next start", hosting.gateway.output())

    def test_a_share_that_cannot_sync_folders_gets_its_files_and_that_is_said_once(self):
        share, hosting, site, _ = self.one_site(syncs_folders=False)
        hosting.start()
        site.start_parts()
        self.wait_for(lambda: len(self.archived(hosting)) > 2, 60, "files are written")
        self.assert_archived_records_have_their_files(hosting)
        self.assertEqual(1, hosting.gateway.output().count("the archive's share cannot sync folders"))
        check = subprocess.run([self.programs / "icom-gateway", "check", "--config", hosting.config], capture_output=True, text=True,
                               timeout=60, env={**os.environ, **share.environment()})
        self.assertIn("this share cannot sync folders", check.stdout)

    def test_a_mount_whose_server_is_stopped_holds_up_no_agent_no_stop_and_no_check(self):
        """As the first, with threads that wait in the kernel."""
        if hanging_share.why_not():
            self.skipTest(hanging_share.why_not())
        hosting = self.hosting_site()
        share = hanging_share.HangingShare(hosting.archive, self.folder / "behind")
        self._to_stop.insert(0, share.remove)
        linac = self.linac("4299", "--speed", "60", "--seed", "7", "--idle", "2", "--beam-frames", "20", "--wait-for-client")
        site = self.agent_site("nbcc", hosting, {"4299": linac.address})
        share.hang()
        hosting.start()
        site.start_parts()
        self.wait_for(lambda: self.stored(hosting) > 400, 60, "frames are stored")
        self.assertIn("does not answer within", hosting.run("check").stdout)
        self.assertEqual(0, hosting.gateway.stop())
        share.answer()
        hosting.start_gateway()
        self.wait_for(lambda: self.archived(hosting), 60, "files are written")
        self.assert_archived_records_have_their_files(hosting)

    def test_pipes_in_the_archive_hold_nobody_up(self):
        _, hosting, site, _ = self.one_site()
        live = hosting.archive / "live" / "127.0.0.1"
        live.mkdir(parents=True)
        for counter in range(128):
            os.mkfifo(live / f"{counter:03}.txt")
        hosting.start()
        site.start_parts()
        self.wait_for(lambda: len(self.archived(hosting)) > 1, 60, "files are written")
        self.wait_for(lambda: (live / "200.txt").is_file(), 60, "live files are written")
        self.assertEqual(0, hosting.gateway.stop())

    def test_a_pipe_in_the_place_of_a_records_file_holds_nobody_up_and_the_record_gets_another_name(self):
        _, hosting, site, _ = self.one_site()
        hosting.start()
        site.start_parts()
        first = self.wait_for(lambda: self.archived(hosting), 60, "a file")[0]
        self.assertEqual(0, hosting.gateway.stop())
        for index in hosting.store.glob("archive.db*"):
            index.unlink()
        pipe = hosting.archive / first["archive_file"]
        pipe.unlink()
        os.mkfifo(pipe)
        hosting.start_gateway()
        again = self.wait_for(lambda: [one for one in self.archived(hosting) if one["id"] == first["id"]], 60, "another file")[0]
        self.assertNotEqual(first["archive_file"], again["archive_file"])
        self.assert_archived_records_have_their_files(hosting)
        self.assertTrue(pipe.is_fifo())
        self.assertEqual(0, hosting.gateway.stop())


if __name__ == "__main__":
    unittest.main()
