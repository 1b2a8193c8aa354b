// Connections of which nobody knows yet whose they are.
#pragma once

#include <cstddef>
#include <list>
#include <optional>

#include "common/os/users.hpp"
#include "gateway/ingest/known_accounts.hpp"

namespace icom::ingest {

class Session;

/// In the order in which they came, with the account of this machine that each comes from; nullopt
/// for one from elsewhere. Whoever is to make room for another is of an account from which no site
/// comes, if there is one: an account may have 65,536 others beside its own (subuid(5)), and hold
/// one place with each. Among these, or the known ones where there are no others, it is of the
/// account that holds the most places, so that one account cannot keep the others out. Not
/// thread-safe.
class WaitingRoom {
 public:
  struct Waiting {
    Session* session;
    std::optional<os::UserId> account;
  };

  void add(const Waiting& one) { waiting_.push_back(one); }
  /// Nothing happens if it is not in here.
  void remove(const Session* session);
  /// Removes and returns the oldest one of the account that has the most, of those that are not
  /// `known` if there are any; of accounts that have as many, of the one whose oldest came first.
  /// Returns nullopt if there is none.
  std::optional<Waiting> make_room(const KnownAccounts& known);

  [[nodiscard]] std::size_t size() const { return waiting_.size(); }

 private:
  std::list<Waiting> waiting_;
};

}  // namespace icom::ingest
