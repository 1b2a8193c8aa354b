"""The proof of 'nothing lost, nothing twice': the simulators' ledgers against the store, frame by frame."""

from collections import Counter


def unique_in_order(frames):
    """The identities that were sent, each once, in the order of first sending."""
    return list(dict.fromkeys(frame.identity for frame in frames))


def differences(linac, stored):
    """What is wrong between a Linac's ledger and its stored frames, as sentences; empty if nothing is."""
    sent = unique_in_order(linac.sent())
    wrong = []
    missing = set(sent) - set(stored)
    if missing:
        wrong.append(f"{linac.serial}: {len(missing)} of {len(sent)} frames sent are not stored, first {min(missing)}")
    invented = set(stored) - set(sent)
    if invented:
        wrong.append(f"{linac.serial}: {len(invented)} stored frames were never sent, first {min(invented)}")
    twice = [identity for identity, count in Counter(stored).items() if count > 1]
    if twice:
        wrong.append(f"{linac.serial}: {len(twice)} frames are stored more than once, first {twice[0]}")
    if not wrong and stored != sent:
        at = next(i for i, (a, b) in enumerate(zip(stored, sent)) if a != b)
        wrong.append(f"{linac.serial}: order differs from frame {at} on: stored {stored[at]}, sent {sent[at]}")
    return wrong
