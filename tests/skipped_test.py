"""That no test is skipped without being named, with the reason."""

import contextlib
import io
import os
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from tests import skipped

RESULTS = """<?xml version="1.0" encoding="UTF-8"?>
<testsuite>
  <testcase name="integration.several" status="run"><system-out>test_a (tests.x.A.test_a) ... skipped 'needs root'
test_b (tests.x.A.test_b)
What it is about. ... a line of its own
skipped "it's gone"
test_c (tests.x.A.test_c) ... ok
setUpClass (tests.x.B) ... skipped 'no disk'

OK (skipped=3)
</system-out></testcase>
  <testcase name="Suite.Name" status="notrun"><skipped message="SKIP_REGULAR_EXPRESSION_MATCHED"/><system-out>[ RUN      ] Suite.Name
/a/b_test.cpp:12: Skipped
only root can be another account

[  SKIPPED ] Suite.Name (0 ms)
</system-out></testcase>
  <testcase name="chaos.short_run" status="notrun"><skipped message="SKIP_RETURN_CODE=77"/><system-out>tests/chaos/run: needs root
</system-out></testcase>
  <testcase name="Good.One" status="run"><system-out>[       OK ] Good.One (1 ms)
</system-out></testcase>
</testsuite>
"""


class Skipped(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.results = Path(folder.name) / "results.xml"
        self.results.write_text(RESULTS)

    def test_each_is_named_with_its_reason(self):
        self.assertEqual([("integration.several, test_a", "needs root"), ("integration.several, test_b", "it's gone"),
                          ("integration.several, setUpClass", "no disk"), ("Suite.Name", "only root can be another account"),
                          ("chaos.short_run", "tests/chaos/run: needs root")], skipped.skipped(self.results))

    def test_it_is_a_failure_where_none_may_be(self):
        for value, code in (("1", 1), ("", 0)):
            with mock.patch.object(sys, "argv", ["skipped.py", str(self.results)]), mock.patch.dict(os.environ, ICOM_NO_SKIPS=value), \
                    contextlib.redirect_stdout(io.StringIO()):
                self.assertEqual(code, skipped.main())


if __name__ == "__main__":
    unittest.main()
