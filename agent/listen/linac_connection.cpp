#include "agent/listen/linac_connection.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <iterator>
#include <utility>

#include "agent/listen/second_client.hpp"
#include "common/os/crash_farewell.hpp"
#include "common/os/random.hpp"
#include "common/os/silent_peer.hpp"
#include "common/os/socket_owner.hpp"

namespace icom::listen {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

/// What the kernel may hold for us while this process does not run: half a minute of the stream. It
/// may grant less.
constexpr int kReceiveBuffer = 1024 * 1024;

/// Reads in a row before timers and signals get their turn.
constexpr int kReadsAtOnce = 16;

/// A byte that the Linac's TCP marks as urgent is one of the stream's like any other; the kernel
/// would leave it out.
void read_urgent_bytes_too(tcp::socket& socket) {
  boost::system::error_code ignored;
  socket.set_option(asio::socket_base::out_of_band_inline(true), ignored);
}

}  // namespace

LinacConnection::LinacConnection(asio::io_context& io, config::Address linac,
                                 const ListenerTimings& timings, StreamSink& sink,
                                 KeeperLink keeper)
    : io_(io),
      linac_(std::move(linac)),
      timings_(timings),
      sink_(sink),
      keeper_(keeper),
      pace_(timings, os::random_u64()),
      silence_(timings),
      late_(io, timings, sink),
      resolver_(io.get_executor()),
      socket_(io),
      deadline_(io) {}

LinacConnection::~LinacConnection() = default;

void LinacConnection::stop() {
  stopping_ = true;
  if (!letting_go_) late_.stop();
  resolver_.cancel();
  deadline_.cancel();
  boost::system::error_code ignored;
  // Ends a wait for bytes as well as an attempt to connect; the connection itself stays open, to be
  // closed properly.
  socket_.cancel(ignored);
}

void LinacConnection::adopt(os::Connection connection, bool ipv6) {
  socket_.assign(ipv6 ? tcp::v6() : tcp::v4(), connection.release());
  socket_.non_blocking(true);
  read_urgent_bytes_too(socket_);
  adopted_ = true;
}

std::uint64_t LinacConnection::adopt_late(os::Connection connection) {
  return late_.adopt(std::move(connection));
}

void LinacConnection::let_go() {
  letting_go_ = true;
  stop();
}

os::Connection LinacConnection::release(bool& ipv6) {
  os::set_crash_farewell(os::kNoSocket);
  if (!socket_.is_open()) return {};
  boost::system::error_code gone;
  ipv6 = socket_.local_endpoint(gone).protocol() == tcp::v6();
  return os::Connection(socket_.release());
}

std::vector<LateConnections::Released> LinacConnection::release_late() {
  return late_.release();
}

asio::awaitable<void> LinacConnection::run() {
  while (!stopping_ || adopted_) {
    std::chrono::nanoseconds lasted{};
    bool brought_frame = false;
    const bool adopted = std::exchange(adopted_, false);
    std::string failure;
    if (!adopted) failure = co_await connect();
    if (failure.empty()) {
      const auto begin = Clock::now();
      const bool kept = keeper_.keep(socket_.native_handle());
      os::set_crash_farewell(socket_.native_handle(), kept ? keeper_.socket() : os::kNoSocket);
      if (!adopted) sink_.connected();
      tell_peer();
      given_up_ = yields_ = looks_again_ = false;
      // One that was handed over or kept is no attempt: whoever has come since came second.
      next_look_ = adopted ? Clock::time_point::max() : begin;
      const auto reason = co_await read_until_over(adopted);
      if (!reason && letting_go_) co_return;
      const auto late = co_await close(given_up_);
      const auto why = reason.value_or("the listener was stopped");
      if (late) {
        sink_.given_up(why, *late);
      } else {
        sink_.disconnected(why);
      }
      lasted = Clock::now() - begin;
      brought_frame = sink_.brought_frame();
    } else if (!stopping_) {
      sink_.connect_failed(failure);
    }
    if (!stopping_) co_await pause_before_retry(lasted, brought_frame);
  }
  if (!letting_go_) co_await late_.ended();
}

void LinacConnection::tell_peer() {
  boost::system::error_code gone;
  const auto linac = socket_.remote_endpoint(gone);
  if (gone) return;
  sink_.peer(config::Address{linac.address().to_string(), linac.port()}.text());
}

