#include "common/control/server.hpp"

#include <spdlog/spdlog.h>

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/system_error.hpp>
#include <chrono>
#include <exception>
#include <system_error>
#include <utility>
#include <vector>

#include "common/asio/as_tuple.hpp"
#include "common/control/protocol.hpp"
#include "common/os/watched_file.hpp"

namespace icom::control {

namespace asio = boost::asio;
using asio::awaitable;

namespace {

/// After a failed accept: for want of descriptors, say.
constexpr std::chrono::milliseconds kAcceptAgain{500};

}  // namespace

struct Server::State : std::enable_shared_from_this<State> {
  State(asio::any_io_executor with, std::filesystem::path at)
      : executor(std::move(with)), socket(std::move(at)) {}

  /// A wait at the former acceptor ends, and goes on at the new one.
  void take(Acceptor opened) {
    if (closed) return;
    const bool accepts = acceptor.has_value();
    if (accepts) {
      *acceptor = std::move(opened);
    } else {
      acceptor.emplace(std::move(opened));
      asio::co_spawn(executor, accept(shared_from_this()), asio::detached);
    }
  }

  static awaitable<void> accept(std::shared_ptr<State> self) {
    while (!self->closed) {
      auto [error, peer] = co_await self->acceptor->async_accept(kAsTuple);
      if (!error) {
        if (self->calls < kMostCalls) {
          asio::co_spawn(self->executor, serve(self, std::move(peer)), asio::detached);
        }
      } else if (error != asio::error::operation_aborted) {
        spdlog::warn("the control channel: {}", error.message());
        asio::steady_timer pause(self->executor, kAcceptAgain);
        co_await pause.async_wait(kAsTuple);
      }
    }
  }

  static awaitable<void> serve(std::shared_ptr<State> self, Channel peer) {
    ++self->calls;
    try {
      co_await self->answer(peer);
    } catch (const std::exception& error) {
      spdlog::error("the control channel: a request could not be answered: {}", error.what());
    }
    --self->calls;
  }

  Acceptor open() {
    auto opened = open_channel(executor, socket);
    file.emplace(socket);
    return opened;
  }

  /// What has the socket's name is left alone as long as somebody answers there: it may be another
  /// program's, which has taken over.
  [[nodiscard]] bool is_to_be_made() {
    std::error_code unknown;
    const auto found = file && file->valid() ? file->look(unknown) : os::WatchedFile::Found::none;
    if (found == os::WatchedFile::Found::none) return true;
    if (found != os::WatchedFile::Found::another) return false;
    Channel peer(executor);
    return connect_channel(peer, socket) == asio::error::connection_refused;
  }

  awaitable<void> answer(Channel& peer) {
    std::string line;
    if (!is_own_or_root(peer) || !co_await read_line(peer, line, kStep)) co_return;
    const auto space = line.find(' ');
    const std::string_view word = std::string_view(line).substr(0, space);
    Call call{space == std::string::npos ? std::string() : line.substr(space + 1), peer};
    for (const auto& [known, answer] : words) {
      if (known != word) continue;
      co_await answer(call);
      co_return;
    }
    std::string all;
    for (const auto& [known, answer] : words) all += (all.empty() ? "" : ", ") + known;
    co_await refuse(call, "expected one of: " + all);
  }

  const asio::any_io_executor executor;
  const std::filesystem::path socket;
  std::vector<std::pair<std::string, Answer>> words;
  std::optional<Acceptor> acceptor;
  std::size_t calls = 0;
  bool closed = false;
  /// The file of the acceptor. In open(), and then in look_after_place() alone.
  std::optional<os::WatchedFile> file;
  std::atomic<bool> wanted = false;  ///< there is to be a socket
};

Server::Server(const asio::any_io_executor& executor, std::filesystem::path socket)
    : state_(std::make_shared<State>(executor, std::move(socket))) {}

Server::~Server() {
  close();
}

void Server::answers(std::string_view word, Answer answer) {
  state_->words.emplace_back(word, std::move(answer));
}

void Server::open() {
  try {
    state_->take(state_->open());
  } catch (const boost::system::system_error& error) {
    spdlog::warn("nobody can ask this program anything but by signals: {}", error.what());
  }
  state_->wanted = true;  // only now: look_after_place() would find it missing in between
}

void Server::close() {
  state_->wanted = false;
  state_->closed = true;
  boost::system::error_code ignored;
  if (state_->acceptor) state_->acceptor->close(ignored);
}

void Server::look_after_place() {
  if (!state_->wanted || !state_->is_to_be_made()) return;
  try {
    auto opened = state_->open();
    asio::post(state_->executor, [state = state_, acceptor = std::move(opened)]() mutable {
      state->take(std::move(acceptor));
    });
  } catch (const boost::system::system_error&) {
    return;  // the folder is not there yet, say: the next call tries again
  }
}

awaitable<void> refuse(Call& call, std::string why) {
  co_await write_line(call.channel, std::string(kError) + " " + std::move(why), kStep);
}

}  // namespace icom::control
