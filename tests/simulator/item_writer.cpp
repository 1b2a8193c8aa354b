#include "tests/simulator/item_writer.hpp"

#include <charconv>
#include <cstdlib>

namespace icom::simulator {
namespace {

constexpr std::size_t kLengthAt = 8;  // within an item
constexpr std::string_view kNotAvailableText = "-32767";

}  // namespace

void ItemWriter::text(std::uint32_t tag, std::string_view vr, char part, std::string_view value) {
  last_ = out_.size();
  append_little_endian(out_, static_cast<std::uint16_t>(tag >> 16U));
  append_little_endian(out_, static_cast<std::uint16_t>(tag & 0xFFFFU));
  append(out_, as_bytes(vr));
  out_.push_back(std::byte{0});
  out_.push_back(static_cast<std::byte>(part));
  append_little_endian(out_, static_cast<std::uint32_t>(value.size()));
  append(out_, as_bytes(value));
}

void ItemWriter::whole(std::uint32_t tag, std::string_view vr, char part, int value) {
  char digits[16];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  text(tag, vr, part, {digits, end});
}

void ItemWriter::tenths(std::uint32_t tag, std::string_view vr, char part, Tenths value) {
  if (value == kNotAvailable) {
    text(tag, vr, part, kNotAvailableText);
    return;
  }
  char digits[16];
  char* at = digits;
  if (value < 0) *at++ = '-';  // by hand: -3 / 10 has lost its sign
  at = std::to_chars(at, digits + sizeof digits, std::abs(value / 10)).ptr;
  *at++ = '.';
  *at++ = static_cast<char>('0' + std::abs(value % 10));
  text(tag, vr, part, {digits, at});
}

void ItemWriter::positions(std::string_view label, char part, std::span<const Tenths> values) {
  text(0x300A00B8, "DS", part, label);
  for (const Tenths value : values) tenths(0x300A011C, "DS", part, value);
}

void ItemWriter::overstate_last(std::uint32_t extra) {
  std::byte* const length = out_.data() + last_ + kLengthAt;
  store_little_endian(length, load_little_endian<std::uint32_t>(length) + extra);
}

}  // namespace icom::simulator
