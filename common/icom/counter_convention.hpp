// Where a frame's counter stands, as the stream itself shows it. docs/protocol.md, "The counter".
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "common/icom/bytes.hpp"
#include "common/icom/frame_identity.hpp"

namespace icom {

/// The byte that counts: at offset 26 (one byte, or two with the low one first) or at offset 27
/// (two bytes, the high one first). It is learnt when kProof frames in a row are each one higher in
/// it than the frame before; it changes when the other byte counts on for longer, and is given up
/// after kPatience frames in a row that are not one higher. So lost frames and frames sent twice
/// cost nothing that is learnt. Not thread-safe.
class CounterConvention {
 public:
  static constexpr int kProof = 3;
  static constexpr int kProofAgainst = 8;
  static constexpr int kPatience = 32;

  CounterConvention() = default;
  /// As learnt before; nullopt: not learnt.
  explicit CounterConvention(std::optional<std::size_t> offset);

  /// The next frame of the stream. Returns true if offset() changed. Precondition: the frame has
  /// an identity.
  bool observe(Bytes frame);

  /// nullopt: not learnt yet, or nothing in the stream counts. Then the counter says nothing.
  [[nodiscard]] std::optional<std::size_t> offset() const;

 private:
  static constexpr std::size_t kCandidates = 2;
  using Values = std::array<std::uint8_t, kCandidates>;

  std::optional<std::size_t> learnt_;       // which candidate
  std::optional<Values> last_;              // of the frame before
  std::array<int, kCandidates> counted_{};  // frames in a row that were one higher
  int missed_ = 0;                          // frames in a row that were not, in what is learnt
};

/// The counter of a frame by an offset of CounterConvention. Precondition: the frame has an
/// identity.
inline std::uint8_t counter_at(Bytes frame, std::size_t offset) {
  return offset < frame.size() ? static_cast<std::uint8_t>(frame[offset]) : std::uint8_t{0};
}

}  // namespace icom
