"""Somebody deletes a live Linac's spool folder."""

import shutil
import unittest

from tests.lab.case import LabCase


class RemovedSpool(LabCase):
    def setUp(self):
        super().setUp()
        self.hosting = self.hosting_site()
        # Without a patient all stands in one segment for the length of this test.
        self.linac_4299 = self.linac("4299", "--speed", "10", "--seed", "1", "--idle", "100000", "--wait-for-client")
        self.site = self.agent_site("nbcc", self.hosting, {"4299": self.linac_4299.address})
        self.hosting.start()
        self.site.start()
        self.site.wait_connected()
        self.wait_for(lambda: self.stored() > 10, 30, "it is recorded")

    def stored(self):
        return self.hosting.ledger().get(("nbcc", "4299"), {}).get("stored", 0)

    def told(self, name):
        return self.site.status_file("4299/listener.json").get(name, 0)

    def remove(self, folder):
        """As rm -rf does, which meets a folder in which somebody writes."""
        shutil.rmtree(folder, ignore_errors=True)

    def end(self):
        """Nothing is missing, and the Linac saw one client, which said goodbye."""
        self.assertEqual(0, self.linac_4299.process.stop())
        self.assert_all_stored(self.hosting, [self.linac_4299])
        self.assertEqual(["fin"], [client["closed_by"] for client in self.linac_4299.report()["clients"]])

    def test_recording_goes_on_in_a_folder_made_anew_nothing_is_lost_and_status_says_so(self):
        pid = self.told("pid")
        for count in (1, 2):
            self.remove(self.site.spool / "4299")
            self.wait_for(lambda: self.told("folders_made_anew") == count, 20, "the listener has made it anew")
            before = self.stored()
            self.wait_for(lambda: self.stored() > before + 10, 30, "its frames are sent from there")
        self.assertEqual(pid, self.told("pid"))
        self.assertIn("made anew", self.site.agent.output())
        status = self.site.command("status")
        self.assertEqual(1, status.returncode)
        self.assertIn("Linac 4299: its spool folder was removed or replaced while its listener ran", status.stdout)
        self.assertNotIn("no listener", status.stdout)
        self.assertEqual(0, self.site.command("drain", "--linac", "4299").returncode)
        self.wait_for(lambda: not self.site.listener_runs("4299"), 20, "its listener has left")
        self.end()

    def test_programs_whose_whole_spool_directory_was_removed_can_be_found_again(self):
        self.remove(self.site.spool)
        self.wait_for(lambda: self.told("folders_made_anew") == 1, 20, "the listener has made it anew")
        self.wait_for(lambda: all(self.site.status()[one]["running"] for one in ("agent", "forwarder")), 20, "both are found")
        before = self.stored()
        self.wait_for(lambda: self.stored() > before + 10, 30, "its frames are sent from there")
        self.assertEqual(0, self.site.agent.stop(40))
        self.end()

    def test_a_supervisor_started_anew_afterwards_finds_the_listener_and_no_second_client_comes(self):
        self.remove(self.site.spool)
        self.wait_for(lambda: self.told("folders_made_anew") == 1, 20, "the listener has made it anew")
        self.site.agent.kill()
        self.site.start()
        before = self.stored()
        self.wait_for(lambda: self.stored() > before + 10, 60, "it is recorded")
        self.assertEqual(0, self.site.agent.stop(40))
        self.end()


if __name__ == "__main__":
    unittest.main()
