"""A guide's commands and what they are said to show, taken from its Markdown, so that the guide and the programs cannot drift apart.

A block of commands is fenced as ```sh MACHINE, with `in-the-clone` behind it where they are given in a clone of the repository. What they show is the
next block, fenced as ```text; what may be otherwise each time is written as ... there. `<!-- carry FILE from MACHINE to MACHINE -->` is what a person
does with a USB stick, `<!-- edit FILE on MACHINE -->` puts the next block (of any language) into a file."""

import re
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Run:
    line: int
    machine: str
    commands: str
    words: list
    shows: list = field(default_factory=list)


@dataclass
class Carry:
    line: int
    file: str
    source: str
    target: str


@dataclass
class Edit:
    line: int
    file: str
    machine: str
    text: str


_FENCE = re.compile(r"^```(\S*) ?(.*)$")
_CARRY = re.compile(r"^<!-- carry (\S+) from (\S+) to (\S+) -->$")
_EDIT = re.compile(r"^<!-- edit (\S+) on (\S+) -->$")


def steps(file):
    """In the guide's order."""
    found = []
    edit = None
    lines = iter(enumerate(Path(file).read_text(encoding="utf-8").splitlines(), 1))
    for number, line in lines:
        if carry := _CARRY.match(line):
            found.append(Carry(number, *carry.groups()))
        elif mark := _EDIT.match(line):
            edit = mark.groups()
        elif fence := _FENCE.match(line):
            block = _block(lines)
            language, words = fence.group(1), fence.group(2).split()
            if edit:
                found.append(Edit(number, *edit, "\n".join(block) + "\n"))
                edit = None
            elif language == "sh" and words:
                found.append(Run(number, words[0], "\n".join(block), words[1:]))
            elif language == "text" and found and isinstance(found[-1], Run) and not found[-1].shows:
                found[-1].shows = block
    return found


def _block(lines):
    block = []
    for _, line in lines:
        if line.startswith("```"):
            return block
        block.append(line)
    raise ValueError("a block without an end")


def not_shown(shows, output):
    """Of the lines that a guide shows, in order, the first that the output does not have; None if it has all. Numbers may differ."""
    rest = output.splitlines()
    for shown in shows:
        if not shown.strip():
            continue
        pattern = re.compile(_pattern(shown))
        for at, line in enumerate(rest):
            if pattern.fullmatch(line.rstrip()):
                rest = rest[at + 1:]
                break
        else:
            return shown
    return None


def _pattern(shown):
    parts = re.split(r"(\.\.\.|\d+(?:\.\d+)?|\s+)", shown.rstrip())
    return "".join(_part(part) for part in parts)


def _part(part):
    if part == "...":
        return ".*"
    if re.fullmatch(r"\d+(?:\.\d+)?", part):
        return r"\d+(?:\.\d+)?"
    return r"\s+" if part.isspace() else re.escape(part)
