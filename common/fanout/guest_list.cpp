#include "common/fanout/guest_list.hpp"

#include <algorithm>
#include <boost/asio/ip/address_v4.hpp>
#include <boost/asio/ip/address_v6.hpp>
#include <iterator>
#include <utility>

namespace icom::fanout {

namespace asio = boost::asio;

namespace {

constexpr os::UserId kRoot = 0;

}  // namespace

bool is_loopback(const asio::ip::address& address) {
  static const config::Network v4{asio::ip::address_v4({127, 0, 0, 0}), 8};
  static const config::Network v6{asio::ip::address_v6::loopback(), 128};
  return v4.contains(address) || v6.contains(address);
}

GuestList::GuestList(const config::FanOutSettings& settings, std::shared_ptr<Accounts> accounts)
    : networks_(settings.allow),
      names_(names_in(settings.users)),
      numbers_{kRoot, os::own_user()},
      accounts_(std::move(accounts)),
      all_users_(std::ranges::find(settings.users, config::kEveryUser) != settings.users.end()) {
  for (const std::string& user : settings.users) {
    if (const auto number = os::user_number(user)) numbers_.push_back(*number);
  }
}

std::vector<std::string> GuestList::names_in(const std::vector<std::string>& users) {
  std::vector<std::string> names;
  std::ranges::copy_if(users, std::back_inserter(names), [](const std::string& user) {
    return user != config::kEveryUser && !os::user_number(user);
  });
  return names;
}

std::string GuestList::refusal(const Visitor& visitor) const {
  if (!is_in_networks(visitor)) return "it is not in fan_out.allow";
  if (!goes_by_account(visitor)) return {};
  if (!visitor.user) return "this machine does not say whose connection it is";
  if (is_listed(*visitor.user)) return {};
  return "account " + accounts_->text(*visitor.user) +
         " of this machine is not in fan_out.users: if it may see patients' "
         "names, add it there";
}

bool GuestList::is_undecided(const Visitor& visitor) const {
  const bool unlisted = is_in_networks(visitor) && goes_by_account(visitor) && visitor.user &&
                        !is_listed(*visitor.user);
  if (!unlisted) return false;
  accounts_->ask_about(*visitor.user);
  return accounts_->expects_answer();
}

void GuestList::note_visit(const Visitor& visitor) const {
  if (goes_by_account(visitor)) accounts_->note_visit();
}

std::uint64_t GuestList::tend() const {
  accounts_->tend();
  return answers();
}

bool GuestList::is_in_networks(const Visitor& visitor) const {
  return is_loopback(visitor.address) ||
         std::ranges::any_of(networks_, [&visitor](const config::Network& network) {
           return network.contains(visitor.address);
         });
}

/// Whoever is on this machine is known by the account, whatever address it comes from.
bool GuestList::goes_by_account(const Visitor& visitor) const {
  return !all_users_ && (visitor.on_this_machine || is_loopback(visitor.address));
}

bool GuestList::is_listed(os::UserId user) const {
  return std::ranges::find(numbers_, user) != numbers_.end() ||
         std::ranges::any_of(names_, [this, user](const std::string& name) {
           return accounts_->number(name) == user;
         });
}

}  // namespace icom::fanout
