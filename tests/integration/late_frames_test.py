"""Frames that come late: the record that lacks them says so, and is whole, in one file, once they are there."""

import lzma
import re
import socket
import unittest

from tests.lab.case import LabCase
from tests.lab.tcp_server import StreamServer

PATIENT_ID_ITEM = b"\x10\x00\x20\x00LO\x00P"


class LateFrames(LabCase):
    def one_delivery(self):
        """The frames of a simulated Linac that treats one patient."""
        linac = self.linac("4299", "--speed", "1000", "--seed", "3", "--idle", "6", "--beam-frames", "40", "--beams", "2",
                           "--deliveries", "1", "--exit-when-done", "--wait-for-client")
        stream = bytearray()
        with socket.create_connection(("127.0.0.1", linac.port)) as connection:
            while piece := connection.recv(1 << 16):
                stream += piece
        starts = [match.start() - 8 for match in re.finditer(rb"\d{4}-\d\d-\d\d\d\d:\d\d:\d\d", stream)]
        frames = [bytes(stream[start:end]) for start, end in zip(starts, starts[1:] + [len(stream)])]
        self.assertEqual(len(linac.sent()), len(frames))
        return frames

    def listen(self, site, frames):
        """One listener's life, from a Linac that sends just these."""
        server = StreamServer([b"".join(frames)]).start()
        self._to_stop.append(server.finish)
        listener = site.add_listener("4299", server.address)
        listener.start()
        self.assertTrue(server.sent_all.wait(20))
        stored = self.stored + len(frames)
        self.wait_for(lambda: self.hosting.ledger().get(("nbcc", "4299"), {}).get("stored") == stored, 30,
                      f"{stored} frames are stored")
        self.stored = stored
        self.assertEqual(0, listener.stop())

    def wait_for_record(self, condition, what):
        """The one record there is, once its file is written and the condition holds."""
        def found():
            records = self.hosting.records()
            return records if len(records) == 1 and records[0]["archive_file"] and condition(records[0]) else None
        return self.wait_for(found, 30, what)[0]

    def archived(self):
        return sorted(self.hosting.archive.joinpath("patients").rglob("*.xz"))

    def setUp(self):
        super().setUp()
        self.stored = 0
        self.hosting = self.hosting_site()
        self.site = self.agent_site("nbcc", self.hosting, {"4299": "127.0.0.1:9"})
        self.hosting.start()
        self.site.forwarder.start()

    def run_with_late(self, late):
        """`late(n, frames in the record)`: whether the record's n-th frame comes late. Returns the record before and after."""
        frames = self.one_delivery()
        record = [frame for frame in frames if PATIENT_ID_ITEM in frame]
        self.assertGreater(len(record), 60)
        held_back = {frame for n, frame in enumerate(record) if late(n, len(record))}

        self.listen(self.site, [frame for frame in frames if frame not in held_back])
        before = self.wait_for_record(lambda one: not one["open"], "the record without its late frames")
        self.assertFalse(before["complete"])
        self.assertGreater(len(before["gap_list"]), 0)
        self.assertEqual(len(record) - len(held_back), before["frames"])
        file = self.hosting.archive / before["archive_file"]
        self.assertEqual([file], self.archived())
        self.assertEqual(b"".join(frame for frame in record if frame not in held_back),
                         lzma.decompress(file.read_bytes()))

        self.listen(self.site, [frame for frame in frames if frame in held_back])
        after = self.wait_for_record(lambda one: one["complete"], "the record is complete")
        self.assertEqual(before["id"], after["id"])
        self.assertGreater(after["revision"], before["revision"])
        self.assertEqual([], after["gap_list"])
        self.assertEqual(len(record), after["frames"])
        file = self.hosting.archive / after["archive_file"]

        def whole():
            return self.archived() == [file] and lzma.decompress(file.read_bytes()) == b"".join(record)

        self.wait_for(whole, 30, "the one file holds the whole record, and the old one is gone")
        self.assertEqual([], list(self.hosting.archive.joinpath("patients").rglob(".*")), "no temporary file is left")
        self.assertEqual([], self.hosting.gaps())
        return before, after

    def test_late_frames_inside_a_record_complete_it_and_its_file(self):
        before, after = self.run_with_late(lambda n, of: 20 <= n < 30 or n == of - 5)
        self.assertEqual(before["archive_file"], after["archive_file"])
        self.assertEqual(2, len(before["gap_list"]))

    def test_record_whose_beginning_comes_late_moves_to_its_new_name(self):
        before, after = self.run_with_late(lambda n, of: n < 12)
        self.assertLess(after["start"], before["start"])
        self.assertNotEqual(before["archive_file"], after["archive_file"])

    def test_late_frames_from_many_places_of_a_record_complete_it_too(self):
        self.run_with_late(lambda n, of: n % 9 == 4)


if __name__ == "__main__":
    unittest.main()
