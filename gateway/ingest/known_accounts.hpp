// The accounts of this machine from which sites come.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <string>

#include "common/os/users.hpp"

namespace icom::ingest {

/// The account that the settings name, and those from which a site has proved itself lately: of
/// each site the newest two, so that whoever has one site's token teaches no more, and drives out
/// no other site's. Not thread-safe.
class KnownAccounts {
 public:
  static constexpr std::size_t kMostOfSite = 2;

  /// `named`: by the settings; nullopt if they name none.
  explicit KnownAccounts(std::optional<os::UserId> named) : named_(named) {}

  void set_named(std::optional<os::UserId> named) { named_ = named; }
  /// A site has proved itself from this account; nothing happens if that is not known. `site`: one
  /// that the gateway knows, so there are not many.
  void note_proved(const std::string& site, std::optional<os::UserId> account);
  /// False for nullopt.
  [[nodiscard]] bool contains(std::optional<os::UserId> account) const;

 private:
  std::optional<os::UserId> named_;
  std::map<std::string, std::deque<os::UserId>> of_sites_;  ///< the newest last
};

}  // namespace icom::ingest
