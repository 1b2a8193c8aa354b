#include "common/ssh/channel_opener.hpp"

#include <utility>

#include "common/ssh/channel_state.hpp"
#include "common/ssh/deadline.hpp"
#include "common/ssh/engine.hpp"
#include "common/ssh/library.hpp"

namespace icom::ssh {
namespace {

/// What the server is told of who is behind the channel; it only logs it.
constexpr const char* kOriginatorHost = "127.0.0.1";
constexpr int kOriginatorPort = 0;

}  // namespace

struct ChannelOpener::Request {
  Request(const boost::asio::any_io_executor& executor, std::string to_host, std::uint16_t to_port)
      : host(std::move(to_host)), port(to_port), changed(executor) {}

  [[nodiscard]] std::string target() const { return host + ":" + std::to_string(port); }

  std::string host;
  std::uint16_t port;
  Condition changed;
  bool begun = false;  ///< libssh2 has sent it, and can not take it back
  bool timed_out = false;
  bool abandoned = false;  ///< nobody waits any more: what it opens is closed at once
  std::shared_ptr<ChannelState> channel;
  std::optional<Error> error;
};

/// Gives the request up unless its answer has been taken.
class ChannelOpener::Claim {
 public:
  explicit Claim(std::shared_ptr<Request> request) : request_(std::move(request)) {}
  ~Claim() {
    request_->abandoned = true;
    if (request_->channel) request_->channel->close();
  }
  Claim(const Claim&) = delete;
  Claim& operator=(const Claim&) = delete;

  std::shared_ptr<ChannelState> take() { return std::exchange(request_->channel, nullptr); }

 private:
  std::shared_ptr<Request> request_;
};

boost::asio::awaitable<std::shared_ptr<ChannelState>> ChannelOpener::open(
    std::string host, std::uint16_t port, std::chrono::steady_clock::time_point until) {
  const auto engine = engine_.shared_from_this();
  if (engine->failure()) throw Error(*engine->failure());
  const auto request = std::make_shared<Request>(engine->executor(), std::move(host), port);
  Claim claim(request);
  const Deadline deadline(engine->executor(), until, [request] {
    request->timed_out = true;
    request->changed.notify();
  });
  requests_.push_back(request);
  engine->drive();

  while (!request->channel) {
    if (request->error) throw Error(*request->error);
    if (engine->failure()) throw Error(*engine->failure());
    if (request->timed_out) {
      throw Error(Category::timeout,
                  engine->server() + ": a channel to " + request->target() +
                      " was not opened in time" +
                      (request->begun ? "; the server is still trying to reach the target"
                                      : "; an earlier channel is still being opened"));
    }
    co_await request->changed.wait();
  }
  co_return claim.take();
}

int ChannelOpener::advance() {
  while (!requests_.empty()) {
    const auto request = requests_.front();
    if (!request->abandoned || request->begun) {
      request->begun = true;
      LIBSSH2_CHANNEL* const channel =
          libssh2_channel_direct_tcpip_ex(engine_.session(), request->host.c_str(), request->port,
                                          kOriginatorHost, kOriginatorPort);
      const int code = channel != nullptr ? 0 : libssh2_session_last_errno(engine_.session());
      if (code == LIBSSH2_ERROR_EAGAIN) return 0;
      const bool answered = code == 0 || code == LIBSSH2_ERROR_CHANNEL_FAILURE;
      if (!answered && code != LIBSSH2_ERROR_TIMEOUT) return code;
      finish(*request, channel, code);
    }
    requests_.pop_front();
  }
  return 0;
}

void ChannelOpener::finish(Request& request, LIBSSH2_CHANNEL* channel, int code) {
  const std::string what = engine_.server() + ": a channel to " + request.target();
  if (channel != nullptr) {
    // A forwarded connection has no second stream; were the server to send one, it would fill the
    // window unread.
    libssh2_channel_handle_extended_data2(channel, LIBSSH2_CHANNEL_EXTENDED_DATA_IGNORE);
    request.channel = std::make_shared<ChannelState>(engine_, channel);
    engine_.channels().push_back(request.channel);
    if (request.abandoned) request.channel->close();
  } else if (code == LIBSSH2_ERROR_TIMEOUT) {
    // libssh2 gives up after 60 s and forgets the request. Should the server open it yet, what
    // comes from it is dropped.
    request.error.emplace(Category::timeout, what + " was not opened within a minute");
  } else {
    request.error.emplace(Category::refused,
                          what + " was refused: " + last_error_text(engine_.session()) +
                              ". Administratively prohibited: the account's permitopen at the "
                              "server does not list it. "
                              "Connect failed: nothing listens there, as the server sees it");
  }
  request.changed.notify();
}

void ChannelOpener::session_ended() {
  for (const auto& request : requests_) request->changed.notify();
  requests_.clear();
}

}  // namespace icom::ssh
