// Entries <-> the compressed bytes of a Frames message. No I/O. docs/protocol.md, "Batches".
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/icom/bytes.hpp"
#include "common/icom/stream_entry.hpp"

namespace icom::link {

/// The protocol's version: raised when an older peer could not understand a newer one.
inline constexpr std::uint32_t kLinkProtocol = 2;
/// That of agents which send their token in clear: taken from a site until it has proved itself.
inline constexpr std::uint32_t kClearTokenProtocol = 1;

/// One entry between spool and store. `bytes` is borrowed on the way in, and lives in the
/// DecodedBatch on the way out.
struct LinkEntry {
  std::uint32_t linac = 0;  ///< the session's number of the Linac
  EntryKind kind = EntryKind::frame;
  std::uint64_t run = 0;  ///< never 0
  std::uint64_t seq = 0;  ///< from 1 within the run
  std::int64_t received_us = 0;
  Bytes bytes;  ///< frames at most Framer::kMaxFrame
};

/// One per connection: the state of compression and of each Linac's delta coding runs on from
/// batch to batch, so every batch must be sent, in order. Not thread-safe.
class BatchEncoder {
 public:
  BatchEncoder();
  ~BatchEncoder();
  /// Adds to the batch being built.
  void add(const LinkEntry& entry);
  [[nodiscard]] std::size_t entries() const;    ///< in the batch being built
  [[nodiscard]] std::size_t raw_bytes() const;  ///< their `bytes` together
  /// The bytes of one Frames.compressed; the next batch begins.
  std::string finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Moves only: the entries borrow from the arena.
struct DecodedBatch {
  DecodedBatch() = default;
  DecodedBatch(DecodedBatch&&) = default;
  DecodedBatch& operator=(DecodedBatch&&) = default;

  std::vector<LinkEntry> entries;
  ByteVector arena;  ///< what the entries' `bytes` borrow from
};

/// The inverse. Input is untrusted. What it may cost is bounded before anything is decoded: the
/// plain text (kMaxBatchBytes and what stands beside the entries' bytes), and in it the entries
/// (kMaxBatchEntries) and their fields (kMaxEntryParts). Not thread-safe.
class BatchDecoder {
 public:
  /// In frames' bytes. An agent sends kBatchBytes and one more entry of up to 2 MiB.
  static constexpr std::size_t kMaxBatchBytes = 8U << 20U;
  BatchDecoder();
  ~BatchDecoder();
  /// Returns nullopt, and a reason in `error`, if the bytes are malformed or the entries do not fit
  /// the batch's checksum. The decoder, and with it the connection, is then of no use.
  std::optional<DecodedBatch> decode(std::string_view compressed, std::string& error);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace icom::link
