"""Fails if a relative link in README.md or docs/*.md names a file, or a heading, that is not there. Usage: links_exist.py SOURCE"""

import re
import sys
from functools import cache
from pathlib import Path

LINK = re.compile(r"\[[^\[\]]*\]\(([^()\s]+)\)")
HEADING = re.compile(r"^#{1,6} +(.*?) *#*$")
ELSEWHERE = re.compile(r"^[a-z][a-z0-9+.-]*:")


def prose(file):
    """Its lines with their numbers, without blocks of code."""
    fenced = False
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        if line.lstrip().startswith("```"):
            fenced = not fenced
        elif not fenced:
            yield number, line


def anchor(heading):
    """What GitHub makes of a heading: the words of its text, with hyphens between them."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
    return re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")


@cache
def anchors(file):
    found = {}
    for _, line in prose(file):
        if heading := HEADING.match(line):
            name = anchor(heading.group(1))
            found[name] = found.get(name, -1) + 1
    # The second heading of a name is NAME-1.
    return {name if again == 0 else f"{name}-{again}" for name, times in found.items() for again in range(times + 1)}


def links(file):
    for number, line in prose(file):
        for target in LINK.findall(re.sub(r"`[^`]*`", "", line)):
            if not ELSEWHERE.match(target):
                yield number, target


def why_broken(file, target):
    """None if it is not."""
    path, _, fragment = target.partition("#")
    aim = (file.parent / path).resolve() if path else file
    if not aim.exists():
        return f"there is no {path}"
    if fragment and fragment not in anchors(aim):
        return f"{aim.name} has no heading for #{fragment}"
    return None


def main():
    source = Path(sys.argv[1]).resolve()
    count, broken = 0, []
    for file in [source / "README.md", *sorted((source / "docs").glob("*.md"))]:
        for number, target in links(file):
            count += 1
            if why := why_broken(file, target):
                broken.append(f"{file.relative_to(source)}:{number}: {why}")
    print(*broken, f"{count} links, {len(broken)} of them broken", sep="\n")
    return 1 if broken or not count else 0


if __name__ == "__main__":
    sys.exit(main())
