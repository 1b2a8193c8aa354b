"""clang-tidy over the programs' sources, skipping those that it has found clean before with the same content.

A source's content is its own, that of every file of ours that it includes (as ninja knows from compiling it), the settings, and
clang-tidy's version. Test sources are left out: they are compiled with every warning, and gtest's macros are most of what would be found.
"""

import concurrent.futures
import hashlib
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "build" / "release"
TIDY = "clang-tidy-19"
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "icom-gateway" / "tidy"
FOLDERS = ("common", "agent", "gateway", "tests/simulator")


def sources_with_includes():
    """{source: the files of ours that its object was made from}, from ninja's own record."""
    listed = subprocess.run(["ninja", "-C", BUILD, "-t", "deps"], capture_output=True, text=True, check=True).stdout
    found = {}
    for block in listed.split("\n\n"):
        files = []
        for line in block.splitlines()[1:]:
            path = (BUILD / line.strip()).resolve()
            if path.is_relative_to(ROOT) and not path.is_relative_to(ROOT / "build"):
                files.append(path)
        if files and files[0].suffix == ".cpp":
            found[files[0]] = sorted(files)
    return {source: files for source, files in found.items()
            if any(source.is_relative_to(ROOT / folder) for folder in FOLDERS)}


def digest(source, files, common):
    state = hashlib.sha256(common)
    state.update(str(source.relative_to(ROOT)).encode())
    for file in files:
        state.update(file.read_bytes())
    return state.hexdigest()


def check(source):
    done = subprocess.run([TIDY, "-p", BUILD, "--quiet", source], capture_output=True, text=True)
    return done.returncode == 0, done.stdout + (done.stderr if done.returncode else "")


def main():
    version = subprocess.run([TIDY, "--version"], capture_output=True, check=True).stdout
    common = version + (ROOT / ".clang-tidy").read_bytes()
    sources = sources_with_includes()
    keys = {source: digest(source, files, common) for source, files in sources.items()}
    CACHE.mkdir(parents=True, exist_ok=True)
    todo = [source for source in sources if not (CACHE / keys[source]).exists()]
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for source, (clean, text) in zip(todo, pool.map(check, todo)):
            if clean:
                (CACHE / keys[source]).touch()
            else:
                failed += 1
                print(text)
    print(f"clang-tidy: {len(sources)} sources, {len(todo)} looked at, {failed} with findings")
    return 1 if failed or not sources else 0


if __name__ == "__main__":
    sys.exit(main())
