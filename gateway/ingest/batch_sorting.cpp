#include "gateway/ingest/batch_sorting.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

namespace icom::ingest {
namespace {

/// Positions of each Linac that a batch has entries of, once they are taken.
using Received = std::map<std::uint32_t, RunPositions>;

/// Refuses before anything is changed. Positions must rise within a run: the store leaves out what
/// is not above the run's stored position, and an ack would then cover what was never kept.
std::variant<Received, link::Refused> follow(const link::DecodedBatch& batch,
                                             const AcceptedLinacs& linacs) {
  Received received;
  for (const link::LinkEntry& entry : batch.entries) {
    const auto linac = linacs.find(entry.linac);
    if (linac == linacs.end()) {
      return refusal(link::Refused::NOT_YOUR_LINAC, "an entry names Linac number " +
                                                        std::to_string(entry.linac) +
                                                        ", which was not accepted in this session");
    }
    RunPositions& of_linac =
        received.try_emplace(entry.linac, linac->second.received).first->second;
    const std::uint64_t last = of_linac.last_of(entry.run);
    if (entry.seq <= last) {
      return refusal(link::Refused::MALFORMED, "entries of Linac " + linac->second.serial +
                                                   " go back from " + std::to_string(last) +
                                                   " to " + std::to_string(entry.seq));
    }
    of_linac.note(entry.run, entry.seq);
  }
  return received;
}

void add(const link::LinkEntry& entry, Bytes bytes, std::vector<store::IncomingEntry>& to) {
  store::IncomingEntry& added = to.emplace_back();
  added.kind = entry.kind;
  added.run = entry.run;
  added.seq = entry.seq;
  added.received_us = entry.received_us;
  added.bytes = bytes;
  if (entry.kind != EntryKind::frame) return;
  if (const std::optional<FrameIdentity> identity = identify(bytes)) {
    added.identity = *identity;
    added.facts = facts_of(bytes);
  } else {
    added.kind = EntryKind::junk;
  }
}

/// The entries of one Linac, in an arena of their own.
void copy_linac(const link::DecodedBatch& batch, SortedBatch& to) {
  std::size_t size = 0;
  for (const link::LinkEntry& entry : batch.entries) {
    if (entry.linac == to.number) size += entry.bytes.size();
  }
  ByteVector& arena = to.incoming.arena;
  arena.reserve(size);  // so that it does not move while entries borrow from it
  for (const link::LinkEntry& entry : batch.entries) {
    if (entry.linac != to.number) continue;
    append(arena, entry.bytes);
    add(entry, Bytes(arena).last(entry.bytes.size()), to.incoming.entries);
  }
}

/// All entries, with the arena that they are in.
void take_all(link::DecodedBatch batch, SortedBatch& to) {
  to.incoming.entries.reserve(batch.entries.size());
  for (const link::LinkEntry& entry : batch.entries) add(entry, entry.bytes, to.incoming.entries);
  to.incoming.arena = std::move(batch.arena);
}

}  // namespace

std::variant<std::vector<SortedBatch>, link::Refused> sort_batch(link::DecodedBatch batch,
                                                                 AcceptedLinacs& linacs) {
  auto followed = follow(batch, linacs);
  if (auto* fault = std::get_if<link::Refused>(&followed)) return std::move(*fault);
  for (auto& [number, received] : std::get<Received>(followed)) {
    linacs.at(number).received = std::move(received);
  }

  std::vector<SortedBatch> sorted;
  for (const link::LinkEntry& entry : batch.entries) {
    auto own = std::ranges::find(sorted, entry.linac, &SortedBatch::number);
    if (own == sorted.end()) {
      own = sorted.emplace(sorted.end());
      own->number = entry.linac;
    }
    own->run = entry.run;
    own->seq = entry.seq;
  }
  for (SortedBatch& own : sorted) {
    const AcceptedLinac& linac = linacs.at(own.number);
    own.incoming.linac = linac.id;
    own.incoming.chain = linac.chain;
  }
  // Most batches are of one Linac: these keep the arena that they were decoded into.
  if (sorted.size() == 1) {
    take_all(std::move(batch), sorted.front());
  } else {
    for (SortedBatch& own : sorted) copy_linac(batch, own);
  }
  return sorted;
}

}  // namespace icom::ingest
