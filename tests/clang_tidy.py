"""clang-tidy over the programs' sources, each by itself, as the preset `dev` compiles it.

    tests/clang_tidy.py              what the work tree and the last commits changed, by the checks that need no path analysis: those of
                                     the day before the newest, ten at least. Of more than 60 files the last changed; where there is no
                                     earlier commit (a clone of depth 1), all
    tests/clang_tidy.py --all        every source, by every check; an hour of two cores the first time

What was found clean is remembered by its content, in the user's cache, and skipped. A source's content is its own, that of every file of
ours that it includes, the checks, and clang-tidy's version. Test sources are left out: they are compiled with every warning, and gtest's
macros are most of what would be found.
"""

import argparse
import concurrent.futures
import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "build" / "dev"
TIDY = "clang-tidy-19"
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "icom-gateway" / "tidy"
FOLDERS = ("common", "agent", "gateway", "tests/simulator")
COMMITS = 10  # at least
DAY = 24 * 60 * 60
MOST = 60  # files, by the quick checks: some minutes
# The path analysis is two thirds of the time.
QUICK = ["--checks=-clang-analyzer-*"]
# Ours are included by their path from the root.
INCLUDE = re.compile(r'^#include "([^"]+)"', re.MULTILINE)


def git(*command):
    return subprocess.run(["git", "-C", ROOT, *command], capture_output=True, text=True, check=True).stdout


def all_sources():
    listed = git("ls-files", "-co", "--exclude-standard", "--", *(f"{folder}/*.cpp" for folder in FOLDERS)).splitlines()
    # What is compiled on another system only is not in the compiler's commands.
    commands = (BUILD / "compile_commands.json").read_text(encoding="utf-8")
    return [ROOT / line for line in listed if (ROOT / line).exists() and str(ROOT / line) in commands]


def last_commits():
    """How many, and the one before them; None if there is none before HEAD."""
    commits = [line.split() for line in git("log", "--first-parent", "--format=%H %ct", "HEAD").splitlines()]
    if len(commits) == 1:
        return 1, None
    newest = int(commits[0][1])
    number = max(COMMITS, sum(int(time) > newest - DAY for _, time in commits))
    number = min(number, len(commits) - 1)
    return number, commits[number][0]


def changed_files(since):
    """The last changed first."""
    new = git("ls-files", "-o", "--exclude-standard")
    changed = set((new + git("diff", "--name-only", since)).splitlines())
    by_age = new + git("diff", "--name-only", "HEAD") + git("log", "-m", "--first-parent", "--format=", "--name-only", f"{since}..HEAD")
    return [ROOT / name for name in dict.fromkeys(by_age.splitlines()) if name in changed]


class Includes:
    """What a source is made from."""

    def __init__(self):
        self._direct = {}

    def of(self, source):
        found, todo = set(), [source]
        while todo:
            file = todo.pop()
            if file not in found:
                found.add(file)
                todo += self._directly(file)
        return sorted(found)

    def _directly(self, file):
        if file not in self._direct:
            paths = (ROOT / name for name in INCLUDE.findall(file.read_text(encoding="utf-8")))
            self._direct[file] = [path for path in paths if path.exists()]
        return self._direct[file]


def chosen(sources, changed):
    """Changed sources, and for a changed header the source of its name, or else one that includes it directly."""
    picked = []
    for file in changed:
        own = file.with_suffix(".cpp")
        if file in sources:
            picked.append(file)
        elif file.suffix == ".hpp":
            text = f'#include "{file.relative_to(ROOT)}"'
            picked += [own] if own in sources else [s for s in sources if text in s.read_text(encoding="utf-8")][:1]
    return list(dict.fromkeys(picked))


def digest(files, common):
    state = hashlib.sha256(common)
    for file in files:
        state.update(str(file.relative_to(ROOT)).encode() + b"\n" + file.read_bytes())
    return state.hexdigest()


def check(source, options):
    done = subprocess.run([TIDY, "-p", BUILD, "--quiet", *options, source], capture_output=True, text=True)
    return done.returncode == 0, done.stdout + (done.stderr if done.returncode else "")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--all", action="store_true")
    asked = parser.parse_args()

    sources = all_sources()
    if not sources:
        print(f"clang-tidy: {BUILD} knows no source", file=sys.stderr)
        return 1
    options = [] if asked.all else QUICK
    number, since = last_commits()
    every = asked.all or since is None
    looked_for = sources if every else chosen(sources, changed_files(since))
    version = subprocess.run([TIDY, "--version"], capture_output=True, check=True).stdout
    common = version + (ROOT / ".clang-tidy").read_bytes() + "".join(options).encode()
    includes = Includes()
    keys = {source: digest(includes.of(source), common) for source in looked_for}
    CACHE.mkdir(parents=True, exist_ok=True)
    todo = [source for source in looked_for if not (CACHE / keys[source]).exists()]
    left_out = [] if every else todo[MOST:]
    todo = todo[:len(todo) - len(left_out)]
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for source, (clean, text) in zip(todo, pool.map(lambda source: check(source, options), todo)):
            if clean:
                (CACHE / keys[source]).touch()
            else:
                failed += 1
                print(text)
    why = "all" if every else f"{len(looked_for)} changed in the work tree and the last {number} commits"
    print(f"clang-tidy: {len(sources)} sources, {why}; {len(todo)} looked at, {failed} with findings")
    if left_out:
        print(f"clang-tidy: {len(left_out)} more that changed were left out, the last of them {left_out[0].relative_to(ROOT)}: --all")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
