// One zstd stream for the life of a connection, flushed at the end of each message. Private to
// common/link.
#pragma once

#include <zstd.h>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace icom::link {

/// How far back a match may reach, as a power of two. It sets what a gateway holds in memory for
/// each connection (the window and a block more); codes of delta-coded frames are so small that 32
/// kB are still a good minute of one Linac.
inline constexpr int kWindowLog = 15;
/// Levels above 3 gain less than 2 % on delta-coded frames and cost twice the time.
inline constexpr int kLevel = 3;

/// Not thread-safe.
class CompressStream {
 public:
  CompressStream();
  /// Everything needed to decode `plain`, given all that was returned before. Throws
  /// std::runtime_error if memory is short.
  std::string message(std::string_view plain);

 private:
  std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> context_;
};

/// Not thread-safe. Input is untrusted.
class DecompressStream {
 public:
  DecompressStream();
  /// Replaces `plain` by what `compressed` holds. False if it is malformed or would be more than
  /// `max_bytes`; the stream is then of no use.
  [[nodiscard]] bool message(std::string_view compressed, std::size_t max_bytes,
                             std::string& plain);

 private:
  std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> context_;
};

}  // namespace icom::link
