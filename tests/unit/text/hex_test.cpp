#include "common/text/hex.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

namespace icom::text {
namespace {

ByteVector all_bytes() {
  ByteVector bytes;
  for (unsigned value = 0; value < 256; ++value) bytes.push_back(static_cast<std::byte>(value));
  return bytes;
}

TEST(Hex, BytesAreTwoDigitsEachInLowerCase) {
  EXPECT_EQ(hex(Bytes()), "");
  EXPECT_EQ(hex(as_bytes(std::string_view("\x00\x0f\xa0\xff", 4))), "000fa0ff");
}

TEST(Hex, NumberIsSixteenDigitsTheHighestFirst) {
  EXPECT_EQ(hex(std::uint64_t{0}), "0000000000000000");
  EXPECT_EQ(hex(std::uint64_t{0x0123456789ABCDEF}), "0123456789abcdef");
  EXPECT_EQ(hex(UINT64_MAX), "ffffffffffffffff");
}

TEST(Hex, EveryByteComesBack) {
  EXPECT_EQ(bytes_of_hex(hex(all_bytes())), all_bytes());
  EXPECT_EQ(bytes_of_hex(""), ByteVector());
}

TEST(Hex, WhatItDidNotMakeIsNotRead) {
  for (const char* const text :
       {"0", "000", "0g", "g0", "0x", " 0", "0\n", "-1", "AB", "aB", "Ab"}) {
    EXPECT_FALSE(bytes_of_hex(text).has_value()) << text;
  }
  EXPECT_FALSE(bytes_of_hex(std::string_view("a\0", 2)).has_value());
}

}  // namespace
}  // namespace icom::text
