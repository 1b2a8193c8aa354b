#include "common/ssh/channel_opener.hpp"

#include <cstring>
#include <optional>
#include <utility>

#include "common/ssh/channel_state.hpp"
#include "common/ssh/condition.hpp"
#include "common/ssh/deadline.hpp"
#include "common/ssh/engine.hpp"
#include "common/ssh/error.hpp"
#include "common/ssh/library.hpp"
#include "common/ssh/listener_state.hpp"

namespace icom::ssh {
namespace {

/// What the server is told of who is behind the channel; it only logs it.
constexpr const char* kOriginatorHost = "127.0.0.1";
constexpr int kOriginatorPort = 0;

bool is_prohibited(const std::string& reason) {
  return reason.find("administratively prohibited") != std::string::npos;
}

/// libssh2's code of a call that gives a handle or null.
int code_of(const void* handle, LIBSSH2_SESSION* session) {
  return handle != nullptr ? 0 : libssh2_session_last_errno(session);
}

}  // namespace

struct ChannelOpener::Request {
  Request(Engine& of, std::string asked, const std::string& to_host, std::uint16_t to_port)
      : engine(of),
        host(to_host),
        port(to_port),
        what(engine.server() + ": " + std::move(asked)),
        changed(engine.executor()) {}
  virtual ~Request() = default;
  Request(const Request&) = delete;
  Request& operator=(const Request&) = delete;

  /// Lets libssh2 go on. 0: answered, by a result or an `error`; otherwise libssh2's code.
  virtual int step() = 0;
  /// Nobody wants the result, if there is one.
  virtual void discard() = 0;

  Engine& engine;
  std::string host;
  std::uint16_t port;
  std::string what;  ///< for errors
  Condition changed;
  bool begun = false;  ///< libssh2 has sent it, and can not take it back
  bool answered = false;
  bool timed_out = false;
  bool abandoned = false;  ///< nobody waits any more: what it opens is closed at once
  std::optional<Error> error;
};

struct ChannelOpener::Open : Request {
  Open(Engine& of, const std::string& to_host, std::uint16_t to_port)
      : Request(of, "a channel to " + to_host + ":" + std::to_string(to_port), to_host, to_port) {}

  int step() override {
    LIBSSH2_CHANNEL* const opened = libssh2_channel_direct_tcpip_ex(
        engine.session(), host.c_str(), port, kOriginatorHost, kOriginatorPort);
    const int code = code_of(opened, engine.session());
    if (code == 0) {
      channel = engine.adopt(opened);
    } else if (code == LIBSSH2_ERROR_CHANNEL_FAILURE) {
      const std::string reason = last_error_text(engine.session());
      error.emplace(is_prohibited(reason) ? Category::prohibited : Category::refused,
                    what + " was refused: " + reason);
    } else if (code == LIBSSH2_ERROR_TIMEOUT) {
      // libssh2 gives up after 60 s and forgets the request. Should the server open it yet, what
      // comes from it is dropped.
      error.emplace(Category::timeout, what + " was not opened within a minute");
    } else {
      return code;
    }
    return 0;
  }

  void discard() override {
    if (channel) channel->close();
  }

  std::shared_ptr<ChannelState> channel;
};

struct ChannelOpener::Listen : Request {
  Listen(Engine& of, const std::string& at_host, std::uint16_t at_port)
      : Request(of, "listening at " + at_host + ":" + std::to_string(at_port), at_host, at_port) {}

  int step() override {
    int bound = 0;
    LIBSSH2_LISTENER* const made = libssh2_channel_forward_listen_ex(
        engine.session(), host.c_str(), port, &bound, ListenerState::kMaxWaiting);
    const int code = code_of(made, engine.session());
    if (code == 0) {
      listener = std::make_shared<ListenerState>(engine, made, static_cast<std::uint16_t>(bound));
      engine.listeners().push_back(listener);
    } else if (code == LIBSSH2_ERROR_REQUEST_DENIED) {
      error.emplace(Category::refused,
                    what +
                        " was refused: the port is held by an earlier session or another "
                        "program there, or not permitted (permitlisten, AllowTcpForwarding)");
    } else {
      // An answer that comes after libssh2 has given up would be taken for that of the next
      // listener: such a session is over.
      return code;
    }
    return 0;
  }

