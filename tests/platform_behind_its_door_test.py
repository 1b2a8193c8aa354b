"""What counts as knowing the operating system, and what does not."""

import unittest

from tests.platform_behind_its_door import faults_of


def whats(text):
    return [what for _, what in faults_of(text)]


class WhatIsFound(unittest.TestCase):
    def test_headers_of_the_system(self):
        for header in ("unistd.h", "fcntl.h", "sys/stat.h", "netinet/tcp.h", "linux/openat2.h", "poll.h", "signal.h", "pwd.h", "fstream"):
            self.assertEqual(whats(f"#include <{header}>\n"), [f"includes <{header}>"])

    def test_headers_of_the_platform(self):
        self.assertEqual(len(whats('#include "common/os/posix/file.hpp"\n')), 1)

    def test_calls_by_their_names(self):
        for call in ("::open(path, flags)", "::close(descriptor)", "::fork()", "::kill(process, 9)", "const int x = ::dup(y);"):
            self.assertEqual(len(whats(f"void f() {{ {call}; }}\n")), 1, call)
        self.assertEqual(whats("void f() { getpid(); }\n"), ["calls getpid()"])

    def test_signals_beyond_those_of_c(self):
        self.assertEqual(len(whats("signal_set signals(io, SIGTERM, SIGUSR2);\n")), 1)
        self.assertEqual(whats("signal_set signals(io, SIGTERM, SIGINT);\n"), [])

    def test_streams_of_files_and_mode_bits(self):
        self.assertEqual(len(whats("std::ifstream file(path);\n")), 1)
        self.assertEqual(len(whats("if (status.permissions() == none) return;\n")), 1)

    def test_lines_are_counted_behind_comments_and_texts(self):
        text = '/* two\nlines */ const char* a = R"(three\nmore)";\n::close(x);\n'
        self.assertEqual(list(faults_of(text)), [(4, "calls close()")])


class WhatIsNot(unittest.TestCase):
    def test_members_and_functions_of_ours(self):
        for code in ("file.close();", "link->open(x);", "std::filesystem::rename(a, b);", "os::close_file(x);", "listen();", "Door::open();"):
            self.assertEqual(whats(f"void f() {{ {code} }}\n"), [], code)

    def test_comments_and_texts(self):
        self.assertEqual(whats('// ::open() of <unistd.h>, SIGKILL\nconst char* help = "A SIGUSR2 ... ::fork()";\n'), [])

    def test_headers_of_the_language(self):
        self.assertEqual(whats("#include <csignal>\n#include <cerrno>\n#include <ctime>\n#include <system_error>\n"), [])


if __name__ == "__main__":
    unittest.main()
