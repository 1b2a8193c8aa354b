"""What programs that are built with sanitizers (preset `asan`) report. It goes into files, so that no report is lost with a process whose
output nobody reads, or with one that its supervisor starts again. Other programs take no notice."""

import os
from pathlib import Path

# An exit code that no program of ours has. A crash is reported too, by the sanitizer in place of the program's own handler.
_OPTIONS = ["exitcode=86", "halt_on_error=1", "log_exe_name=1", "print_stacktrace=1",
            *(f"handle_{signal}=2" for signal in ("segv", "sigbus", "sigill", "sigfpe", "abort"))]
_NAME = "sanitizer-report"


class SanitizerReports:
    def __init__(self, folder):
        """`folder`: where the reports go. It exists, and the programs may write there."""
        self._folder = Path(folder)

    def environment(self):
        """For every process that may be such a program, or start one: what this one was given (by what they name what they report: see
        tests/CMakeLists.txt), and this."""
        given = os.environ.get("ASAN_OPTIONS")
        options = ":".join([*([given] if given else []), *_OPTIONS, f"log_path={self._folder / _NAME}"])
        return {"ASAN_OPTIONS": options, "UBSAN_OPTIONS": options}

    def texts(self):
        """One for each process that left any."""
        return [f"{file.name}:\n{file.read_text(errors='replace').strip()}" for file in sorted(self._folder.glob(f"{_NAME}*"))]
