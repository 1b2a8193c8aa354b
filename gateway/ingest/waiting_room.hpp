// Connections of which nobody knows yet whose they are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/os/users.hpp"
#include "gateway/ingest/known_accounts.hpp"

namespace icom::ingest {

class Session;

/// With the account of this machine that each comes from; nullopt for one from elsewhere. Whoever
/// is to make room for another is of an account from which no site comes, if there is one: an
/// account may have 65,536 others beside its own (subuid(5)), and hold one place with each. Among
/// these, or the known ones where there are no others, it is of the account that holds the most
/// places, so that one account cannot keep the others out.
///
/// All tunnels are of one account, and whoever has one site's SSH key opens as many connections
/// as he likes through his own. So of an account one goes of those that have named the same site,
/// or none yet, of whichever these are most; and of these any one. Were it the oldest, a site
/// would be kept out for certain whose messages take longer than the flood needs to go once
/// through all places; as it is, its odds to stay fall slowly with that time, and it calls again.
/// Not thread-safe.
class WaitingRoom {
 public:
  struct Waiting {
    Session* session = nullptr;
    std::optional<os::UserId> account;
  };
  /// Any number, each as likely as the others; one that can be foretold tells who goes.
  using Random = std::function<std::uint64_t()>;

  explicit WaitingRoom(Random random) : random_(std::move(random)) {}

  void add(const Waiting& one);
  /// It has said of which site it is, and has not proved it. `site`: one that the gateway knows, so
  /// there are not many. Nothing happens if it is not in here.
  void note_named(const Session* session, const std::string& site);
  /// Nothing happens if it is not in here.
  void remove(const Session* session);
  /// Removes and returns the one that goes; of accounts that have as many, of any one. Returns
  /// nullopt if there is none. Takes time for each account that has a place, not for each place.
  std::optional<Waiting> make_room(const KnownAccounts& known);

  [[nodiscard]] std::size_t size() const { return where_.size(); }

 private:
  /// The account, and the site that was named; empty: none yet.
  using Group = std::pair<std::optional<os::UserId>, std::string>;
  struct Account {
    std::size_t places = 0;
    std::map<std::string, std::vector<Session*>> groups;
  };
  using Accounts = std::map<std::optional<os::UserId>, Account>;
  void put(Session* session, const Group& group);
  Session* take(const Session* session, const Group& group);
  Accounts::iterator crowded(const KnownAccounts& known);

  Random random_;
  Accounts accounts_;
  std::map<const Session*, Group> where_;
};

}  // namespace icom::ingest
