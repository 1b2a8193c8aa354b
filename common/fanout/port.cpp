#include "common/fanout/port.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <exception>
#include <utility>

#include "common/asio/as_tuple.hpp"

namespace icom::fanout {

namespace asio = boost::asio;
using asio::awaitable;
using asio::ip::tcp;

namespace {

/// After a failed accept (no more descriptors, as a rule).
constexpr std::chrono::milliseconds kAcceptRetry{200};
/// Connections that wait until it is known whose they are; the others are decided by what is known.
constexpr std::size_t kMostUndecided = 16;
/// Between two looks whether it is known.
constexpr std::chrono::milliseconds kLookAgain{20};
/// Between two looks whose account has gone, while nobody is asked.
constexpr std::chrono::seconds kWatch{1};
/// For the address of a port's name.
constexpr std::chrono::seconds kLookup{10};

/// For the end of a line that is one of many.
std::string left_out(std::uint64_t lines) {
  return lines == 0 ? "" : " (" + std::to_string(lines) + " lines like this were left out)";
}

}  // namespace

Port::Port(const asio::any_io_executor& executor, config::FanOutPort settings, GuestList guests,
           const Limits& limits)
    : executor_(executor),
      settings_(std::move(settings)),
      guests_(std::move(guests)),
      limits_(limits),
      resolver_(executor),
      acceptor_(executor),
      bell_(executor) {
  status_.serial = settings_.serial;
  status_.listen = settings_.listen.text();
}

void Port::open() {
  asio::co_spawn(
      executor_, [self = shared_from_this()] { return self->listen(); }, asio::detached);
}

void Port::close() {
  closed_ = true;
  status_.listening = false;
  boost::system::error_code ignored;
  resolver_.cancel();
  acceptor_.close(ignored);
  accept_again_.reset();
  watch_.reset();
  bell_.ring();
  for (const auto& client : clients_) client->finish();
}

awaitable<void> Port::listen() {
  while (!closed_) {
    const std::string problem = co_await bind();
    if (problem.empty()) {
      accept();
      while (!closed_) co_await bell_.wait_until(Bell::Clock::time_point::max());
      break;
    }
    if (closed_) break;
    if (problem != status_.problem) {
      spdlog::error(
          "fan-out of Linac {}: {} cannot be listened on ({}): stop what listens there, or correct "
          "fan_out; it is tried again until it can",
          settings_.serial, status_.listen, problem);
    }
    status_.problem = problem;
    co_await bell_.wait_until(Bell::Clock::now() + limits_.retry);
  }
}

/// What is wrong; empty if nothing is.
awaitable<std::string> Port::bind() {
  tcp::endpoint endpoint;
  std::string problem = co_await resolve(endpoint);
  if (closed_ || !problem.empty()) co_return problem;
  boost::system::error_code error;
  tcp::acceptor acceptor(executor_);
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) co_return error.message();
  acceptor_ = std::move(acceptor);
  status_.listening = true;
  status_.problem.clear();
  spdlog::info("fan-out of Linac {}: clients are taken on {}", settings_.serial, status_.listen);
  co_return std::string();
}

/// As bind().
awaitable<std::string> Port::resolve(tcp::endpoint& endpoint) {
  boost::system::error_code error;
  const auto addresses = co_await resolver_.resolve(settings_.listen.host, kLookup, error);
  if (error) co_return "no address of this machine: " + error.message();
  endpoint = {addresses.front(), settings_.listen.port};
  co_return std::string();
}

void Port::accept() {
  acceptor_.async_accept(
      [self = shared_from_this()](boost::system::error_code error, tcp::socket socket) {
        if (self->closed_) return;
        if (error) {
          self->accept_later(error);
          return;
        }
        self->admit(std::move(socket));
        self->accept();
      });
}

void Port::accept_later(boost::system::error_code why) {
  if (const auto unsaid = refusal_lines_.admit(Bell::Clock::now())) {
    spdlog::error("fan-out of Linac {}: a connection cannot be accepted: {}{}", settings_.serial,
                  why.message(), left_out(*unsaid));
  }
  accept_again_.emplace(executor_, kAcceptRetry, [this] { accept(); });
}

void Port::admit(tcp::socket socket) {
  boost::system::error_code gone;
  const tcp::endpoint theirs = socket.remote_endpoint(gone);
  if (gone) return;
  const tcp::endpoint ours = socket.local_endpoint(gone);
  if (gone) return;
  const Visitor who = visitor(theirs, ours);
  if (undecided_ < kMostUndecided && guests_.is_undecided(who)) {
    ++undecided_;
    asio::co_spawn(
        executor_,
        [self = shared_from_this(), who, socket = std::move(socket)]() mutable {
          return self->admit_once_decided(std::move(socket), who);
        },
        [self = shared_from_this()](const std::exception_ptr&) { --self->undecided_; });
    return;
  }
  decide(std::move(socket), who);
}

