// A file's bytes, and what of them a power cut may leave: for file systems in memory.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "common/icom/bytes.hpp"

namespace icom::os {

/// What is there after the power has come back of what was written and not synced. What was synced
/// is there in any case.
enum class Survival {
  nothing,
  everything,  ///< as after a kill of the process
  torn,        ///< the first half of the writes, and half of the next one
  later_ones,  ///< only every second write, the last one among them: a disk writes in any order
  zeros,       ///< the file has its new size, but zeros where bytes were added
  garbage,     ///< the same with other bytes than zeros
};

inline constexpr std::array kEverySurvival{Survival::nothing, Survival::everything,
                                           Survival::torn,    Survival::later_ones,
                                           Survival::zeros,   Survival::garbage};

const char* name_of(Survival survival);

/// Not thread-safe.
class DurableBytes {
 public:
  DurableBytes() = default;
  /// Synced.
  explicit DurableBytes(ByteVector bytes) : bytes_(bytes), synced_(std::move(bytes)) {}

  [[nodiscard]] const ByteVector& bytes() const { return bytes_; }
  /// Beyond the end: the file grows, with zeros where nothing was written.
  void write(std::uint64_t offset, Bytes bytes);
  void append(Bytes bytes) { write(bytes_.size(), bytes); }
  /// Shorter or longer.
  void resize(std::uint64_t size);
  void sync();

  [[nodiscard]] ByteVector after_power_cut(Survival survival) const;

 private:
  struct Change {
    std::uint64_t offset;
    ByteVector bytes;
    bool resize;  ///< to `offset`
  };
  static void apply(ByteVector& bytes, const Change& change);
  [[nodiscard]] ByteVector filled(std::byte filling) const;

  ByteVector bytes_;
  ByteVector synced_;
  std::vector<Change> changes_;  ///< since then
};

}  // namespace icom::os
