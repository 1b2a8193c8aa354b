#include "gateway/archive/folder_names.hpp"

#include <charconv>
#include <chrono>
#include <iterator>

#include "common/icom/frame_identity.hpp"

namespace icom::archive {

void FolderNames::take(std::int64_t second) {
  auto after = runs_.upper_bound(second);
  std::int64_t first = second;
  std::int64_t last = second;
  if (after != runs_.begin()) {
    const auto before = std::prev(after);
    if (before->second >= second) return;
    if (before->second == second - 1) {
      first = before->first;
      runs_.erase(before);
    }
  }
  if (after != runs_.end() && after->first == second + 1) {
    last = after->second;
    runs_.erase(after);
  }
  runs_[first] = last;
}

void FolderNames::release(std::int64_t second) {
  auto run = runs_.upper_bound(second);
  if (run == runs_.begin()) return;
  --run;
  const auto [first, last] = *run;
  if (last < second) return;
  runs_.erase(run);
  if (first < second) runs_[first] = second - 1;
  if (second < last) runs_[second + 1] = last;
}

std::int64_t FolderNames::next_free(std::int64_t second) const {
  const auto after = runs_.upper_bound(second);
  if (after == runs_.begin()) return second;
  const auto run = std::prev(after);
  return run->second < second ? second : run->second + 1;
}

void FolderNames::take_for_stranger(std::int64_t second, const std::optional<std::uint64_t>& size) {
  take(second);
  if (!size) return;
  std::vector<std::int64_t>& of_size = strangers_[*size];
  if (of_size.size() < kMostStrangers) of_size.push_back(second);
}

std::vector<std::int64_t> FolderNames::strangers(std::uint64_t size) const {
  const auto found = strangers_.find(size);
  return found == strangers_.end() ? std::vector<std::int64_t>() : found->second;
}

std::optional<std::int64_t> second_of_stem(std::string_view stem) {
  using namespace std::chrono;
  const auto number = [stem](std::size_t at, std::size_t digits) {
    int value = 0;
    const std::string_view text = stem.substr(at, digits);
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
  };
  constexpr std::string_view kForm = "YYYYMMDD_HHMMSS";
  if (stem.size() != kForm.size()) return std::nullopt;
  const sys_days day =
      sys_days(year(number(0, 4)) / month(static_cast<unsigned>(number(4, 2))) / 1) +
      days(number(6, 2) - 1);
  const sys_seconds time =
      day + hours(number(9, 2)) + minutes(number(11, 2)) + seconds(number(13, 2));
  const std::int64_t second = time.time_since_epoch().count();
  // Whatever else stood there does not come out again.
  return linac_time_file_stem(second) == stem ? std::optional(second) : std::nullopt;
}

}  // namespace icom::archive
