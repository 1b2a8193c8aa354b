#include "common/ssh/engine.hpp"

#include <algorithm>
#include <new>

#include "common/ssh/library.hpp"

namespace icom::ssh {
namespace {

static_assert(kTryAgain == LIBSSH2_ERROR_EAGAIN);

/// libssh2 keeps quiet if less than its interval has passed. We have our own, in milliseconds.
constexpr unsigned kLibraryKeepaliveSeconds = 2;

/// How often the watchdog looks, at the least.
constexpr std::chrono::milliseconds kLongestTick = std::chrono::seconds(2);

Wire& wire_of(void** abstract) {
  return *static_cast<Wire*>(*abstract);
}

ssize_t on_send(libssh2_socket_t, const void* bytes, size_t size, int, void** abstract) {
  return wire_of(abstract).send(bytes, size);
}

ssize_t on_receive(libssh2_socket_t, void* bytes, size_t size, int, void** abstract) {
  return wire_of(abstract).receive(bytes, size);
}

/// The server's text goes into an error and from there into a log: printable, and not long.
void on_disconnect(LIBSSH2_SESSION*, int, const char* text, int size, const char*, int,
                   void** abstract) {
  constexpr std::size_t kLongest = 200;
  std::string words(text, std::min(static_cast<std::size_t>(std::max(size, 0)), kLongest));
  std::replace_if(
      words.begin(), words.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  wire_of(abstract).set_parting_words(std::move(words));
}

boost::system::error_code error_for_channels(Category why) {
  switch (why) {
    case Category::closed:
      return boost::asio::error::operation_aborted;
    case Category::timeout:
      return boost::asio::error::timed_out;
    case Category::network:
      return boost::asio::error::connection_reset;
    default:
      return boost::asio::error::connection_aborted;
  }
}

}  // namespace

std::shared_ptr<Engine> Engine::create(boost::asio::ip::tcp::socket socket, std::string server,
                                       const Limits& limits) {
  initialise_library();
  const std::shared_ptr<Engine> engine(new Engine(std::move(socket), std::move(server), limits));
  engine->wire_->start([weak = engine->weak_from_this()] {
    if (const auto self = weak.lock()) self->drive();
  });
  return engine;
}

Engine::Engine(boost::asio::ip::tcp::socket socket, std::string server, const Limits& limits)
    : executor_(socket.get_executor()),
      server_(std::move(server)),
      limits_(limits),
      wire_(std::make_shared<Wire>(std::move(socket))),
      session_(libssh2_session_init_ex(nullptr, nullptr, nullptr, wire_.get())),
      opener_(*this),
      changed_(executor_),
      ticker_(executor_) {
  if (session_ == nullptr) throw std::bad_alloc();
  libssh2_session_callback_set(session_, LIBSSH2_CALLBACK_SEND, reinterpret_cast<void*>(on_send));
  libssh2_session_callback_set(session_, LIBSSH2_CALLBACK_RECV,
                               reinterpret_cast<void*>(on_receive));
  libssh2_session_callback_set(session_, LIBSSH2_CALLBACK_DISCONNECT,
                               reinterpret_cast<void*>(on_disconnect));
  libssh2_session_set_blocking(session_, 0);
}

Engine::~Engine() {
  end(Error(Category::closed, server_ + ": the session was dropped"));
}

void Engine::establish() {
  established_ = true;
  keepalive_sent_ = Wire::Clock::now();
  // No reply wanted: libssh2 keeps replies for ever, and takes them for answers to other requests.
  libssh2_keepalive_config(session_, 0, kLibraryKeepaliveSeconds);
  tick_later();
  drive();
}

void Engine::drive() {
  if (established_ && !failure_ && !driving_) {
    driving_ = true;
    // What libssh2 reads for one channel may be meant for another that had its turn already: again,
    // until it reads nothing.
    std::uint64_t before = 0;
    do {
      before = wire_->given();
      serve_all();
    } while (!failure_ && wire_->given() != before);
    driving_ = false;
    std::erase_if(channels_, [](const auto& channel) { return channel->finished(); });
    std::erase_if(listeners_, [](const auto& listener) { return listener->finished(); });
    // Without a channel nothing reads, and only the server's end is still waited for.
    if (farewell_) wire_->discard_input();
    wire_->pump();
    if (!failure_ && wire_->broken() && !wire_->has_input()) {
      end(explain(LIBSSH2_ERROR_SOCKET_DISCONNECT, "in use"));
    }
  }
  changed_.notify();
}

void Engine::serve_all() {
  int code = opener_.advance();
  // By index: nothing is removed meanwhile, but opening or accepting a channel adds one.
  for (std::size_t i = 0; code == 0 && i < listeners_.size(); ++i) code = listeners_[i]->service();
  // Who comes first may fill the wire: each time it is another's turn.
  const std::size_t known = channels_.size();
  const std::size_t first = known == 0 ? 0 : ++turn_ % known;
  for (std::size_t i = 0; code == 0 && i < channels_.size(); ++i) {
    code = channels_[i < known ? (first + i) % known : i]->service();
  }
  if (code < 0) end(explain(code, "in use"));
}

std::shared_ptr<ChannelState> Engine::adopt(LIBSSH2_CHANNEL* channel) {
  // A forwarded connection has no second stream; were the server to send one, it would fill the
  // window unread.
  libssh2_channel_handle_extended_data2(channel, LIBSSH2_CHANNEL_EXTENDED_DATA_IGNORE);
  auto state = std::make_shared<ChannelState>(*this, channel);
  channels_.push_back(state);
  return state;
}

void Engine::end(Error why) {
  if (failure_) return;
  failure_ = farewell_ ? *farewell_ : std::move(why);
  wire_->close();
  ticker_.cancel();
  free_session();
  for (const auto& channel : channels_)
    channel->session_ended(error_for_channels(failure_->category()));
  channels_.clear();
  for (const auto& listener : listeners_) listener->session_ended();
  listeners_.clear();
  opener_.session_ended();
  changed_.notify();
}

void Engine::disconnect(Error why) {
  if (failure_ || farewell_) return;
  farewell_ = std::move(why);
  // It would block in a rekey only; then the socket's end has to do.
  libssh2_session_disconnect_ex(session_, SSH_DISCONNECT_BY_APPLICATION, "done", "");
  wire_->discard_input();
  wire_->pump();
}

void Engine::free_session() {
  // The wire is closed: nothing is sent and every read fails. A handshake that was begun gives up
  // what it holds then, which freeing the session alone does not; none is begun without a socket.
  libssh2_session_handshake(session_, LIBSSH2_INVALID_SOCKET);
  // Each EAGAIN is one step of an unfinished exchange less. The bound is for a state that we do not
  // know of: leaking a session is better than hanging.
  constexpr int kMostSteps = 1000;
  for (int step = 0; step < kMostSteps; ++step) {
    if (libssh2_session_free(session_) != LIBSSH2_ERROR_EAGAIN) break;
  }
  session_ = nullptr;
}

Error Engine::explain(int code, std::string_view doing) const {
  const bool lost = code == LIBSSH2_ERROR_SOCKET_DISCONNECT || code == LIBSSH2_ERROR_SOCKET_RECV ||
                    code == LIBSSH2_ERROR_SOCKET_SEND || wire_->broken() ||
                    !wire_->parting_words().empty();
  std::string sentence = server_ + ": ";
  if (lost) {
    sentence += "the connection ended (while " + std::string(doing) + ")";
    if (wire_->broken()) sentence += ": " + wire_->broken().message();
  } else {
    sentence += "SSH failed (while " + std::string(doing) + "): " + last_error_text(session_) +
                " (libssh2 " + std::to_string(code) + ")";
  }
  if (!wire_->parting_words().empty()) sentence += "; the server said: " + wire_->parting_words();
  return {lost ? Category::network : Category::protocol, sentence};
}

void Engine::tick_later() {
  const auto shortest = std::min({limits_.stall / 4, limits_.keepalive / 2, kLongestTick});
  ticker_.expires_after(std::max(shortest, std::chrono::milliseconds(1)));
  ticker_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
    const auto self = weak.lock();
    if (error || !self || self->failure_) return;
    self->tick();
    if (!self->failure_) self->tick_later();
  });
}

void Engine::tick() {
  if (stalled()) {
    end(Error(Category::timeout,
              server_ + ": no progress for " + std::to_string(limits_.stall.count() / 1000) +
                  " s although bytes wait to be sent; the connection is given up"));
    return;
  }
  const auto now = Wire::Clock::now();
  if (now - keepalive_sent_ >= limits_.keepalive) {
    keepalive_sent_ = now;
    const int code = libssh2_keepalive_send(session_, nullptr);
    if (code < 0 && code != LIBSSH2_ERROR_EAGAIN) {
      end(explain(code, "sending a keepalive"));
      return;
    }
  }
  drive();
}

bool Engine::stalled() const {
  const auto since = Wire::Clock::now() - limits_.stall;
  return wire_->stuck_since_before(since) ||
         std::any_of(channels_.begin(), channels_.end(),
                     [&](const auto& channel) { return channel->stuck_since_before(since); });
}

}  // namespace icom::ssh
