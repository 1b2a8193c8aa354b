"""What the line does to packets."""

import os
import unittest

from .wire import Quality, Way

PACKETS = [bytes([number]) * 100 for number in range(200)]


class Line(unittest.TestCase):
    def setUp(self):
        self.out, into = os.pipe()
        os.set_blocking(self.out, False)
        self.addCleanup(os.close, self.out)
        self.addCleanup(os.close, into)
        self.way = Way(None, into, "seed")

    def arrived(self, now):
        self.way.deliver(now)
        try:
            read = os.read(self.out, 1 << 20)
        except BlockingIOError:
            return []
        return [read[at] for at in range(0, len(read), 100)]

    def send_all(self, **quality):
        self.way.quality = Quality(**quality)
        for packet in PACKETS:
            self.way.take(packet, 10.0)

    def test_a_good_line_carries_all_at_once_in_order(self):
        self.send_all()
        self.assertEqual(list(range(200)), self.arrived(10.0))

    def test_a_cut_line_carries_nothing_also_of_what_is_on_it(self):
        self.send_all(delay_ms=300)
        self.way.quality = Quality(cut=True)
        self.assertEqual([], self.arrived(11.0))
        self.assertEqual(200, self.way.counts["cut"])

    def test_delay_is_kept(self):
        self.send_all(delay_ms=300)
        self.assertEqual([], self.arrived(10.299))
        self.assertEqual(list(range(200)), self.arrived(10.301))

    def test_a_lossy_line_loses_some_the_same_ones_with_the_same_seed(self):
        self.send_all(loss=0.05)
        first = self.arrived(10.0)
        self.assertEqual(200 - self.way.counts["lost"], len(first))
        self.assertTrue(0 < self.way.counts["lost"] < 40)
        again = Way(None, self.way._target, "seed")
        self.way = again
        self.send_all(loss=0.05)
        self.assertEqual(first, self.arrived(10.0))

    def test_reordered_packets_come_late_and_all_come(self):
        self.send_all(reorder=0.25)
        came = self.arrived(11.0)
        self.assertNotEqual(list(range(200)), came)
        self.assertEqual(list(range(200)), sorted(came))

    def test_a_narrow_line_takes_its_time_and_drops_what_does_not_fit_its_queue(self):
        self.send_all(kbit_s=80, queue=50)  # 10 ms a packet
        self.assertEqual(150, self.way.counts["queue_full"])
        self.assertEqual(25, len(self.arrived(10.2505)))
        self.assertEqual(25, len(self.arrived(10.51)))


if __name__ == "__main__":
    unittest.main()
