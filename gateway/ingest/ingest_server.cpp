#include "gateway/ingest/ingest_server.hpp"

#include <spdlog/spdlog.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "gateway/ingest/session.hpp"

namespace icom::ingest {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

constexpr auto kAsTuple = asio::as_tuple(asio::use_awaitable);
/// After a failed accept (no more file descriptors, as a rule) there is nothing to do but wait a
/// little.
constexpr std::chrono::milliseconds kAcceptRetry{200};
/// For sessions whose connection was dropped to notice it; they need microseconds.
constexpr std::chrono::seconds kAbortTime{2};

tcp::acceptor listening(asio::io_context& io, const std::string& host, std::uint16_t port) {
  const std::string where = host + ':' + std::to_string(port);
  boost::system::error_code error;
  tcp::resolver resolver(io);
  const auto found = resolver.resolve(host, std::to_string(port), tcp::resolver::passive, error);
  if (error || found.empty()) {
    throw std::runtime_error("ingest: " + host + " is no address of this machine (" +
                             error.message() + "): correct `ingest`");
  }
  try {
    return tcp::acceptor(asio::make_strand(io), found.begin()->endpoint(), true);
  } catch (const boost::system::system_error& failure) {
    throw std::runtime_error("ingest: cannot listen on " + where + " (" + failure.code().message() +
                             "): stop what listens there, or change `ingest`");
  }
}

}  // namespace

struct IngestServer::State {
  State(Options given, SiteRegistry& sites, EntrySink& sink, LinkStatusBoard& board)
      : options(std::move(given)),
        registry(sites),
        intake(std::make_shared<Intake>(sink, options.max_submitted_bytes)),
        surroundings{registry,
                     sink,
                     *intake,
                     board,
                     refusals,
                     addresses,
                     options.session,
                     options.desk,
                     desk_thread.get_executor(),
                     options.newcomers},
        acceptor(listening(io, options.host, options.port)),
        port(acceptor.local_endpoint().port()) {}

  asio::awaitable<void> accept_loop();
  void admit(tcp::socket socket);
  void forget(const std::shared_ptr<Session>& session);
  /// Calls `what` on each session's strand.
  void for_each_session(const std::function<void(Session&)>& what);
  /// True once there is no session any more.
  bool wait_for_sessions(std::chrono::milliseconds time);

  Options options;
  SiteRegistry& registry;
  RefusalLog refusals;
  AddressLog addresses;
  std::shared_ptr<Intake> intake;
  asio::thread_pool desk_thread{1};  ///< waits for the disk, which no frame is to do
  Surroundings surroundings;
  asio::io_context io;
  tcp::acceptor acceptor;
  const std::uint16_t port;
  log::RateLimit accept_lines{1, std::chrono::minutes(1)};
  std::vector<std::thread> threads;

  std::mutex mutex;  ///< guards all below
  std::condition_variable session_over;
  bool stopping = false;
  struct Connected {
    std::shared_ptr<Session> session;
    asio::any_io_executor strand;
  };
  std::map<Session*, Connected> sessions;
};

asio::awaitable<void> IngestServer::State::accept_loop() {
  for (;;) {
    const auto strand = asio::make_strand(io);
    auto [error, socket] = co_await acceptor.async_accept(strand, kAsTuple);
    if (!acceptor.is_open()) co_return;
    if (!error) {
      admit(std::move(socket));
      continue;
    }
    if (const auto unsaid = accept_lines.admit(Bell::Clock::now())) {
      spdlog::error("ingest: cannot accept a connection: {} ({} like this not logged)",
                    error.message(), *unsaid);
    }
    asio::steady_timer pause(acceptor.get_executor(), kAcceptRetry);
    co_await pause.async_wait(kAsTuple);
  }
}

void IngestServer::State::admit(tcp::socket socket) {
  const asio::any_io_executor strand = socket.get_executor();
  std::shared_ptr<Session> session;
  {
    const std::lock_guard lock(mutex);
    if (stopping) return;
    if (sessions.size() >= options.max_connections) {
      if (const auto unsaid = accept_lines.admit(Bell::Clock::now())) {
        spdlog::error("ingest: {} connections, no more are taken ({} refused unlogged)",
                      sessions.size(), *unsaid);
      }
      return;
    }
    session = std::make_shared<Session>(std::move(socket), surroundings);
    sessions.emplace(session.get(), Connected{session, strand});
  }
  asio::co_spawn(strand, session->run(), [this, session](std::exception_ptr) { forget(session); });
}

void IngestServer::State::forget(const std::shared_ptr<Session>& session) {
  const std::lock_guard lock(mutex);
  sessions.erase(session.get());
  session_over.notify_all();
}

void IngestServer::State::for_each_session(const std::function<void(Session&)>& what) {
  const std::lock_guard lock(mutex);
  for (const auto& [key, connected] : sessions) {
    asio::post(connected.strand, [session = connected.session, what] { what(*session); });
  }
}

bool IngestServer::State::wait_for_sessions(std::chrono::milliseconds time) {
  std::unique_lock lock(mutex);
  return session_over.wait_for(lock, time, [this] { return sessions.empty(); });
}

IngestServer::IngestServer(Options options, SiteRegistry& registry, EntrySink& sink,
                           LinkStatusBoard& board)
    : state_(std::make_unique<State>(std::move(options), registry, sink, board)) {}

IngestServer::~IngestServer() {
  stop(std::chrono::milliseconds(0));
  state_->intake->close();  // the sink may still answer, and nobody listens any more
}

void IngestServer::start() {
  asio::co_spawn(state_->acceptor.get_executor(), state_->accept_loop(), asio::detached);
  for (unsigned i = 0; i < state_->options.threads; ++i) {
    state_->threads.emplace_back([this] { state_->io.run(); });
  }
}

std::string IngestServer::address() const {
  return state_->options.host + ':' + std::to_string(port());
}

std::uint16_t IngestServer::port() const {
  return state_->acceptor.local_endpoint().port();
}

std::size_t IngestServer::connections() const {
  const std::lock_guard lock(state_->mutex);
  return state_->sessions.size();
}

void IngestServer::end_sessions(const std::string& site, const link::Refused& refused) {
  state_->for_each_session([site, refused](Session& one) { one.end_if_of(site, refused); });
}

void IngestServer::apply(std::vector<RegisteredSite> sites) {
  state_->registry.replace(std::move(sites));
  state_->for_each_session([](Session& one) { one.registration_changed(); });
}

void IngestServer::stop(std::chrono::milliseconds grace) {
  if (state_->threads.empty()) return;
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopping = true;
  }
  asio::post(state_->acceptor.get_executor(), [this] { state_->acceptor.close(); });
  state_->for_each_session(std::mem_fn(&Session::stop));
  if (!state_->wait_for_sessions(grace)) {
    state_->for_each_session(std::mem_fn(&Session::abort));
    if (!state_->wait_for_sessions(kAbortTime)) {
      spdlog::error("ingest: {} connections do not end; dropped", connections());
    }
  }
  state_->io.stop();
  for (std::thread& thread : state_->threads) thread.join();
  state_->threads.clear();
  state_->desk_thread.join();  // whom it calls may go from here on
  // Where there was no session to wait for, the close above may not have been run.
  boost::system::error_code ignored;
  state_->acceptor.close(ignored);
}

}  // namespace icom::ingest
