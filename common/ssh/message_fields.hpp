// The fields of an SSH message or key: numbers, and strings with their length before them
// (RFC 4251, 5).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace icom::ssh {

/// Reads one after the other; nothing where there are too few bytes.
class FieldReader {
 public:
  explicit FieldReader(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

  std::optional<std::uint32_t> number() {
    if (bytes_.size() < 4) return std::nullopt;
    std::uint32_t value = 0;
    for (const std::uint8_t byte : bytes_.first(4)) value = value << 8U | byte;
    bytes_ = bytes_.subspan(4);
    return value;
  }

  std::optional<std::span<const std::uint8_t>> string() {
    const auto size = number();
    if (!size || *size > bytes_.size()) return std::nullopt;
    const auto value = bytes_.first(*size);
    bytes_ = bytes_.subspan(*size);
    return value;
  }

  std::optional<std::string> text() {
    const auto value = string();
    if (!value) return std::nullopt;
    return std::string(value->begin(), value->end());
  }

 private:
  std::span<const std::uint8_t> bytes_;
};

class FieldWriter {
 public:
  void number(std::uint32_t value) {
    for (unsigned shift = 32; shift > 0; shift -= 8) {
      bytes_.push_back(static_cast<std::uint8_t>(value >> (shift - 8) & 0xFFU));
    }
  }
  void string(std::span<const std::uint8_t> value) {
    number(static_cast<std::uint32_t>(value.size()));
    raw(value);
  }
  void string(std::string_view value) {
    number(static_cast<std::uint32_t>(value.size()));
    raw(value);
  }
  void raw(std::span<const std::uint8_t> value) {
    bytes_.insert(bytes_.end(), value.begin(), value.end());
  }
  void raw(std::string_view value) { bytes_.insert(bytes_.end(), value.begin(), value.end()); }

  [[nodiscard]] const std::vector<std::uint8_t>& bytes() const { return bytes_; }
  [[nodiscard]] std::vector<std::uint8_t>& bytes() { return bytes_; }

 private:
  std::vector<std::uint8_t> bytes_;
};

}  // namespace icom::ssh
