#include "tests/unit/os/durable_bytes.hpp"

#include <algorithm>

namespace icom::os {

const char* name_of(Survival survival) {
  switch (survival) {
    case Survival::nothing:
      return "nothing";
    case Survival::everything:
      return "everything";
    case Survival::torn:
      return "torn";
    case Survival::later_ones:
      return "later ones";
    case Survival::zeros:
      return "zeros";
    case Survival::garbage:
      return "garbage";
  }
  return "";
}

void DurableBytes::apply(ByteVector& bytes, const Change& change) {
  if (change.resize) {
    bytes.resize(static_cast<std::size_t>(change.offset));
    return;
  }
  const auto end = static_cast<std::size_t>(change.offset) + change.bytes.size();
  bytes.resize(std::max(bytes.size(), end));
  std::copy(change.bytes.begin(), change.bytes.end(),
            bytes.begin() + static_cast<std::ptrdiff_t>(change.offset));
}

void DurableBytes::write(std::uint64_t offset, Bytes bytes) {
  changes_.push_back({offset, ByteVector(bytes.begin(), bytes.end()), false});
  apply(bytes_, changes_.back());
}

void DurableBytes::resize(std::uint64_t size) {
  changes_.push_back({size, {}, true});
  apply(bytes_, changes_.back());
}

void DurableBytes::sync() {
  for (const Change& change : changes_) apply(synced_, change);
  changes_.clear();
}

ByteVector DurableBytes::filled(std::byte filling) const {
  ByteVector left = synced_;
  left.resize(bytes_.size(), filling);
  return left;
}

ByteVector DurableBytes::after_power_cut(Survival survival) const {
  ByteVector left = synced_;
  switch (survival) {
    case Survival::nothing:
      break;
    case Survival::everything:
      return bytes_;
    case Survival::torn: {
      const std::size_t whole = changes_.size() / 2;
      for (std::size_t i = 0; i < whole; ++i) apply(left, changes_[i]);
      if (whole < changes_.size()) {
        Change half = changes_[whole];
        half.bytes.resize(half.bytes.size() / 2);
        if (!half.resize) apply(left, half);
      }
      break;
    }
    case Survival::later_ones:
      for (std::size_t i = changes_.size() % 2 == 0 ? 1 : 0; i < changes_.size(); i += 2) {
        apply(left, changes_[i]);
      }
      break;
    case Survival::zeros:
      return filled(std::byte{0});
    case Survival::garbage:
      return filled(std::byte{0xE7});  // the first byte of a spool entry's marker
  }
  return left;
}

}  // namespace icom::os
