// Appends items to a frame: group, element, VR, 00, part, length, value.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "common/icom/bytes.hpp"
#include "tests/simulator/machine_state.hpp"

namespace icom::simulator {

/// Borrows the bytes that it appends to.
class ItemWriter {
 public:
  explicit ItemWriter(ByteVector& out) : out_(out) {}

  /// `tag` is group << 16 | element; `vr` has two characters; `part` is P, S or R.
  void text(std::uint32_t tag, std::string_view vr, char part, std::string_view value);
  void whole(std::uint32_t tag, std::string_view vr, char part, int value);
  void tenths(std::uint32_t tag, std::string_view vr, char part, Tenths value);
  /// A block: its label under 300A,00B8, then one 300A,011C each.
  void positions(std::string_view label, char part, std::span<const Tenths> values);
  /// The last item written claims `extra` more bytes than it has. Precondition: one was written.
  void overstate_last(std::uint32_t extra);

 private:
  ByteVector& out_;
  std::size_t last_ = 0;  // offset of the item written last
};

}  // namespace icom::simulator
