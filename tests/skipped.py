"""Says which tests ctest skipped, or skipped parts of, and why. Usage: skipped.py RESULTS, what ctest --output-junit wrote.

A machine that has what all of them need sets ICOM_NO_SKIPS=1: then one that was skipped is a failure (exit code 1)."""

import os
import re
import sys
import xml.etree.ElementTree as ElementTree

# unittest -v: the test, its description if it has one, and behind "..." whatever it printed itself.
PYTHON = re.compile(r"^(?P<name>\w+) \([\w.]+\)(?: \.\.\.|$)|\bskipped (?P<quote>['\"])(?P<reason>.*)(?P=quote)$", re.MULTILINE)
GOOGLE = re.compile(r"^\S+:\d+: Skipped\n(?P<reason>(?:(?!\[).*\n)*)", re.MULTILINE)


def parts_skipped(output):
    """Of a test that is many: [(which of them, why)]"""
    found, name = [], ""
    for match in PYTHON.finditer(output):
        if match["reason"] is None:
            name = match["name"]
        else:
            found.append((name, match["reason"]))
    return found


def reason_of(output):
    google = GOOGLE.search(output)
    lines = (google["reason"] if google else output).split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "it does not say why")


def skipped(results):
    """[(test, why)]"""
    found = []
    for case in ElementTree.parse(results).getroot().iter("testcase"):
        output = case.findtext("system-out") or ""
        if case.find("skipped") is not None:
            found.append((case.get("name"), reason_of(output)))
        else:
            found += [(f"{case.get('name')}, {name}", why) for name, why in parts_skipped(output)]
    return found


def main():
    found = skipped(sys.argv[1])
    for name, why in found:
        print(f"skipped: {name}: {why}")
    if found and os.environ.get("ICOM_NO_SKIPS") == "1":
        print(f"{len(found)} skipped, and ICOM_NO_SKIPS=1: none may be")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