/// Of GuestList::is_undecided(). One answer decides: were it asked for anew each time, there might
/// always be one to wait for.
awaitable<void> Port::wait_until_decided() {
  asio::steady_timer pause(executor_);
  const std::uint64_t before = guests_.answers();
  while (!closed_ && guests_.answers() == before && guests_.expects_answer()) {
    pause.expires_after(kLookAgain);
    co_await pause.async_wait(kAsTuple);
  }
}

awaitable<void> Port::admit_once_decided(tcp::socket socket, Visitor who) {
  co_await wait_until_decided();
  if (!closed_) decide(std::move(socket), who);
}

void Port::decide(tcp::socket socket, const Visitor& who) {
  const asio::ip::address& address = who.address;
  if (const std::string why = guests_.refusal(who); !why.empty()) {
    refuse(address, why);
    return;
  }
  if (clients_.size() >= limits_.clients) {
    refuse(address, "there are as many clients as are taken");
    return;
  }
  const auto client = std::make_shared<Client>(std::move(socket), who, limits_);
  clients_.insert(client);
  guests_.note_visit(who);
  watch_accounts();
  ++status_.clients_total;
  if (const auto unsaid = client_lines_.admit(Bell::Clock::now())) {
    spdlog::info("fan-out of Linac {}: client {} has come, {} now{}", settings_.serial,
                 address.to_string(), clients_.size(), left_out(*unsaid));
  }
  asio::co_spawn(
      executor_, [client] { return client->run(); },
      [self = shared_from_this(), client](const std::exception_ptr&) { self->forget(client); });
}

/// The socket closes behind us.
void Port::refuse(const asio::ip::address& address, const std::string& why) {
  ++status_.refused;
  if (const auto unsaid = refusal_lines_.admit(Bell::Clock::now())) {
    spdlog::warn("fan-out of Linac {}: {} is refused: {}{}", settings_.serial, address.to_string(),
                 why, left_out(*unsaid));
  }
}

void Port::forget(const std::shared_ptr<Client>& client) {
  clients_.erase(client);
  sent_to_gone_ += client->sent_bytes();
  const bool cut_off = !client->why_cut_off().empty();
  if (cut_off) ++status_.cut_off;
  if (const auto unsaid = client_lines_.admit(Bell::Clock::now())) {
    spdlog::info("fan-out of Linac {}: client {} is gone{}, {} left{}", settings_.serial,
                 client->visitor().address.to_string(),
                 cut_off ? " (cut off: " + client->why_cut_off() + ")" : "", clients_.size(),
                 left_out(*unsaid));
  }
}

void Port::offer(const Piece& piece) {
  for (const auto& client : clients_) client->offer(piece);
}

void Port::cut_off_all(const std::string& why) {
  for (const auto& client : clients_) client->cut_off(why);
}

void Port::allow(GuestList guests) {
  guests_ = std::move(guests);
  for (const auto& client : clients_) {
    if (!guests_.is_undecided(client->visitor())) {
      cut_off_unless_allowed(*client);
      continue;
    }
    asio::co_spawn(
        executor_,
        [self = shared_from_this(), client] { return self->cut_off_once_decided(client); },
        asio::detached);
  }
}

awaitable<void> Port::cut_off_once_decided(std::shared_ptr<Client> client) {
  co_await wait_until_decided();
  if (clients_.contains(client)) cut_off_unless_allowed(*client);
}

void Port::cut_off_unless_allowed(Client& client) {
  const std::string why = guests_.refusal(client.visitor());
  if (!why.empty()) client.cut_off("no longer allowed: " + why);
}

/// A name's number is looked up for whoever comes, and counts for all that are there.
void Port::watch_accounts() {
  if (closed_ || clients_.empty()) return;
  if (const auto answers = guests_.tend(); std::exchange(judged_by_, answers) != answers) {
    for (const auto& client : clients_) cut_off_unless_allowed(*client);
  }
  const std::chrono::milliseconds next = guests_.expects_answer() ? kLookAgain : kWatch;
  watch_.emplace(executor_, next, [this] { watch_accounts(); });
}

PortStatus Port::status() const {
  PortStatus status = status_;
  status.clients = clients_.size();
  status.sent_bytes = sent_to_gone_;
  for (const auto& client : clients_) status.sent_bytes += client->sent_bytes();
  return status;
}

}  // namespace icom::fanout
