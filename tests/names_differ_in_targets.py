"""Fails if two sources of a target have a name of their own in common, since in a batch they are one. Usage:
names_differ_in_targets.py BUILD SOURCE

A source's own names are those of its unnamed namespaces, and those that it declares `static` or `constexpr` outside of classes and
functions. Functions that take different things may not share one either: the compiler would tell them apart, a reader would not.
Nor may a function give another source's own name to a type: Clang warns of that (-Wshadow), GCC does not.
This reads C++ as this project writes it, without macros but those of GoogleTest."""

import json
import re
import sys
from collections import defaultdict
from pathlib import Path

NOTHING = re.compile(r'//[^\n]*|/\*.*?\*/|^[ \t]*#(?:[^\n]*\\\n)*[^\n]*|R"(?P<mark>[^(\s]*)\(.*?\)(?P=mark)"|"(?:\\.|[^"\\\n])*"'
                     r"|(?<!\w)'(?:\\.|[^'\\\n])+'", re.DOTALL | re.MULTILINE)
TOKEN = re.compile(r"[A-Za-z_]\w*|::|\d[\w'.]*|\S")
CLOSES = {"(": ")", "{": "}", "[": "]"}
PRINTER = "PrintTo"  # GoogleTest looks for this one, by what it takes
MACRO = re.compile(r"[A-Z][A-Z0-9_]+")


def behind(tokens, at):
    """Where it goes on behind the bracket that closes the one there."""
    opens, depth = tokens[at], 0
    for i in range(at, len(tokens)):
        depth += (tokens[i] == opens) - (tokens[i] == CLOSES[opens])
        if depth == 0:
            return i + 1
    raise ValueError(f"no {CLOSES[opens]} for {' '.join(tokens[max(at - 8, 0):at + 1])}")


def declaration(tokens, at):
    """The one that begins there, each bracket in it without what it holds, and where the next one begins."""
    head = []
    while at < len(tokens) and tokens[at] != ";":
        head.append(tokens[at])
        if tokens[at] not in CLOSES:
            at += 1
            continue
        at = behind(tokens, at)
        # A body ends it, if it is none of several initializers, or part of a value.
        is_value = "=" in outside_angles(head) and "operator" not in head
        if head[-1] == "{" and not is_value and tokens[at:at + 1] not in (["{"], [","], [";"]):
            return head, at
    return head, at + 1


def outside_angles(head):
    kept, depth = [], 0
    for i, one in enumerate(head):
        if one in "<>" and "operator" not in head[:i]:
            depth += 1 if one == "<" else -1
        elif depth == 0:
            kept.append(one)
    return kept


def name_of(head):
    """None if it declares none, or a member of something that is declared elsewhere."""
    plain = outside_angles(head)
    if plain[:1] == ["template"]:
        plain = plain[1:]
    while plain[:1] == ["["]:  # an attribute
        plain = plain[1:]
    if not plain or plain[0] in ("static_assert", "friend", "extern", "namespace") or MACRO.fullmatch(plain[0]):
        return None
    if plain[0] == "using":
        return plain[1] if "=" in plain else None
    end = next((i for i, one in enumerate(plain) if one in ("(", "{", "[", "=", ":")), len(plain))
    words = [one for one in plain[:end] if one != "final"]
    if len(words) < 2 or not words[-1].isidentifier() or words[-2] in ("::", "~") or "operator" in words:
        return None
    return words[-1]


def own_names(tokens, space="", unnamed=False):
    """Each with what it is another name for, if it is one."""
    at = 0
    while at < len(tokens):
        opened = tokens.index("{", at) if tokens[at] == "namespace" and "{" in tokens[at:] else 0
        if opened and not {";", "="} & set(tokens[at:opened]):
            end, name = behind(tokens, opened), "".join(tokens[at + 1:opened])
            yield from own_names(tokens[opened + 1:end - 1], f"{space}::{name}" if name else space, unnamed or not name)
            at = end
            continue
        head, at = declaration(tokens, at)
        name = name_of(head)
        if name and name != PRINTER and (unnamed or {"static", "constexpr"} & set(head[:head.index(name)]) and "inline" not in head):
            yield f"{space}::{name}", " ".join(head[2:]) if head[0] == "using" else None


def types_of_functions(tokens, space=""):
    """The namespace, and the name that a function in it gives to a type."""
    at = 0
    while at < len(tokens):
        opened = tokens.index("{", at) if tokens[at] == "namespace" and "{" in tokens[at:] else 0
        if opened and not {";", "="} & set(tokens[at:opened]):
            end, name = behind(tokens, opened), "".join(tokens[at + 1:opened])
            yield from types_of_functions(tokens[opened + 1:end - 1], f"{space}::{name}" if name else space)
            at = end
            continue
        head, end = declaration(tokens, at)
        if {"(", "{"} <= set(head):
            yield from ((space, tokens[i + 1]) for i in range(at, end - 2) if tokens[i] == "using" and tokens[i + 2] == "=")
        at = end


def shadowed(sources, own, inner):
    """What a function of one source calls a type, and another source something in the same or an outer namespace."""
    for source in sources:
        for space, name in inner[source]:
            for other in sources:
                if other != source and any(f"{outer}::{name}" in own[other] for outer in outer_spaces(space)):
                    yield f"{name} of {other} is hidden by a function of {source}"


def outer_spaces(space):
    parts = space.split("::")
    return ["::".join(parts[:count]) for count in range(1, len(parts) + 1)]


def sources_of_targets(build, root):
    targets = defaultdict(set)
    for entry in json.loads((build / "compile_commands.json").read_text(encoding="utf-8")):
        target = re.search(r"CMakeFiles/([^/]+)\.dir/", entry["command"]).group(1)
        file = Path(entry["file"])
        batch = re.findall(r'#include "([^"]+)"', file.read_text(encoding="utf-8")) if file.name.startswith("unity_") else [file]
        targets[target].update(one for one in map(Path, batch) if one.is_relative_to(root) and not one.is_relative_to(build))
    return targets


def main():
    build, root = (Path(argument).resolve() for argument in sys.argv[1:])
    in_file, inner = {}, {}
    repeated = 0
    for target, sources in sorted(sources_of_targets(build, root).items()):
        where, meaning = defaultdict(list), defaultdict(set)
        for source in sorted(sources):
            if source not in in_file:
                tokens = TOKEN.findall(NOTHING.sub(" ", source.read_text(encoding="utf-8")))
                in_file[source], inner[source] = set(own_names(tokens)), set(types_of_functions(tokens))
            for name, stands_for in in_file[source]:
                where[name].append(str(source.relative_to(root)))
                meaning[name].add(stands_for)
        for name, files in sorted(where.items()):
            # Another name for one and the same type may be given twice.
            if len(set(files)) > 1 and (None in meaning[name] or len(meaning[name]) > 1):
                repeated += 1
                print(f"{target}: {name} is in {', '.join(files)}")
        names = {str(source.relative_to(root)): {name for name, _ in in_file[source]} for source in sources}
        for hidden in shadowed(sorted(names), names, {str(source.relative_to(root)): inner[source] for source in sources}):
            repeated += 1
            print(f"{target}: {hidden}")
    names = sum(map(len, in_file.values()))
    print(f"{names} names of {len(in_file)} sources, {repeated} of them more than once in a target")
    return 1 if repeated or not names else 0


if __name__ == "__main__":
    sys.exit(main())
