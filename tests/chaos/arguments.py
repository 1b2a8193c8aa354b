"""The command line of tests/chaos/run, read by it and by what it starts."""

import argparse


def parse(argv=None):
    parser = argparse.ArgumentParser(
        prog="tests/chaos/run",
        description="Real programs on three hosts of their own, disturbed by a schedule that the seed decides; then every frame is "
                    "accounted for. docs/chaos.md tells how to read what it prints. "
                    "Exit codes: 0 PASS, 1 FAIL or interrupted, 2 wrong usage or a program that is missing, 77 it cannot run here.")
    parser.add_argument("--minutes", type=float, default=3, help="how long it disturbs (default: 3); comparing comes on top")
    parser.add_argument("--seed", type=int, default=1, help="which disturbances, in which order, where (default: 1)")
    parser.add_argument("--speed", type=float, default=20, help="how many times faster than life the Linacs run (default: 20)")
    parser.add_argument("--only", metavar="KIND,...", help="these kinds of disturbance alone, to look into one")
    parser.add_argument("--plan", action="store_true", help="print the schedule, and do nothing")
    parser.add_argument("--keep", action="store_true", help="leave the state where it is, after PASS too")
    arguments = parser.parse_args(argv)
    if arguments.minutes <= 0 or not 1 <= arguments.speed <= 20:
        parser.error("--minutes is above 0, --speed from 1 to 20")
    return arguments
