"""Leaving a Linac, and changing the listener, during a VMAT beam at 4 Hz: what the Linac sees."""

import unittest

from tests.lab.case import LabCase
from tests.lab.process import Process

BEAM_FRAMES = 40  # ten seconds
PATIENT_FRAMES_BEFORE_BEAM = BEAM_FRAMES // 4


class Conduct(LabCase):
    def setUp(self):
        super().setUp()
        self.hosting = self.hosting_site()
        self.linac_4299 = self.linac("4299", "--seed", "3", "--technique", "vmat", "--beams", "1", "--beam-frames",
                                     BEAM_FRAMES, "--idle", "8", "--wait-for-client")
        self.site = self.agent_site("nbcc", self.hosting, {"4299": self.linac_4299.address}, stop_within=60)
        self.hosting.start()
        self.site.start()
        self.site.wait_connected()

    def clients(self):
        return [(client["closed_by"], client["beam_on_when_closed"]) for client in self.linac_4299.report()["clients"]]

    def patient_frames(self):
        return sum(frame.patient for frame in self.linac_4299.sent())

    def wait_for_beam(self):
        before = self.patient_frames()
        self.wait_for(lambda: self.patient_frames() >= before + PATIENT_FRAMES_BEFORE_BEAM + 12, 60, "the beam is on")

    def assert_harmless(self, clients):
        """These ends of connections, no stall, nothing lost by a record-and-verify system; and all is stored."""
        self.assertEqual(0, self.linac_4299.process.stop())
        report = self.linac_4299.report()
        self.assertEqual(clients, self.clients())
        self.assertEqual([], report["not_recorded"])
        for client in report["clients"]:
            self.assertFalse(client["stopped_reading"])
            self.assertEqual(0, client["bytes_received"])
        self.assert_all_stored(self.hosting, [self.linac_4299])

    def test_drain_leaves_when_the_patient_does(self):
        self.wait_for_beam()
        drain = Process("drain", [self.programs / "icom-agent", "drain", "--site", self.site.yaml, "--linac", "4299"],
                        self.folder / "drain.log").start()
        drain.wait_for_output("Linac 4299: waits: a beam may be on")
        self.assertEqual([("open", False)], self.clients())
        self.assertEqual(0, drain.wait(60))
        self.assertIn("leaves: no patient is selected", drain.output())
        self.wait_for(lambda: self.clients() == [("fin", False)], 10, "the Linac has seen the FIN")

        # It stays away until it is called back.
        self.assertEqual(1, self.site.command("status").returncode)
        done = self.site.command("resume", "--linac", "4299")
        self.assertEqual(0, done.returncode, done.stderr)
        self.wait_for(lambda: len(self.clients()) == 2, 20, "the listener is back")
        self.assert_harmless([("fin", False), ("simulator", False)])

    def test_new_supervisor_starts_what_was_drained(self):
        self.assertEqual(0, self.site.command("drain", "--force").returncode)
        self.assertTrue((self.site.spool / "4299" / "drained").exists())
        self.assertEqual(0, self.site.agent.stop(30))
        self.site.agent.start()
        self.wait_for(lambda: len(self.clients()) == 2, 20, "the listener is back")

    def test_forced_drain_leaves_in_the_beam_with_fin(self):
        self.wait_for_beam()
        done = self.site.command("drain", "--force")
        self.assertEqual(0, done.returncode, done.stderr)
        self.wait_for(lambda: self.clients() == [("fin", True)], 10, "the Linac has seen the FIN")
        self.assert_harmless([("fin", True)])

    def test_upgrade_in_the_beam_is_not_noticed(self):
        for _ in range(3):
            self.wait_for_beam()
            before = self.site.status_file("4299/listener.json")["pid"]
            done = self.site.command("upgrade")
            self.assertEqual(0, done.returncode, done.stderr)
            self.assertIn(f"has taken over from {before}", done.stdout)
        self.assertEqual([("open", False)], self.clients())
        self.wait_for_beam()
        self.assert_harmless([("simulator", True)])
        ledger = self.hosting.ledger()[("nbcc", "4299")]
        self.assertEqual((0, 0), (ledger["duplicates"], ledger["gaps"]))

    def test_stop_of_the_service_waits_for_the_end_of_the_beam(self):
        self.wait_for_beam()
        self.assertEqual(0, self.site.agent.stop(90))
        self.assertEqual([("fin", False)], self.clients())
        self.assert_harmless([("fin", False)])


if __name__ == "__main__":
    unittest.main()
