#include "agent/listen/machine_watch.hpp"

#include <string_view>

#include "common/icom/padding.hpp"
#include "common/icom/values.hpp"
#include "common/log/printable.hpp"

namespace icom::listen {

namespace {

/// An ID of VR SH has 16 characters.
constexpr std::size_t kMostShown = 32;

}  // namespace

bool MachineWatch::see(Bytes frame, const std::string& serial) {
  const auto raw = quick_machine_id(frame);
  const std::string_view bare = raw ? without_padding(*raw) : std::string_view();
  if (bare.empty()) return false;
  const bool is_other = bare != serial;
  if (is_other) ++names_.other_frames;
  if (bare == names_.id) return false;  // all but a few frames
  std::string id = log::printable(bare, kMostShown);
  if (is_other) names_.other_id = id;
  if (id == names_.id) return false;
  if (names_.first_id.empty()) names_.first_id = id;
  names_.id = std::move(id);
  return true;
}

}  // namespace icom::listen
