"""Streams with everything wrong that a Linac or a network can do: kept byte for byte, counted, nothing stalls."""

import unittest

from tests.lab.case import LabCase


class OddStreams(LabCase):
    def run_linac(self, *options, speed="20", frames="600"):
        hosting = self.hosting_site()
        linac = self.linac("4299", "--speed", speed, "--seed", "11", "--idle", "8", "--beam-frames", "40",
                           "--frames", frames, "--wait-for-client", *options)
        site = self.agent_site("nbcc", hosting, {"4299": linac.address})
        hosting.start()
        site.start_parts()
        self.assertEqual(0, linac.process.wait(120))
        self.assert_all_stored(hosting, [linac])
        return hosting, linac

    def ledger(self, hosting):
        return hosting.ledger()[("nbcc", "4299")]

    def test_duplicates_are_stored_once_and_counted(self):
        hosting, linac = self.run_linac("--duplicate-every", "10")
        doubled = sum(1 for frame in linac.sent() if frame.kind == "duplicate")
        self.assertGreater(doubled, 20)
        self.assertEqual(doubled, self.ledger(hosting)["duplicates"])

    def test_conflicting_frames_are_both_kept_and_counted(self):
        hosting, linac = self.run_linac("--conflict-every", "25")
        conflicts = sum(1 for frame in linac.sent() if frame.kind == "conflict")
        self.assertGreater(conflicts, 5)
        self.assertEqual(conflicts, self.ledger(hosting)["conflicts"])

    def test_missing_counters_are_recorded_as_gaps(self):
        hosting, linac = self.run_linac("--skip-every", "50")
        skipped = sum(1 for line in linac.ledger_file.read_text().splitlines() if line.startswith("# skipped"))
        self.assertGreater(skipped, 5)
        self.assertEqual(skipped, self.ledger(hosting)["gaps"])

    def test_replayed_frames_after_a_reconnect_are_duplicates(self):
        hosting, linac = self.run_linac("--close-every", "100", "--replay", "30")
        self.assertGreater(self.ledger(hosting)["duplicates"], 0)

    def test_junk_between_frames_does_not_hurt_the_frames(self):
        hosting, _ = self.run_linac("--junk-every", "20", "--junk-bytes", "37")
        self.assertGreater(self.ledger(hosting)["junk_runs"], 10)

    def test_length_of_the_whole_message(self):
        self.run_linac("--length", "whole", frames="200")

    def test_length_without_its_own_four_bytes(self):
        self.run_linac("--length", "minus4", frames="200")

    def test_length_of_the_items_only(self):
        self.run_linac("--length", "items", frames="200")

    def test_length_that_is_always_the_same(self):
        self.run_linac("--length", "constant", frames="200")

    def test_length_without_any_meaning(self):
        self.run_linac("--length", "random", frames="200")

    def test_pieces_of_one_byte_give_every_frame(self):
        self.run_linac("--piece", "1", speed="10", frames="120")

    def test_frames_of_64_kb_and_frames_without_items_are_kept(self):
        self.run_linac("--big-every", "30", "--no-items-every", "45", "--overrun-every", "70")

    def test_hostile_names_choose_no_path(self):
        hosting, _ = self.run_linac("--hostile-names", frames="1500")
        outside = [file for file in hosting.folder.rglob("*.xz") if hosting.archive / "patients" not in file.parents]
        self.assertEqual([], outside)
        self.wait_for(lambda: list((hosting.archive / "patients").rglob("*.xz")), 30, "archived records")
        for file in (hosting.archive / "patients").rglob("*.xz"):
            depth = len(file.relative_to(hosting.archive / "patients").parts)
            self.assertIn(depth, (2, 3))
        self.assertEqual([], [path for path in self.folder.parent.glob("*.xz")])

    def test_clock_set_back_keeps_order_and_every_frame(self):
        self.run_linac("--clock-jump-at", "200:-300", "--clock-jump-at", "400:3600")


if __name__ == "__main__":
    unittest.main()
