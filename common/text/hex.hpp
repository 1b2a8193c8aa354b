// Bytes and numbers as hexadecimal digits, in lower case.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/icom/bytes.hpp"

namespace icom::text {

/// Two digits a byte.
std::string hex(Bytes bytes);
/// 16 digits, the highest first.
std::string hex(std::uint64_t number);

/// What hex() made. Nothing if a character is no digit in lower case, or half a byte is left.
std::optional<ByteVector> bytes_of_hex(std::string_view text);

}  // namespace icom::text
