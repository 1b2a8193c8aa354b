"""The spool's files, read and written by code of the tests' own: docs/storage.md, "The spool"."""

import struct
from dataclasses import dataclass, replace
from pathlib import Path

from .content_hash import content_hash

_SEGMENT_MAGIC = b"ICOMSPL\n"
_SEGMENT_HEADER = 48
_ENTRY_MARKER = b"\xe7\x1c\x0d\xa5"
_ENTRY_HEADER = 48


@dataclass(frozen=True)
class SpoolEntry:
    run: int
    seq: int
    received_us: int
    kind: int
    flags: int
    payload: bytes


def _checksum(data):
    return int(content_hash(data), 16)


def segments(folder):
    return sorted(Path(folder).glob("[0-9]*.spool"))


def read_entries(folder):
    """The intact entries of a Linac's spool, in order. Ends in a segment at the first that is not intact."""
    found = []
    for file in segments(folder):
        data, at = file.read_bytes(), _SEGMENT_HEADER
        while len(data) - at >= _ENTRY_HEADER:
            head = data[at:at + _ENTRY_HEADER]
            length, run, seq, received_us, kind, flags = struct.unpack_from("<IQQqBB", head, 4)
            payload = data[at + _ENTRY_HEADER:at + _ENTRY_HEADER + length]
            if (head[:4] != _ENTRY_MARKER or struct.unpack_from("<I", head, 44)[0] != _checksum(head[:44]) & 0xFFFFFFFF
                    or len(payload) != length or struct.unpack_from("<Q", head, 36)[0] != _checksum(payload)):
                break
            found.append(SpoolEntry(run, seq, received_us, kind, flags, payload))
            at += _ENTRY_HEADER + length
    return found


def renumbered(entries, run, first_seq):
    """The same contents as the entries of `run` from `first_seq` on."""
    return [replace(entry, run=run, seq=first_seq + index) for index, entry in enumerate(entries)]


def write_segment(folder, number, entries):
    """A segment with these entries, all of one run."""
    head = _SEGMENT_MAGIC + struct.pack("<IIQQQ", 1, 0, entries[0].run, number, entries[0].seq)
    content = [head + struct.pack("<Q", _checksum(head))]
    for entry in entries:
        head = _ENTRY_MARKER + struct.pack("<IQQqBBHQ", len(entry.payload), entry.run, entry.seq, entry.received_us, entry.kind,
                                           entry.flags, 0, _checksum(entry.payload))
        content.append(head + struct.pack("<I", _checksum(head) & 0xFFFFFFFF) + entry.payload)
    file = Path(folder) / f"{number:012}.spool"
    file.write_bytes(b"".join(content))
    return file
