#include "common/icom/stream_entry.hpp"

#include <algorithm>
#include <array>

#include "common/icom/frame_identity.hpp"

namespace icom {

namespace {

constexpr std::size_t kCountsSize = 2 * sizeof(std::uint64_t);
constexpr std::size_t kMaxReason = 64;
/// Of all Linacs of the world together, in centuries: a number beyond it counts nothing.
constexpr std::uint64_t kMostGivenUp = std::uint64_t{1} << 40U;

}  // namespace

ByteVector encode_hole(const Hole& hole) {
  ByteVector bytes;
  append_little_endian(bytes, hole.frames);
  append_little_endian(bytes, hole.frames_with_patient);
  append(bytes, as_bytes(std::string_view(hole.reason).substr(0, kMaxReason)));
  return bytes;
}

Hole decode_hole(Bytes bytes) {
  const auto reason = bytes.size() > kCountsSize ? as_text(bytes.subspan(kCountsSize)) : "";
  // The reason goes to logs and pages: nothing but short, plain text is passed on.
  const bool plain = !reason.empty() && reason.size() <= kMaxReason &&
                     std::all_of(reason.begin(), reason.end(),
                                 [](char letter) { return letter >= 0x20 && letter < 0x7F; });
  if (!plain) {
    return {0, 0, "unreadable"};
  }
  const auto frames = load_little_endian<std::uint64_t>(bytes.data());
  const auto with_patient = load_little_endian<std::uint64_t>(bytes.data() + sizeof(std::uint64_t));
  if (frames > kMostGivenUp || with_patient > frames) return {0, 0, "unreadable"};
  return {frames, with_patient, std::string(reason)};
}

std::uint64_t entry_fingerprint(std::int64_t received_us, std::uint64_t bytes_hash) {
  std::array<std::byte, 2 * sizeof(std::uint64_t)> both{};
  store_little_endian(&both[0], static_cast<std::uint64_t>(received_us));
  store_little_endian(&both[sizeof(std::uint64_t)], bytes_hash);
  return std::max<std::uint64_t>(content_hash(both), 1);
}

}  // namespace icom
