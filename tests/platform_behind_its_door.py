"""Fails if a source of common/ or agent/ outside the folders of platforms (common/os/posix) includes a header of POSIX or Linux, or calls one
of their functions. Usage: platform_behind_its_door.py SOURCE

What such a file needs of the operating system stands in common/os as an interface, and is carried out in the platform's folder."""

import re
import sys
from pathlib import Path

FOLDERS = ("common", "agent")
BEHIND = ("common/os/posix/",)
# The door itself, where its types are a library's.
DOOR = {"common/os/local_channel.hpp"}

HEADERS = re.compile(
    r"(sys|linux|net|netinet|arpa|asm)/.*|"
    r"(aio|dirent|dlfcn|endian|err|fcntl|fnmatch|ftw|getopt|glob|grp|ifaddrs|langinfo|libgen|mntent|mqueue|netdb|paths|poll|pthread|pty|pwd|"
    r"regex|resolv|sched|semaphore|shadow|signal|spawn|strings|syslog|termios|ucontext|unistd|utime|utmp|wait|wordexp)\.h|"
    r"boost/asio/(posix|local)/.*|fstream|windows\.h|winsock2\.h")
# Of <csignal> these are C's, and every system has them.
SIGNALS = {"SIGINT", "SIGTERM", "SIGABRT"}
FUNCTIONS = """accept4 access alarm chdir chmod chown chroot clock_gettime clone close closedir connect creat daemon dirfd dup dup2 dup3 environ
execl execle execlp execv execve execvp faccessat fallocate fchdir fchmod fchmodat fchown fchownat fcntl fdatasync fdopen fileno flock fork
freeaddrinfo fstat fstatat fsync ftruncate getaddrinfo getegid geteuid getgid getgrgid_r getgrnam_r getgroups gethostname getpgid getpid getppid
getpriority getpwnam_r getpwuid_r getrlimit getrusage getsockname getsockopt gettid getuid getxattr inotify_add_watch inotify_init1 ioctl isatty
kill killpg lchown link linkat listen localtime_r gmtime_r lseek lstat madvise mkdir mkdirat mkdtemp mkfifo mkostemp mkstemp mlock mmap mprotect
munmap nanosleep nice open openat opendir pause pipe pipe2 poll ppoll prctl pread preadv pthread_kill pthread_setname_np pthread_sigmask pwrite
pwritev raise read readdir readlink readlinkat readv recv recvfrom recvmsg rename renameat rmdir select send sendmsg sendto setegid setenv
seteuid setgid setgroups setpgid setpriority setrlimit setsid setsockopt setuid shutdown sigaction sigaltstack sigemptyset signalfd sleep socket
socketpair stat statvfs strerror_r symlink symlinkat sync syscall sysconf timegm truncate tzset umask uname unlink unlinkat unsetenv usleep
vfork wait waitid waitpid write writev""".split()
# Written as a call of the global scope; without the colons these are names that a member or a function of ours may have as well.
CALL = re.compile(r"(?<![\w>])::(" + "|".join(FUNCTIONS) + r")\s*[(;,)]")
# Nothing of ours is called that.
PLAIN_CALL = re.compile(r"(?<![\w.:>])(fork|vfork|waitpid|pipe2|geteuid|getpid|setenv|unsetenv|chmod|chown|fdatasync|fsync|ftruncate|isatty|"
                        r"localtime_r|gmtime_r|timegm|mkdtemp|mkstemp|pthread_\w+|posix_\w+|sig(action|altstack|emptyset|fillset|procmask))\s*\(")
SIGNAL = re.compile(r"\bSIG[A-Z0-9]{2,}\b(?!_)")
STREAM = re.compile(r"\bstd::(basic_)?(i|o)?fstream\b")
MODES = re.compile(r"\bfilesystem::perms\b|\bfs::perms\b|\bperms::|\.permissions\(\)")
TEXT_OR_COMMENT = re.compile(r'//[^\n]*|/\*.*?\*/|R"(?P<mark>[^(\s]*)\(.*?\)(?P=mark)"|"(?:\\.|[^"\\\n])*"', re.DOTALL)


def faults_of(text):
    """Line and what is wrong there."""
    for number, line in enumerate(text.splitlines(), 1):
        included = re.match(r'\s*#\s*include\s*[<"]([^>"]+)[>"]', line)
        if included and HEADERS.fullmatch(included.group(1)):
            yield number, f"includes <{included.group(1)}>"
        elif included and included.group(1).startswith(BEHIND):
            yield number, f"includes {included.group(1)}, which is the platform's own"
    code = TEXT_OR_COMMENT.sub(lambda left_out: "\n" * left_out.group(0).count("\n") or " ", text)
    for number, line in enumerate(code.splitlines(), 1):
        if line.lstrip().startswith("#"):
            continue
        for call in list(CALL.finditer(line)) + list(PLAIN_CALL.finditer(line)):
            yield number, f"calls {call.group(1)}()"
        for signal in SIGNAL.findall(line):
            if signal not in SIGNALS:
                yield number, f"names {signal}: common/os/signals.hpp"
        if STREAM.search(line):
            yield number, "reads or writes a file by a stream: common/os/file_system.hpp, common/os/read_file.hpp"
        if MODES.search(line):
            yield number, "looks at mode bits: common/os/private_file.hpp"


def main():
    root = Path(sys.argv[1])
    files = [file for folder in FOLDERS for file in sorted((root / folder).rglob("*")) if file.suffix in (".cpp", ".hpp")]
    looked_at = faults = 0
    for file in files:
        name = file.relative_to(root).as_posix()
        if name.startswith(BEHIND) or name in DOOR:
            continue
        looked_at += 1
        for line, what in faults_of(file.read_text(encoding="utf-8")):
            faults += 1
            print(f"{name}:{line}: {what}")
    print(f"{looked_at} files of {' and '.join(FOLDERS)}, {faults} places that know the operating system")
    return 1 if faults or not looked_at else 0


if __name__ == "__main__":
    sys.exit(main())
