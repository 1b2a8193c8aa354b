// What a reader may ask a running gateway: docs/protocol.md, "Readers".
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace icom::readers {

enum class Question { records, export_record, ledger, frames, gaps, clocks, sites };

/// As the command line of that command has it; what a question does not know is not set.
struct ReaderRequest {
  Question question = Question::records;
  std::optional<std::string> site = std::nullopt;
  std::optional<std::string> linac = std::nullopt;
  std::optional<std::string> patient = std::nullopt;
  std::optional<std::int64_t> since = std::nullopt;  ///< seconds of the Linac's clock
  std::optional<std::int64_t> until = std::nullopt;  ///< likewise, not included
  bool with_undelivered = false;
  bool json = false;
  std::int64_t record = 0;
  std::string format = {};

  bool operator==(const ReaderRequest&) const = default;
};

/// Of a request as text, with its end.
inline constexpr std::size_t kMostRequestBytes = 4096;

/// One line with its end. Throws std::invalid_argument where it would be too long, or a text in it
/// is no UTF-8.
std::string request_line(const ReaderRequest& request);
/// A line without its end; nullopt if it is none. Input is untrusted.
std::optional<ReaderRequest> parse_request(std::string_view line);

/// What it asks for, for a log: names no patient.
std::string described(const ReaderRequest& request);

}  // namespace icom::readers
