"""What the seed decides."""

import unittest

from . import schedule


class Schedule(unittest.TestCase):
    def test_the_same_seed_gives_the_same_schedule_and_another_one_another(self):
        self.assertEqual(schedule.plan(7, 3), schedule.plan(7, 3))
        self.assertNotEqual(schedule.plan(7, 3), schedule.plan(8, 3))

    def test_every_kind_comes_in_the_run_that_ctest_has(self):
        self.assertEqual({kind.name for kind in schedule.KINDS}, {step.kind for step in schedule.plan(seed=36, minutes=4)})

    def test_every_kind_comes_where_there_is_time(self):
        for minutes in (7, 10, 30):
            for seed in range(20):
                kinds = {step.kind for step in schedule.plan(seed, minutes)}
                self.assertEqual({kind.name for kind in schedule.KINDS}, kinds, f"seed {seed}, {minutes} minutes")

    def test_no_kind_comes_again_before_each_that_fits_has_come(self):
        for seed in range(20):
            kinds = [step.kind for step in schedule.plan(seed, 1)]
            self.assertEqual(len(kinds), len(set(kinds)), f"seed {seed}")

    def test_the_time_is_kept(self):
        for seed in range(20):
            self.assertLess(schedule.plan(seed, 3)[-1].at, 180)

    def test_a_kind_that_does_not_exist_is_named(self):
        with self.assertRaisesRegex(ValueError, "no-such-kind"):
            schedule.plan(1, 3, "reboot,no-such-kind")


if __name__ == "__main__":
    unittest.main()
