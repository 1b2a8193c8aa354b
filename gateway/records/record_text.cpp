#include "gateway/records/record_text.hpp"

#include <cstdint>

#include "common/icom/bytes.hpp"
#include "common/icom/frame_identity.hpp"

namespace icom::records {

namespace {

std::size_t utf8_length(unsigned char lead) {
  return lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
}

std::string_view cut(std::string_view text, std::size_t most) {
  if (text.size() <= most) {
    return text;
  }
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto continues = [&](std::size_t i) { return (at(i) & 0xC0U) == 0x80; };
  // Back to the first byte of the character that goes on after the cut. In what is not UTF-8 there
  // may be none, and one byte is as good as the other.
  constexpr std::size_t kMostBefore = 3;
  for (std::size_t back = 1; continues(most) && back <= kMostBefore; ++back) {
    if (!continues(most - back)) {
      return text.substr(0, utf8_length(at(most - back)) > back ? most - back : most);
    }
  }
  return text.substr(0, most);
}

}  // namespace

std::string_view cut_text(std::string_view text) {
  return cut(text, kMaxTextBytes);
}

std::string record_patient_id(std::string_view id) {
  if (id.size() <= kMaxTextBytes) {
    return std::string(id);
  }
  constexpr std::string_view kDigits = "0123456789abcdef";
  constexpr unsigned kHashBits = 64;
  std::string shortened(cut(id, kMaxTextBytes - 1 - kHashBits / 4));
  shortened += '~';
  const std::uint64_t hash = content_hash(as_bytes(id));
  for (unsigned shift = kHashBits; shift > 0; shift -= 4) {
    shortened += kDigits[(hash >> (shift - 4)) & 0xFU];
  }
  return shortened;
}

}  // namespace icom::records