  void discard() override {
    if (listener) listener->close();
  }

  std::shared_ptr<ListenerState> listener;
};

struct ChannelOpener::Ping : Request {
  explicit Ping(Engine& of) : Request(of, "a channel to test the connection", "", 0) {}

  int step() override {
    // No such type exists, so every server refuses it. OpenSSH notes that for debugging only; that
    // of a "session" in an account without sessions it logs as an error.
    constexpr const char* kType = "ping@icom-gateway";
    LIBSSH2_CHANNEL* const opened = libssh2_channel_open_ex(
        engine.session(), kType, static_cast<unsigned>(std::strlen(kType)),
        LIBSSH2_CHANNEL_WINDOW_DEFAULT, LIBSSH2_CHANNEL_PACKET_DEFAULT, nullptr, 0);
    const int code = code_of(opened, engine.session());
    if (code == 0) engine.adopt(opened)->close();
    if (code == LIBSSH2_ERROR_TIMEOUT) {
      error.emplace(Category::timeout, what + " was not answered within a minute");
    }
    // A refusal is an answer, too.
    const bool answer = code == LIBSSH2_ERROR_CHANNEL_FAILURE || code == LIBSSH2_ERROR_TIMEOUT;
    return answer ? 0 : code;
  }

  void discard() override {}
};

/// Gives the request up unless its answer has been taken.
class ChannelOpener::Claim {
 public:
  explicit Claim(std::shared_ptr<Request> request) : request_(std::move(request)) {}
  ~Claim() {
    if (!request_) return;
    request_->abandoned = true;
    request_->discard();
  }
  Claim(const Claim&) = delete;
  Claim& operator=(const Claim&) = delete;

  void taken() { request_.reset(); }

 private:
  std::shared_ptr<Request> request_;
};

boost::asio::awaitable<void> ChannelOpener::answer(std::shared_ptr<Request> request,
                                                   std::optional<TimePoint> until,
                                                   std::chrono::seconds limit) {
  const auto engine = engine_.shared_from_this();
  if (engine->failure()) throw Error(*engine->failure());
  Claim claim(request);
  requests_.push_back(request);
  engine->drive();

  std::optional<Deadline> deadline;
  while (!request->answered) {
    if (!deadline && (until || request->begun)) {
      deadline.emplace(engine->executor(), until.value_or(Deadline::Clock::now() + limit),
                       [request] {
                         request->timed_out = true;
                         request->changed.notify();
                       });
    }
    if (engine->failure()) throw Error(*engine->failure());
    if (request->timed_out) {
      throw Error(Category::timeout,
                  request->what + " was not answered in time" +
                      (request->begun ? "; the server has not made up its mind"
                                      : "; an earlier request is still unanswered"));
    }
    co_await request->changed.wait();
  }
  claim.taken();
  if (request->error) throw Error(*request->error);
}

boost::asio::awaitable<std::shared_ptr<ChannelState>> ChannelOpener::open(std::string host,
                                                                          std::uint16_t port,
                                                                          TimePoint until) {
  const auto request = std::make_shared<Open>(engine_, host, port);
  co_await answer(request, until);
  co_return request->channel;
}

boost::asio::awaitable<std::shared_ptr<ListenerState>> ChannelOpener::listen(std::string host,
                                                                             std::uint16_t port,
                                                                             TimePoint until) {
  const auto request = std::make_shared<Listen>(engine_, host, port);
  co_await answer(request, until);
  co_return request->listener;
}

boost::asio::awaitable<void> ChannelOpener::ping(std::chrono::seconds limit) {
  const auto request = std::make_shared<Ping>(engine_);
  co_await answer(request, std::nullopt, limit);
}

int ChannelOpener::advance() {
  while (!requests_.empty()) {
    const auto request = requests_.front();
    if (!request->abandoned || request->begun) {
      if (!std::exchange(request->begun, true)) request->changed.notify();
      const int code = request->step();
      if (code == LIBSSH2_ERROR_EAGAIN) return 0;
      if (code != 0) return code;
      request->answered = true;
      if (request->abandoned) request->discard();
      request->changed.notify();
    }
    requests_.pop_front();
  }
  return 0;
}

void ChannelOpener::session_ended() {
  for (const auto& request : requests_) request->changed.notify();
  requests_.clear();
}

}  // namespace icom::ssh
