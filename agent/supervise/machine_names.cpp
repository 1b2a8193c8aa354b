#include "agent/supervise/machine_names.hpp"

#include <algorithm>
#include <string>

namespace icom::supervise {

namespace {

/// The other Linac of the site whose serial `linac`'s frames name; null if none has it.
const LinacState* whose_machine(const LinacState& linac, const SiteState& site) {
  const auto found = std::ranges::find(site.linacs, linac.machine.id, &LinacState::serial);
  return found == site.linacs.end() ? nullptr : &*found;
}

std::string told_of(const LinacState& linac) {
  return "Linac " + linac.serial + ": the frames that come from " + linac.address +
         " call their machine " + linac.machine.id + ", and serial " + linac.serial +
         " is expected";
}

constexpr const char* kKept = "every frame is kept, and goes to the gateway as Linac ";

}  // namespace

void judge_machine_names(const LinacState& linac, SiteState& site) {
  const auto& machine = linac.machine;
  if (machine.id.empty() || machine.other_frames == 0) return;
  if (machine.id == linac.serial) {
    site.notes.push_back("Linac " + linac.serial + ": " + std::to_string(machine.other_frames) +
                         " of its frames since its listener started called their machine " +
                         machine.other_id + ", and the latest call it " + linac.serial +
                         " again: records of between may be of another machine; " + kKept +
                         linac.serial + "'s");
    return;
  }
  const std::string kept = std::string("; ") + kKept + linac.serial + "'s";
  if (const LinacState* const other = whose_machine(linac, site)) {
    site.problems.push_back(told_of(linac) + ": that is another Linac of this site, at " +
                            other->address +
                            ": correct the address or the serial in the site's file" + kept);
    return;
  }
  if (machine.first_id != machine.id) {
    site.problems.push_back(told_of(linac) + "; before they called it " + machine.first_id +
                            ": look whether another machine has got this address now, or the "
                            "machine another name" +
                            kept);
    return;
  }
  site.notes.push_back(told_of(linac) +
                       ": that may be the name of this machine; if it is another one, correct the "
                       "address or the serial in the site's file" +
                       kept);
}

}  // namespace icom::supervise
