#include "gateway/records/record_text.hpp"

#include "common/icom/bytes.hpp"
#include "common/icom/frame_identity.hpp"
#include "common/text/hex.hpp"

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
  const std::string suffix = '~' + text::hex(content_hash(as_bytes(id)));
  return std::string(cut(id, kMaxTextBytes - suffix.size())) + suffix;
}

}  // namespace icom::records