/// Why there is no connection; empty if there is one.
asio::awaitable<std::string> LinacConnection::connect() {
  const auto until = Clock::now() + timings_.connect;
  Endpoints endpoints;
  std::string failure = co_await resolve(endpoints);
  if (endpoints.empty()) co_return failure;
  // Whoever reads the Linac already, whatever has become of its spool: nobody is to be a second
  // client. A connection of our own is over here, or was adopted.
  if (std::ranges::any_of(endpoints, os::is_connected_to)) {
    co_return "a program of this machine is connected to it already, or just connects, and nobody is "
              "to be its second client: ss -tnp dst " + linac_.text() + " shows which one";
  }
  addresses_ = endpoints;
  arm(until, [this] {
    boost::system::error_code ignored;
    socket_.close(ignored);
  });
  const auto generation = armed_;
  begin_after_failed(endpoints);
  for (const auto& endpoint : endpoints) {
    const auto error = co_await connect_to(endpoint);
    if (!error && socket_.is_open()) {
      failure.clear();
      break;
    }
    failure = error.message();
    failed_ = endpoint;
    boost::system::error_code ignored;
    socket_.close(ignored);
    if (stopping_ || armed_ != generation) break;
  }
  if (armed_ != generation) failure = "no answer within the time limit";
  disarm();
  co_return failure;
}

/// One that does not answer takes all the time of an attempt: the next one is the next one's. Each
/// by itself, since a Linac must not see two of them.
void LinacConnection::begin_after_failed(Endpoints& endpoints) const {
  const auto failed = failed_ ? std::ranges::find(endpoints, *failed_) : endpoints.end();
  if (failed != endpoints.end()) std::ranges::rotate(endpoints, std::next(failed));
}

asio::awaitable<std::string> LinacConnection::resolve(Endpoints& endpoints) {
  boost::system::error_code error;
  const auto addresses = co_await resolver_.resolve(linac_.host, timings_.connect, error);
  if (error) co_return "its name cannot be resolved: " + error.message();
  for (const auto& address : addresses) endpoints.emplace_back(address, linac_.port);
  co_return std::string();
}

asio::awaitable<boost::system::error_code> LinacConnection::connect_to(tcp::endpoint linac) {
  boost::system::error_code error;
  socket_.open(linac.protocol(), error);
  if (error) co_return error;
  // Before connecting: the window's scale is agreed upon then.
  boost::system::error_code ignored;
  socket_.set_option(asio::socket_base::receive_buffer_size(kReceiveBuffer), ignored);
  read_urgent_bytes_too(socket_);
  co_await socket_.async_connect(linac, asio::redirect_error(asio::use_awaitable, error));
  if (!error) socket_.non_blocking(true, error);
  co_return error;
}

/// Why it is over; nothing if it is not, and stop() was called.
asio::awaitable<std::optional<std::string>> LinacConnection::read_until_over(bool adopted) {
  os::ask_silent_peer(socket_.native_handle(), timings_.unanswered / 3);
  const auto begin = Clock::now();
  auto last_bytes = begin;
  // However often listeners follow each other on a dead line, it is given up in time.
  if (adopted) {
    last_bytes -= std::clamp(os::silent_for(socket_.native_handle()), timings_.pause.zero(),
                             timings_.silence);
  }
  auto next_event = begin + timings_.pause;
  bool pause_told = false;
  std::string ended;
  while (ended.empty()) {
    if (stopping_) co_return std::nullopt;
    ended = why_another_client_ends_it();
    if (!ended.empty()) break;
    const bool ready = co_await readable(next_event);
    if (ready) {
      if (read_available(ended) == 0) continue;
      silence_.received();
      last_bytes = Clock::now();
      next_event = last_bytes + timings_.pause;
      pause_told = false;
    } else if (!stopping_) {
      if (!std::exchange(pause_told, true)) sink_.paused();
      const auto now = Clock::now();
      // One that is answered for has the whole limit with each listener.
      const auto waited_since = std::max(last_bytes, begin);
      ended = why_silence_ends_it(now - last_bytes, now - waited_since);
      next_event = std::max(last_bytes + timings_.silence, now + timings_.answer_look);
      next_event = std::min(next_event, waited_since + silence_.now(sink_.patient_open()));
      next_event = std::min(next_event, next_look_);
    }
  }
  co_return ended;
}

