"""Over which sources clang-tidy is asked for, and what is said of the others."""

import contextlib
import io
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from tests import clang_tidy

HOUR = 60 * 60
BEGUN = 1_790_000_000


class WhatIsLookedAt(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.root = self.folder / "root"
        self.looked_at = []
        self.now = BEGUN
        self.git("init", "-q", self.root)

    def git(self, *command):
        # Of nobody's own settings.
        environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull,
                       "GIT_COMMITTER_DATE": f"{self.now} +0000", "GIT_AUTHOR_DATE": f"{self.now} +0000"}
        for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
            environment.pop(name, None)
        subprocess.run(["git", "-c", "user.name=nobody", "-c", "user.email=nobody@localhost", *command], check=True, capture_output=True,
                       env=environment)

    def write(self, *names):
        for name in names:
            (self.root / name).write_text(f"// at {self.now}\n")
        (self.root / ".clang-tidy").touch()

    def commit(self, *names):
        self.write(*names)
        self.git("-C", self.root, "add", "-A")
        self.git("-C", self.root, "commit", "-q", "--allow-empty", "-m", "change")
        self.now += HOUR

    def lint(self, *options, root=None):
        """What it says. The sources are those with a name of one letter and a number."""
        root = root or self.root
        self.looked_at = []

        def check(source, _):
            self.looked_at.append(source.name)
            return True, ""

        said = io.StringIO()
        with mock.patch.multiple(clang_tidy, ROOT=root, TIDY="true", CACHE=self.folder / "cache", check=check,
                                 all_sources=lambda: sorted(root.glob("[a-z][0-9]*.cpp"))), \
                mock.patch.object(sys, "argv", ["clang_tidy.py", *options]), contextlib.redirect_stdout(said):
            self.assertEqual(0, clang_tidy.main())
        self.looked_at.sort()
        return said.getvalue()

    def test_all_of_the_last_day_and_ten_commits_at_least(self):
        self.commit("a0.cpp", "a1.cpp")
        for number in range(1, 31):
            self.commit(f"b{number}.cpp")
        self.lint()
        self.assertEqual(sorted(f"b{number}.cpp" for number in range(7, 31)), self.looked_at)
        self.now += 100 * HOUR
        self.commit("c1.cpp")
        said = self.lint()
        self.assertIn("10 changed in the work tree and the last 10 commits", said)
        self.assertEqual(["c1.cpp"], self.looked_at)  # the others are known to be clean
        self.write("d1.cpp", "a1.cpp")
        said = self.lint()
        self.assertIn("12 changed", said)
        self.assertEqual(["a1.cpp", "d1.cpp"], self.looked_at)

    def test_where_there_is_no_earlier_commit_all_are(self):
        for number in range(3):
            self.commit(f"a{number}.cpp")
        shallow = self.folder / "shallow"
        self.git("clone", "-q", "--depth", "1", f"file://{self.root}", shallow)
        said = self.lint(root=shallow)
        self.assertEqual(["a0.cpp", "a1.cpp", "a2.cpp"], self.looked_at)
        self.assertIn("3 sources, all; 3 looked at", said)

    def test_beyond_the_bound_the_last_changed_are_and_how_many_are_left_out_is_said(self):
        self.commit("a0.cpp")
        self.commit(*(f"b{number}.cpp" for number in range(50)))
        self.commit(*(f"c{number}.cpp" for number in range(50)))
        said = self.lint()
        self.assertEqual((50, 10), tuple(sum(name[0] == letter for name in self.looked_at) for letter in "cb"))
        self.assertIn("40 more that changed were left out", said)
        # What has been looked at leaves room for them.
        self.assertNotIn("left out", self.lint())
        self.assertEqual(40, len(self.looked_at))

    def test_a_header_stands_for_one_source(self):
        self.commit("a1.cpp", "a2.cpp", "a1.hpp", "b.hpp")
        (self.root / "a2.cpp").write_text('#include "b.hpp"\n')
        self.commit()
        for _ in range(12):
            self.commit()
        self.now += 100 * HOUR
        self.commit("a1.hpp")
        self.write("b.hpp")
        self.lint()
        self.assertEqual(["a1.cpp", "a2.cpp"], self.looked_at)


if __name__ == "__main__":
    unittest.main()
