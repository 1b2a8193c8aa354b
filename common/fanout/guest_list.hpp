// Who may listen in.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "common/config/fan_out_settings.hpp"
#include "common/fanout/accounts.hpp"
#include "common/fanout/visitor.hpp"

namespace icom::fanout {

/// Of a machine's own accounts: root, the one that the fan-out runs as, and those of
/// `fan_out.users`. Of other machines: those of `fan_out.allow`. Not thread-safe.
class GuestList {
 public:
  GuestList(const config::FanOutSettings& settings, std::shared_ptr<Accounts> accounts);

  /// Why the visitor may not, and what to do; empty if it may. By what is known of accounts now.
  [[nodiscard]] std::string refusal(const Visitor& visitor) const;
  /// What refusal() says of this visitor may change within a moment: asks the machine's directory
  /// service, unless that was done lately. Decided once there is another answer, or none is
  /// expected any more.
  [[nodiscard]] bool is_undecided(const Visitor& visitor) const;

  /// The visitor has been let in.
  void note_visit(const Visitor& visitor) const;
  /// What is known of accounts, kept up to date: to be called again and again while somebody is in.
  /// What refusal() says may have changed whenever the count that it returns has.
  [[nodiscard]] std::uint64_t tend() const;
  /// As tend() returns it.
  [[nodiscard]] std::uint64_t answers() const { return accounts_->answers(); }
  /// A lookup is under way, which tend() is to see soon.
  [[nodiscard]] bool expects_answer() const { return accounts_->expects_answer(); }

  /// Those of `users` that must be looked up.
  static std::vector<std::string> names_in(const std::vector<std::string>& users);

 private:
  [[nodiscard]] bool is_in_networks(const Visitor& visitor) const;
  [[nodiscard]] bool is_listed(os::UserId user) const;
  /// It is the account that decides.
  [[nodiscard]] bool goes_by_account(const Visitor& visitor) const;

  std::vector<config::Network> networks_;
  std::vector<std::string> names_;
  std::vector<os::UserId> numbers_;
  std::shared_ptr<Accounts> accounts_;
  bool all_users_ = false;
};

bool is_loopback(const boost::asio::ip::address& address);

}  // namespace icom::fanout
