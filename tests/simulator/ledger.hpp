// What was sent to whom: one line a message, for tests that count. Format: docs/simulator.md,
// "Ledger".
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string_view>

#include "tests/simulator/message.hpp"

namespace icom::simulator {

using WallTime = std::chrono::system_clock::time_point;

/// Not thread-safe. A line reaches the operating system at the next flush(), so killing the
/// simulator costs the lines since then, and nothing survives a machine's crash for certain. The
/// destructor flushes.
class Ledger {
 public:
  /// A ledger that keeps nothing.
  Ledger() = default;
  /// Starts `file` afresh. Throws std::system_error if it cannot be written.
  Ledger(const std::filesystem::path& file, std::string_view serial);

  void connected(int client, WallTime when);
  /// All of `message` has been handed to the kernel.
  void sent(int client, WallTime when, const Message& message);
  /// The connection ended when only the first `size` bytes had been handed over. Precondition: 0 <
  /// size.
  void cut_short(int client, WallTime when, const Message& message, std::size_t size);
  /// `how`: as ClientConduct::closed_by. `unacknowledged`: bytes handed over that the client's
  /// machine had not acknowledged.
  void disconnected(int client, WallTime when, std::string_view how, std::size_t unacknowledged);
  /// A frame that was made but sent to nobody. To be told once the stream has gone on, when a
  /// reader can see the gap.
  void skipped(const Payload& frame);

  void flush();
  /// False once a write has failed (disk full): the ledger is not complete.
  [[nodiscard]] bool good() const { return good_; }

 private:
  void line(int client, WallTime when, const Message& message, MessageKind kind, Bytes bytes,
            std::uint64_t hash);

  std::ofstream out_;
  bool good_ = true;
};

}  // namespace icom::simulator
