#include "common/ssh/session.hpp"

#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>
#include <utility>

#include "common/ssh/channel_state.hpp"
#include "common/ssh/deadline.hpp"
#include "common/ssh/dial.hpp"
#include "common/ssh/engine.hpp"
#include "common/ssh/handshake.hpp"
#include "common/ssh/known_hosts.hpp"
#include "common/ssh/library.hpp"
#include "common/ssh/private_key.hpp"

namespace icom::ssh {
namespace {

std::string name_of(const Settings& settings) {
  return settings.host + ":" + std::to_string(settings.port);
}

void check(const Settings& settings) {
  if (settings.host.empty() || settings.port == 0 || settings.user.empty()) {
    throw Error(Category::settings, "the tunnel needs a host, a port and a user");
  }
}

}  // namespace

Session::Session(std::shared_ptr<Engine> engine) : engine_(std::move(engine)) {}
Session::~Session() = default;

boost::asio::awaitable<std::shared_ptr<Session>> Session::connect(Settings settings,
                                                                  std::chrono::seconds deadline) {
  const auto until = Deadline::Clock::now() + deadline;
  check(settings);
  const PrivateKey key = PrivateKey::load(settings.key);
  const KnownHosts known_hosts(settings.known_hosts);

  boost::asio::ip::tcp::socket socket = co_await dial(settings, until);
  const auto engine = Engine::create(std::move(socket), name_of(settings), settings.limits);
  co_await shake_hands(*engine, settings, known_hosts, until);
  co_await authenticate(*engine, settings, key, until);
  engine->establish();
  co_return std::shared_ptr<Session>(new Session(engine));
}

boost::asio::awaitable<Channel> Session::open_channel(std::string host, std::uint16_t port,
                                                      std::chrono::seconds deadline) {
  const auto engine = engine_;
  const auto until = Deadline::Clock::now() + deadline;
  auto state = co_await engine->opener().open(std::move(host), port, until);
  co_return Channel(engine, std::move(state));
}

boost::asio::awaitable<Listener> Session::listen(std::string host, std::uint16_t port,
                                                 std::chrono::seconds deadline) {
  const auto engine = engine_;
  const auto until = Deadline::Clock::now() + deadline;
  auto state = co_await engine->opener().listen(std::move(host), port, until);
  co_return Listener(engine, std::move(state));
}

boost::asio::awaitable<void> Session::ping(std::chrono::seconds limit) {
  const auto engine = engine_;
  co_await engine->opener().ping(limit);
}

std::uint64_t Session::bytes_received() const {
  return engine_->wire().given();
}

boost::asio::awaitable<void> Session::ended() const {
  const auto engine = engine_;
  while (!engine->failure()) co_await engine->changed().wait();
}

boost::asio::awaitable<void> Session::idle() const {
  const auto engine = engine_;
  while (!engine->failure() && !(engine->channels().empty() && engine->opener().idle())) {
    co_await engine->changed().wait();
  }
}

boost::asio::awaitable<void> Session::close(std::chrono::seconds deadline) {
  const auto engine = engine_;
  const Error goodbye(Category::closed, engine->server() + ": the session was closed");
  const Deadline limit(engine->executor(), Deadline::Clock::now() + deadline,
                       [engine, goodbye] { engine->end(goodbye); });
  // Copies: what is done leaves the engine's lists.
  const auto listeners = engine->listeners();
  for (const auto& listener : listeners) listener->close();
  const auto channels = engine->channels();
  for (const auto& channel : channels) channel->close();
  while (!engine->failure() && !engine->channels().empty()) {
    co_await engine->changed().wait();
  }
  // The server hangs up then; to do so first would reset the connection if some of its bytes are
  // still unread here.
  engine->disconnect(goodbye);
  while (!engine->failure()) co_await engine->changed().wait();
}

void Session::abort() {
  engine_->end(Error(Category::closed, engine_->server() + ": the session was aborted"));
}

bool Session::is_open() const {
  return !engine_->failure();
}
std::optional<Error> Session::failure() const {
  return engine_->failure();
}
boost::asio::any_io_executor Session::get_executor() const {
  return engine_->executor();
}

}  // namespace icom::ssh
