"""That the account notices a lost, doubled, misplaced or invented frame, and a gap that is missing, wrong or invented."""

import unittest

from tests.lab.linac import SentFrame

from . import account
from .stream import made_frames
from .undisturbed import leave_silences_out

SECOND = 1_000_000


def linac_time(second):
    return f"2026-03-0208:{second // 60:02}:{second % 60:02}"


def row(second, counter, kind="frame", patient=False, wall_us=0):
    return SentFrame(1, wall_us, linac_time(second), counter, f"{second:08x}{counter:08x}", 100, patient, kind)


def a_stream():
    """Twelve frames in three seconds, then the clock is set back by two; counters go on."""
    forward = [row(10 + i // 4, 250 + i if i < 6 else i - 6, patient=i > 8) for i in range(12)]
    back = [row(10 + i // 4, 6 + i) for i in range(4)]
    return forward + back


def gap_between(one, two, kind="counter", missing=None):
    return account.Gap(one.epoch, one.time, one.counter, two.epoch, two.time, two.counter, kind, missing)


class Account(unittest.TestCase):
    def setUp(self):
        self.made = made_frames(a_stream())
        self.all = [frame.identity for frame in self.made]

    def differences(self, stored=None, gaps=(), sent=None, given_up=0, excused=()):
        return account.differences(self.made, set(self.all if sent is None else sent), self.all if stored is None else stored,
                                   list(gaps), given_up, set(excused))

    def assert_one(self, words, found):
        self.assertEqual(1, len(found), found)
        self.assertIn(words, found[0])

    def without(self, *numbers):
        return [identity for number, identity in enumerate(self.all) if number not in numbers]

    def test_everything_stored_in_order_is_right(self):
        self.assertEqual([], self.differences())

    def test_a_frame_that_was_sent_and_is_not_stored_is_noticed(self):
        gap = gap_between(self.made[3], self.made[5], missing=1)
        self.assert_one("1 frames sent are not stored", self.differences(self.without(4), [gap]))

    def test_a_frame_that_was_sent_to_nobody_need_not_be_stored_but_the_gap_must(self):
        sent = self.without(4)
        self.assertEqual([], self.differences(sent, [gap_between(self.made[3], self.made[5], missing=1)], sent))
        self.assert_one("no gap is recorded", self.differences(sent, [], sent))

    def test_a_gap_that_tells_another_number_is_noticed(self):
        sent = self.without(4, 5)
        self.assert_one("the gap says 1", self.differences(sent, [gap_between(self.made[3], self.made[6], missing=1)], sent))
        self.assert_one("does not say how many", self.differences(sent, [gap_between(self.made[3], self.made[6])], sent))

    def test_a_gap_where_nothing_is_missing_is_noticed(self):
        self.assert_one("the gap says 1", self.differences(gaps=[gap_between(self.made[3], self.made[4], missing=1)]))
        self.assert_one("a gap is recorded where none is", self.differences(gaps=[gap_between(self.made[3], self.made[6], missing=2)]))

    def test_a_frame_that_is_stored_twice_is_noticed(self):
        self.assert_one("stored more than once", self.differences(self.all + self.all[-1:]))

    def test_two_frames_that_changed_places_are_noticed(self):
        self.all[4], self.all[5] = self.all[5], self.all[4]
        self.assert_one("the order differs from frame 4 on", self.differences())

    def test_a_repeated_second_belongs_behind_the_clock_s_change(self):
        by_time = sorted(self.all)
        self.assert_one("the order differs", self.differences(by_time))

    def test_two_frames_of_one_time_and_counter_are_two_frames(self):
        rows = a_stream()
        other = SentFrame(1, 0, rows[4].time, rows[4].counter, "f" * 16, 100, False, "conflict")
        self.made = made_frames(rows[:5] + [other] + rows[5:])
        self.all = [frame.identity for frame in self.made]
        self.assertEqual([], self.differences())
        self.assert_one("1 frames sent are not stored", self.differences(self.without(5)))

    def test_a_frame_that_was_never_made_is_noticed(self):
        stranger = (linac_time(50), 1, "f" * 16)
        self.assertIn("never made", self.differences(self.all + [stranger])[0])

    def test_frames_given_up_are_right_if_told_and_without_a_patient(self):
        stored, gap = self.without(4), gap_between(self.made[3], self.made[5], "hole")
        self.assertEqual([], self.differences(stored, [gap], given_up=1))
        gap = gap_between(self.made[3], self.made[5], "counter", missing=1)
        self.assert_one("where no hole is told", self.differences(stored, [gap], given_up=1))
        self.assertEqual([], self.differences(self.without(0), given_up=1))
        self.assert_one("where no hole is told", self.differences(self.without(15), given_up=1))
        stored, gap = self.without(10), gap_between(self.made[9], self.made[11], "hole")
        self.assert_one("have a patient", self.differences(stored, [gap], given_up=1))

    def test_what_a_killed_listener_had_not_read_may_be_missing(self):
        stored, gap = self.without(4), gap_between(self.made[3], self.made[5], missing=1)
        self.assertEqual([], self.differences(stored, [gap], excused=[self.all[4]]))

    def test_only_what_came_just_before_the_kill_and_never_again_was_on_its_way(self):
        kill = 100 * SECOND
        rows = [row(1, 1, wall_us=kill - 2 * SECOND), row(1, 2, wall_us=kill - SECOND // 10), row(1, 3, wall_us=kill - SECOND // 20),
                row(1, 3, "replay", wall_us=kill + 2 * SECOND)]
        self.assertEqual({rows[1].identity}, account.on_their_way(rows, [kill]))

    def test_only_a_gap_over_which_the_counter_went_on_is_left_out_of_what_records_are_compared_by(self):
        silence, counter = {"from_counter": 255, "to_counter": 0}, {"from_counter": 7, "to_counter": 9}
        record = {"gap_list": [silence], "gaps": 1, "complete": False, "open": False}
        leave_silences_out(record)
        self.assertEqual({"gap_list": [], "gaps": 0, "complete": True, "open": False}, record)
        record = {"gap_list": [silence, counter], "gaps": 2, "complete": False, "open": False}
        leave_silences_out(record)
        self.assertEqual({"gap_list": [counter], "gaps": 1, "complete": False, "open": False}, record)


if __name__ == "__main__":
    unittest.main()