/// Empty if it does not. Between our look before the attempt and the connection another program may
/// have done the same: then both look here, and one of them leaves. One that looked before we were
/// to be seen stays, and so does one that does not look: we leave then, in time.
std::string LinacConnection::why_another_client_ends_it() {
  if (Clock::now() < next_look_) return {};
  next_look_ = Clock::time_point::max();
  boost::system::error_code gone;
  const ClientEnds ours{socket_.local_endpoint(gone), socket_.remote_endpoint(gone)};
  const auto other = gone ? std::nullopt : other_client(ours, addresses_);
  if (!other) return {};
  if (leaves_to(ours, *other) || looks_again_) {
    given_up_ = yields_ = true;
    return "another program of this machine (port " + std::to_string(other->own.port()) +
           ") has connected to it in the same moment, and nobody is to be its second client: this "
           "one (port " +
           std::to_string(ours.own.port()) + ") leaves";
  }
  spdlog::warn(
      "another program of this machine (port {}) has connected to the Linac in the same moment, "
      "and is to leave; if it is still there in {} ms, this one (port {}) does",
      other->own.port(), timings_.other_leaves.count(), ours.own.port());
  looks_again_ = true;
  next_look_ = Clock::now() + timings_.other_leaves;
  return {};
}

/// Empty if it does not.
std::string LinacConnection::why_silence_ends_it(std::chrono::nanoseconds silent,
                                                 std::chrono::nanoseconds waited) {
  if (silent < timings_.silence) return {};
  if (!os::peer_answered(socket_.native_handle(), timings_.unanswered)) {
    given_up_ = true;
    return "no bytes for too long, and no answer: half-open";
  }
  if (waited < silence_.now(sink_.patient_open())) return {};
  silence_.given_up();
  given_up_ = true;
  return "no bytes for too long";
}

/// FIN first. Before the end of the listener, and where another program has the Linac, the Linac
/// gets time to answer it, and what it sends until then is kept: closing with unread bytes would
/// send a reset. A connection that was given up is read on beside the next one; the number under
/// which its bytes come.
asio::awaitable<std::optional<std::uint64_t>> LinacConnection::close(bool given_up) {
  boost::system::error_code ignored;
  socket_.shutdown(tcp::socket::shutdown_send, ignored);
  const auto give_up =
      Clock::now() + (stopping_ || yields_ ? timings_.drain : timings_.drain.zero());
  std::string ended;
  read_available(ended);
  while (ended.empty() && Clock::now() < give_up) {
    const bool ready = co_await readable(give_up);
    if (ready) read_available(ended);
  }
  read_available(ended);
  os::set_crash_farewell(os::kNoSocket);
  keeper_.drop();
  if (given_up && !stopping_ && ended.empty()) {
    const auto number = late_.take(std::move(socket_));
    socket_ = tcp::socket(io_);
    co_return number;
  }
  // Not socket_.close(): while the keeper has its copy the kernel would go on telling of this one.
  const os::Connection closing(socket_.release(ignored));
  co_return std::nullopt;
}

asio::awaitable<void> LinacConnection::pause_before_retry(std::chrono::nanoseconds lasted,
                                                          bool brought_frame) {
  const auto delay = pace_.next(lasted, brought_frame);
  if (delay == delay.zero()) co_return;
  deadline_.expires_after(delay);
  boost::system::error_code ignored;
  co_await deadline_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

/// False: nothing to read by the deadline, or the wait was ended by stop().
asio::awaitable<bool> LinacConnection::readable(Clock::time_point deadline) {
  arm(deadline, [this] {
    boost::system::error_code ignored;
    socket_.cancel(ignored);
  });
  boost::system::error_code error;
  co_await socket_.async_wait(tcp::socket::wait_read,
                              asio::redirect_error(asio::use_awaitable, error));
  disarm();
  // Any other error is told by the read that follows.
  co_return error != asio::error::operation_aborted;
}

/// Reads until nothing is left. The bytes read; `ended`: why there will be no more, or untouched.
std::size_t LinacConnection::read_available(std::string& ended) {
  std::size_t sum = 0;
  for (int i = 0; i < kReadsAtOnce && ended.empty(); ++i) {
    const auto room = sink_.room();
    boost::system::error_code error;
    const std::size_t count = socket_.read_some(asio::buffer(room.data(), room.size()), error);
    if (count > 0) sink_.received(count);
    sum += count;
    if (error == asio::error::would_block || error == asio::error::try_again) break;
    if (error == asio::error::eof) {
      ended = "closed by the Linac";
    } else if (error && error != asio::error::interrupted) {
      ended = error.message();
    }
  }
  return sum;
}

/// `expired` is called once `deadline` has passed, unless disarm() or another arm() comes first.
void LinacConnection::arm(Clock::time_point deadline, std::function<void()> expired) {
  const auto mine = ++armed_;
  deadline_.expires_at(deadline);
  deadline_.async_wait([this, mine, expired = std::move(expired)](boost::system::error_code error) {
    if (error || mine != armed_) return;
    ++armed_;
    expired();
  });
}

void LinacConnection::disarm() {
  ++armed_;
  deadline_.cancel();
}

}  // namespace icom::listen
