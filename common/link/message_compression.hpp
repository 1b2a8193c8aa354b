// Messages compressed against those before them on the same connection. Private to common/link.
#pragma once

#include <zstd.h>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace icom::link {

/// The plain text of the last messages, which the next one is compressed against. It is all that a
/// gateway keeps of a connection for this; on the sample 8 kB would do for one Linac, and a site
/// has up to ten.
inline constexpr std::size_t kHistoryBytes = 32U << 10U;
/// Reaches over the history and the message itself, as a power of two.
inline constexpr int kWindowLog = 17;
/// Levels above 3 gain 2 to 5 % on delta-coded frames and cost several times as much.
inline constexpr int kLevel = 3;

class History {
 public:
  [[nodiscard]] const std::string& text() const { return text_; }
  void add(std::string_view plain);

 private:
  std::string text_;
};

/// Each message becomes one zstd frame without its magic number, with the history as prefix. Not
/// thread-safe.
class MessageCompressor {
 public:
  MessageCompressor();
  /// Throws std::runtime_error if memory is short.
  std::string compress(std::string_view plain);

 private:
  std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> context_;
  History history_;
};

/// The inverse. Input is untrusted. Not thread-safe; may move from thread to thread between two
/// messages.
class MessageDecompressor {
 public:
  /// Replaces `plain` by what `compressed` holds. False if it is malformed or would be more than
  /// `max_bytes`; nothing that follows can then be read either.
  [[nodiscard]] bool decompress(std::string_view compressed, std::size_t max_bytes,
                                std::string& plain);

 private:
  History history_;
};

}  // namespace icom::link
