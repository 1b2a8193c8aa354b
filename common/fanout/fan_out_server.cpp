#include "common/fanout/fan_out_server.hpp"

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <utility>

#include "common/asio/as_tuple.hpp"

namespace icom::fanout {

namespace asio = boost::asio;

namespace {

/// Between two looks whether all clients are gone.
constexpr std::chrono::milliseconds kLook{10};

}  // namespace

FanOutServer::FanOutServer(const asio::any_io_executor& executor, const Limits& limits,
                           std::shared_ptr<Accounts> accounts)
    : executor_(executor), limits_(limits), accounts_(std::move(accounts)) {}

void FanOutServer::apply(const config::FanOutSettings& settings) {
  // Those that go let go of their addresses before others come, which may want them.
  std::erase_if(ports_, [&](const auto& one) {
    const bool stays =
        std::ranges::find(settings.ports, one.second->settings()) != settings.ports.end();
    if (!stays) close(one.second);
    return !stays;
  });
  accounts_->use(GuestList::names_in(settings.users));
  const GuestList guests(settings, accounts_);
  for (const config::FanOutPort& wanted : settings.ports) {
    auto& port = ports_[wanted.serial];
    if (port) {
      port->allow(guests);
      continue;
    }
    port = std::make_shared<Port>(executor_, wanted, guests, limits_);
    port->open();
  }
}

void FanOutServer::close(const std::shared_ptr<Port>& port) {
  port->close();
  std::erase_if(closed_, [](const auto& one) { return !one->has_clients(); });
  closed_.push_back(port);
}

void FanOutServer::publish(std::string_view serial, const Piece& piece) {
  const auto port = ports_.find(serial);
  if (port != ports_.end()) port->second->offer(piece);
}

void FanOutServer::cut_off(std::string_view serial, const std::string& why) {
  const auto port = ports_.find(serial);
  if (port != ports_.end()) port->second->cut_off_all(why);
}

bool FanOutServer::has_clients(std::string_view serial) const {
  const auto port = ports_.find(serial);
  return port != ports_.end() && port->second->has_clients();
}

asio::awaitable<void> FanOutServer::stop() {
  for (const auto& [serial, port] : ports_) close(port);
  ports_.clear();
  // A client's own deadlines end it; these are for one that could not heed them.
  const auto give_up = std::chrono::steady_clock::now() + 2 * limits_.goodbye + kLook;
  asio::steady_timer pause(executor_);
  while (std::ranges::any_of(closed_, [](const auto& port) { return port->has_clients(); }) &&
         std::chrono::steady_clock::now() < give_up) {
    pause.expires_after(kLook);
    co_await pause.async_wait(kAsTuple);
  }
  closed_.clear();
}

std::vector<PortStatus> FanOutServer::status() const {
  std::vector<PortStatus> all;
  for (const auto& [serial, port] : ports_) all.push_back(port->status());
  return all;
}

}  // namespace icom::fanout
