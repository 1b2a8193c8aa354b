// Frames as rows of a CSV file.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/icom/values.hpp"
#include "gateway/cli/linac_clocks.hpp"
#include "gateway/store/frame_key.hpp"

namespace icom::cli {

/// The columns that a number of frames need: what every frame has, then each named value, each
/// position of each block and each unknown item that at least one of the frames has. Show it all
/// the frames first, then ask for their rows.
class CsvColumns {
 public:
  void add(const FrameValues& values);
  [[nodiscard]] std::string header() const;
  /// Of a frame that was shown. `time`: what its time stands for.
  [[nodiscard]] std::string row(const store::FrameKey& key, const ZonedTime& time,
                                const FrameValues& values) const;

 private:
  void add_positions(const FrameValues& values, std::string& line) const;
  void add_unknown(const FrameValues& values, std::string& line) const;

  std::vector<std::string_view> named_;        // keys, in the order in which they were first seen
  std::map<std::string, std::size_t> blocks_;  // `mlcx_r` -> most positions seen
  std::map<std::string, bool> unknown_;        // `300A,0110 DS R`
};

}  // namespace icom::cli
