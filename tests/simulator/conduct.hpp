// How each client behaved towards the Linac, and what a real machine would have made of it.
// Format of the report: docs/simulator.md, "Conduct report".
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/simulator/faults.hpp"

namespace icom::simulator {

enum class ClosedBy : std::uint8_t { open, fin, reset, simulator };
std::string_view name_of(ClosedBy closed_by);

struct ClientConduct {
  int client = 0;  ///< from 1, in the order of connecting
  std::chrono::system_clock::time_point connected;
  std::optional<std::chrono::system_clock::time_point> disconnected;
  std::uint64_t frames_sent = 0;     ///< whole ones: kinds frame, duplicate, conflict, replay
  std::uint64_t bytes_sent = 0;      ///< handed to the kernel
  std::uint64_t bytes_received = 0;  ///< a listener sends none
  bool stopped_reading =
      false;  ///< the send buffer stood full for longer than kStoppedReadingAfter
  std::chrono::milliseconds longest_stall{0};
  std::chrono::milliseconds total_stall{0};  ///< of stalls longer than kStoppedReadingAfter
  bool backlog_overflowed = false;           ///< dropped because it did not read
  ClosedBy closed_by = ClosedBy::open;
  bool beam_on_when_closed = false;

  static constexpr std::chrono::milliseconds kStoppedReadingAfter{1000};
};

/// One line for people; no name, no ID.
std::string summary_of(const ClientConduct& conduct);

/// A treatment that the record-and-verify system would not have recorded.
struct NotRecorded {
  int visit = 0;  ///< ordinal of the patient's visit
  std::string field_id;
  int client = 0;  ///< who did it
  std::string reason;
};

/// Keeps the last word of each client. Not thread-safe.
class ConductReport {
 public:
  explicit ConductReport(std::string serial) : serial_(std::move(serial)) {}

  void update(const ClientConduct& conduct) { clients_[conduct.client] = conduct; }
  /// The first cause counts; true if this treatment was not marked before.
  bool mark_not_recorded(const NotRecorded& treatment);
  void set_progress(std::uint64_t frames, std::uint64_t deliveries);
  void set_clock_jumps(const std::vector<ClockJump>& jumps) { clock_jumps_ = jumps; }

  [[nodiscard]] std::string to_json() const;
  /// In one step: a reader sees the report before or the new one. Throws std::system_error.
  void write(const std::filesystem::path& file) const;

 private:
  std::string serial_;
  std::uint64_t frames_ = 0;
  std::uint64_t deliveries_ = 0;
  std::vector<ClockJump> clock_jumps_;
  std::map<int, ClientConduct> clients_;
  std::vector<NotRecorded> not_recorded_;
};

}  // namespace icom::simulator
