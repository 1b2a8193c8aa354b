"""That ctest takes the run for skipped only where this machine is not able to run it."""

import contextlib
import importlib.machinery
import importlib.util
import io
import os
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

HERE = Path(__file__).parent


def load_run():
    loader = importlib.machinery.SourceFileLoader("chaos_run", str(HERE / "run"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module


class CannotRun(unittest.TestCase):
    def setUp(self):
        self.script = load_run()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.programs = Path(folder.name)
        for program in self.script.PROGRAMS:
            (self.programs / program).touch()

    def code(self, *arguments, user=0):
        """It is never let go as far as to run."""
        with contextlib.ExitStack() as all_of:
            for patch in (mock.patch.object(sys, "argv", ["run", *arguments]), mock.patch.object(os, "geteuid", lambda: user),
                          mock.patch.dict(os.environ, ICOM_PROGRAMS=str(self.programs)),
                          mock.patch.object(self.script.subprocess, "Popen", side_effect=AssertionError("it runs")),
                          mock.patch.object(self.script.subprocess, "run", side_effect=AssertionError("it runs")),
                          contextlib.redirect_stderr(io.StringIO())):
                all_of.enter_context(patch)
            try:
                return self.script.main()
            except SystemExit as exit_now:
                return exit_now.code

    def test_without_root_it_is_skipped(self):
        skipped = self.code(user=1000)
        self.assertIn(f"SKIP_RETURN_CODE {skipped} ", (HERE / "CMakeLists.txt").read_text())
        self.assertNotIn(skipped, (0, 1, 2))

    def test_wrong_usage_fails(self):
        for arguments in (["--minutes", "0"], ["--only", "no-such-thing"], ["--no-such-option"]):
            self.assertEqual(2, self.code(*arguments, user=1000))

    def test_a_missing_program_fails(self):
        with mock.patch.object(self.script.shutil, "which", lambda tool: None if tool == "ip" else tool):
            self.assertEqual(2, self.code(user=1000))
        (self.programs / "icom-listen").unlink()
        self.assertEqual(2, self.code(user=1000))


if __name__ == "__main__":
    unittest.main()
