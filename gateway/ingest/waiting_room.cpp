#include "gateway/ingest/waiting_room.hpp"

#include <algorithm>

namespace icom::ingest {

void WaitingRoom::add(const Waiting& one) {
  const Group group{one.account, {}};
  where_.emplace(one.session, group);
  put(one.session, group);
}

void WaitingRoom::note_named(const Session* session, const std::string& site) {
  const auto found = where_.find(session);
  if (found == where_.end()) return;
  Session* const same = take(session, found->second);
  found->second.second = site;
  put(same, found->second);
}

void WaitingRoom::remove(const Session* session) {
  const auto found = where_.find(session);
  if (found == where_.end()) return;
  take(session, found->second);
  where_.erase(found);
}

std::optional<WaitingRoom::Waiting> WaitingRoom::make_room(const KnownAccounts& known) {
  if (where_.empty()) return std::nullopt;
  const auto& [account, held] = *crowded(known);
  const auto most = std::ranges::max_element(held.groups, {},
                                             [](const auto& group) { return group.second.size(); });
  const Waiting goes{most->second.at(random_() % most->second.size()), account};
  remove(goes.session);
  return goes;
}

/// Of those that are not known, if there are any, one that has the most.
WaitingRoom::Accounts::iterator WaitingRoom::crowded(const KnownAccounts& known) {
  const auto weight = [&known](const auto& account) {
    return std::pair(!known.contains(account.first), account.second.places);
  };
  std::pair<bool, std::size_t> most{false, 0};
  std::vector<Accounts::iterator> have_most;
  for (auto one = accounts_.begin(); one != accounts_.end(); ++one) {
    const auto has = weight(*one);
    if (has < most) continue;
    if (has > most) have_most.clear();
    most = has;
    have_most.push_back(one);
  }
  return have_most.at(random_() % have_most.size());
}

void WaitingRoom::put(Session* session, const Group& group) {
  Account& account = accounts_[group.first];
  ++account.places;
  account.groups[group.second].push_back(session);
}

Session* WaitingRoom::take(const Session* session, const Group& group) {
  const auto account = accounts_.find(group.first);
  const auto of_group = account->second.groups.find(group.second);
  const auto place = std::ranges::find(of_group->second, session);
  Session* const taken = *place;
  of_group->second.erase(place);
  if (of_group->second.empty()) account->second.groups.erase(of_group);
  if (--account->second.places == 0) accounts_.erase(account);
  return taken;
}

}  // namespace icom::ingest
