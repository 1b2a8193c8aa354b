"""A stream that none of our code made, from a plain TCP server to the archive."""

import json
import lzma
import unittest
from pathlib import Path

from tests.lab.case import LabCase
from tests.lab.process import wait_until
from tests.lab.tcp_server import StreamServer

SAMPLES = Path(__file__).resolve().parents[1] / "data"


class SampleStream(LabCase):
    def setUp(self):
        super().setUp()
        self.stream = lzma.decompress((SAMPLES / "nbcc-4299-morning.icom.xz").read_bytes())
        self.expected = json.loads((SAMPLES / "nbcc-4299-morning.json").read_text())

    def run_through(self, plans, expected_duplicates, **server_options):
        server = StreamServer(plans, **server_options).start()
        self._to_stop.append(server.finish)
        hosting = self.hosting_site()
        site = self.agent_site("nbcc", hosting, {self.expected["linac"]: server.address})
        hosting.start()
        site.start_parts()
        frames = self.expected["frames"]
        self.wait_for_ledger(hosting, ("nbcc", "4299"), {
            "received": frames + expected_duplicates, "stored": frames,
            "duplicates": expected_duplicates, "conflicts": 0, "gaps": 0}, seconds=90)
        self.assert_records(hosting)
        self.assert_live_frames(hosting)
        server.finish()
        self.assertEqual([0, 0], site.stop())
        self.assertEqual(0, hosting.stop())

    def assert_records(self, hosting):
        records = wait_until(
            lambda: [r for r in [hosting.records()] if len(r) == 3 and all(one["archive_file"] for one in r)],
            30, "three archived records")[0]
        records.sort(key=lambda one: one["start"])
        for record, expected in zip(records, self.expected["records"]):
            self.assertEqual(expected["patient_id"], record["patient_id"])
            self.assertEqual(expected["patient_name"], record["patient_name"])
            self.assertEqual(expected["frames"], record["frames"])
            self.assertAlmostEqual(expected["delivered_mu"], record["delivered_mu"], places=6)
            self.assertTrue(record["complete"])

            time = expected["first_time"]
            stem = time[:10].replace("-", "") + "_" + time[10:].replace(":", "")
            folder = f"{expected['patient_id']}_{expected['patient_name']}"
            file = hosting.archive / "patients" / folder / f"{stem}.xz"
            self.assertEqual(file, hosting.archive / record["archive_file"])
            content = lzma.decompress(file.read_bytes())
            start = self.stream.index(time.encode()) - 8
            self.assertEqual(self.stream[start:start + len(content)], content)
            self.assertEqual(expected["frames"], content.count(time[:10].encode()))
        others = set(hosting.archive.rglob("*.xz")) - {hosting.archive / one["archive_file"] for one in records}
        self.assertEqual(set(), others)

    def assert_live_frames(self, hosting):
        """The last 256 frames, each in the file that its counter names."""
        starts = [at - 8 for at in range(len(self.stream)) if self.stream.startswith(b"2026-03-02", at)]
        ends = starts[1:] + [len(self.stream)]
        last = {self.stream[start + 26]: self.stream[start:end] for start, end in zip(starts, ends)}
        folder = hosting.archive / "live" / "127.0.0.1"

        def equal():
            return all((folder / f"{counter:03d}.txt").exists()
                       and (folder / f"{counter:03d}.txt").read_bytes() == frame for counter, frame in last.items())

        wait_until(equal, 20, "the live folder holds the last frame of each counter")

    def test_whole_stream_gives_its_records(self):
        self.run_through([self.stream], 0)

    def test_one_byte_at_a_time_gives_the_same(self):
        self.run_through([self.stream], 0, piece=1)

    def test_one_megabyte_at_a_time_gives_the_same(self):
        self.run_through([self.stream], 0, piece=1024 * 1024)

    def test_twice_over_two_connections_gives_duplicates_and_the_same_archive(self):
        self.run_through([self.stream, self.stream], self.expected["frames"])


if __name__ == "__main__":
    unittest.main()
