#include "gateway/ingest/waiting_room.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace icom::ingest {

void WaitingRoom::remove(const Session* session) {
  waiting_.remove_if([session](const Waiting& one) { return one.session == session; });
}

std::optional<WaitingRoom::Waiting> WaitingRoom::make_room(const KnownAccounts& known) {
  if (waiting_.empty()) return std::nullopt;
  std::map<std::optional<os::UserId>, std::size_t> places;
  for (const Waiting& one : waiting_) ++places[one.account];
  const auto oldest = std::ranges::max_element(waiting_, {}, [&](const Waiting& one) {
    return std::pair(!known.contains(one.account), places[one.account]);
  });
  const Waiting goes = *oldest;
  waiting_.erase(oldest);
  return goes;
}

}  // namespace icom::ingest
