"""What a sanitizer reports of a process fails the test, whatever became of the process itself."""

import contextlib
import io
import os
import shutil
import unittest
from pathlib import Path

from tests.lab.case import LabCase
from tests.lab.process import Process

PROGRAM = Path(os.environ["ICOM_PROGRAMS"]) / "faulty-program"
REPORTS = {"heap": "heap-buffer-overflow", "integer": "signed integer overflow", "leak": "detected memory leaks",
           "crash": "SEGV", "abort": "ABRT", "nothing": None}
SAY_WHERE = ("heap", "integer")


class FaultyProgram(LabCase):
    """Not run by itself: see below. Its program is a grandchild whose exit code and output nobody looks at."""

    def __init__(self, fault):
        super().__init__("run_it")
        self._fault = fault

    def run_it(self):
        starter = Process("starter", ["sh", "-c", f"'{PROGRAM}' {self._fault} >/dev/null 2>&1; exit 0"], self.folder / "starter.log")
        self.assertEqual(0, starter.start().wait(20))


class SanitizerReports(unittest.TestCase):
    def test_report_of_a_process_that_nobody_looks_at_fails_the_test(self):
        for fault, report in REPORTS.items():
            with self.subTest(fault):
                case, result = FaultyProgram(fault), unittest.TestResult()
                with contextlib.redirect_stderr(io.StringIO()):  # where a failed test says what it keeps
                    case.run(result)
                shutil.rmtree(case.folder, ignore_errors=True)
                self.assertEqual([], result.errors)
                told = "".join(text for _, text in result.failures)
                self.assertIn(report, told) if report else self.assertEqual("", told)
                if fault in SAY_WHERE:
                    self.assertRegex(told, r"#\d+ 0x\w+ in main \S*faulty_program\.cpp:\d+")


def load_tests(loader, tests, pattern):
    return loader.loadTestsFromTestCase(SanitizerReports)


if __name__ == "__main__":
    unittest.main()
