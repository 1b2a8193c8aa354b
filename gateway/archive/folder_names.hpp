// Which seconds of a patient's folder are taken by a file's name.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace icom::archive {

/// A file's name is a second, and a name that is taken is answered with the next free one: so
/// seconds are kept as runs, and the end of a run is found at once, however many records a second
/// has. Not thread-safe.
class FolderNames {
 public:
  void take(std::int64_t second);
  void release(std::int64_t second);
  /// The first that is not taken, from `second` on.
  [[nodiscard]] std::int64_t next_free(std::int64_t second) const;

  /// A file that is not ours, or not known to be, of this size; nullopt for what is no file.
  void take_for_stranger(std::int64_t second, const std::optional<std::uint64_t>& size);
  /// Where strangers of this size stand: the first ones, kMostStrangers at most.
  [[nodiscard]] std::vector<std::int64_t> strangers(std::uint64_t size) const;
  /// Each is looked into for each record of its size.
  static constexpr std::size_t kMostStrangers = 16;

 private:
  std::map<std::int64_t, std::int64_t> runs_;  ///< first -> last, no two of them beside each other
  std::unordered_map<std::uint64_t, std::vector<std::int64_t>> strangers_;  ///< by size
};

/// The second that a name of linac_time_file_stem() stands for; nullopt for any other text.
std::optional<std::int64_t> second_of_stem(std::string_view stem);

}  // namespace icom::archive
