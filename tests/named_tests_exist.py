"""Fails if docs/reliability.md names a test that ctest does not know. Usage: named_tests_exist.py BUILD DOCUMENT"""

import json
import re
import subprocess
import sys
from pathlib import Path

# Suite.Name, without file names and host names: a suite of GoogleTest is capitalised, those of processes are known.
NAME = re.compile(r"`((?:[A-Z]\w*|integration|chaos)\.\w+)`")


def known_tests(build):
    listing = subprocess.run(["ctest", "--test-dir", build, "--show-only=json-v1"], check=True, capture_output=True, text=True)
    names = [test["name"] for test in json.loads(listing.stdout)["tests"]]
    # Not every build has all of them; that each is in a target is another test's business.
    whole = {f"integration.{path.stem}" for path in (Path(__file__).parent / "integration").glob("*_test.py")}
    # A parameterised test is Instance/Suite.Name/Parameter.
    return whole | {re.sub(r"^[^/.]*/", "", name).split("/")[0] for name in names}


def main():
    build, document = sys.argv[1:]
    known = known_tests(build)
    named = set(NAME.findall(Path(document).read_text(encoding="utf-8")))
    missing = sorted(named - known)
    for name in missing:
        print(f"{document}: no test is called {name}")
    print(f"{len(named)} tests are named, {len(missing)} of them do not exist")
    return 1 if missing or not named else 0


if __name__ == "__main__":
    sys.exit(main())
