#include "gateway/ingest/ingest_server.hpp"

#include <spdlog/spdlog.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <condition_variable>
#include <functional>
#include <list>
#include <map>
#include <mutex>
#include <new>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "common/asio/as_tuple.hpp"
#include "common/os/own_addresses.hpp"
#include "gateway/ingest/known_accounts.hpp"
#include "gateway/ingest/session.hpp"
#include "gateway/ingest/taken_port.hpp"

namespace icom::ingest {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

/// After a failed accept (no more file descriptors, as a rule) there is nothing to do but wait a
/// little.
constexpr std::chrono::milliseconds kAcceptRetry{200};
/// For sessions whose connection was dropped to notice it; they need microseconds.
constexpr std::chrono::seconds kAbortTime{2};

tcp::acceptor listening(asio::io_context& io, const IngestServer::Options& options) {
  const std::string& host = options.host;
  const std::uint16_t port = options.port;
  const std::string where = host + ':' + std::to_string(port);
  boost::system::error_code error;
  tcp::resolver resolver(io);
  const auto found = resolver.resolve(host, std::to_string(port), tcp::resolver::passive, error);
  if (error || found.empty()) {
    throw std::runtime_error("ingest: " + host + " is no address of this machine (" +
                             error.message() + "): correct `ingest`");
  }
  try {
    if (options.socket >= 0) {
      tcp::acceptor acceptor(asio::make_strand(io));
      acceptor.assign(found.begin()->endpoint().protocol(), options.socket);
      return acceptor;
    }
    return tcp::acceptor(asio::make_strand(io), found.begin()->endpoint(), true);
  } catch (const boost::system::system_error& failure) {
    const bool is_taken = failure.code() == asio::error::address_in_use;
    throw std::runtime_error(
        "ingest: cannot listen on " + where + " (" + failure.code().message() +
        "): " + (is_taken ? how_to_free(found.begin()->endpoint()) : "change `ingest`"));
  }
}

/// By number: to look its name up could take long. `from`: the address that it connected from.
std::string name_of(std::optional<os::UserId> account, const asio::ip::address& from) {
  if (account) return "account " + std::to_string(*account);
  return os::is_of_this_machine(from) ? "an account of this machine that is not known"
                                      : "no account of this machine";
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
                     desk_turns,
                     announcements,
                     announcement_thread.get_executor(),
                     options.newcomers,
                     options.proofs,
                     [this](Session& session, const std::string& site) { named(session, site); },
                     [this](Session& session, const std::string& site) { proved(session, site); }},
        acceptor(listening(io, options)),
        port(acceptor.local_endpoint().port()) {}

  void work();
  asio::awaitable<void> accept_loop();
  void admit(tcp::socket socket);
  std::optional<os::UserId> account_of(const tcp::socket& socket) const;
  std::size_t places_for_unproved() const;
  bool make_room();
  void say_who_goes(const std::optional<WaitingRoom::Waiting>& goes, std::size_t of_nobody);
  void named(Session& session, const std::string& site);
  void proved(Session& session, const std::string& site);
  void forget(const std::shared_ptr<Session>& session);
  /// Calls `what` on each session's strand.
  void for_each_session(const std::function<void(Session&)>& what);
  /// True once there is no session any more.
  bool wait_for_sessions(std::chrono::milliseconds time);

  Options options;
  SiteRegistry& registry;
  RefusalLog refusals{[this](const std::string& site) { return registry.find(site) != nullptr; }};
  AddressLog addresses;
  std::shared_ptr<Intake> intake;
  SiteTurns desk_turns;
  asio::thread_pool desk_thread{1};  ///< waits for the disk, which no frame is to do
  SiteTurns announcements;
  /// Looks up what is stored: the same, and no enrolment is to wait for that.
  asio::thread_pool announcement_thread{1};
  Surroundings surroundings;
  asio::io_context io;
  tcp::acceptor acceptor;
  const std::uint16_t port;
  log::RateLimit accept_lines{1, std::chrono::minutes(1)};
  log::RateLimit room_lines{1, std::chrono::minutes(1)};  ///< guarded by the mutex
  log::RateLimit site_lines{1, std::chrono::minutes(1)};  ///< the same
  std::vector<std::thread> threads;

  std::mutex mutex;  ///< guards all below
  std::condition_variable session_over;
  bool stopping = false;
  struct Connected {
    std::shared_ptr<Session> session;
    asio::any_io_executor strand;
    std::optional<os::UserId> account;
    asio::ip::address from;  ///< unspecified if it was gone at once
    std::string site{};      ///< once that is proved
  };
  std::map<Session*, Connected> sessions;
  std::map<std::string, std::list<Session*>> proved_of;  ///< by site, the oldest first
  WaitingRoom unproved{options.random};                  ///< of these; not such as are sent away
  KnownAccounts known_accounts{options.tunnels_account};
};

/// Where memory runs out the connection that met it is lost, and no other.
void IngestServer::State::work() {
  for (;;) {
    try {
      io.run();
      return;
    } catch (const std::bad_alloc&) {
      spdlog::error("ingest: out of memory: a connection is dropped");
    }
  }
}

asio::awaitable<void> IngestServer::State::accept_loop() {
  for (;;) {
    const auto strand = asio::make_strand(io);
    auto [error, socket] = co_await acceptor.async_accept(strand, kAsTuple);
    if (!acceptor.is_open()) co_return;
    if (!error) {
      try {
        admit(std::move(socket));
      } catch (const std::bad_alloc&) {
        spdlog::error("ingest: out of memory: a connection is not taken");
      }
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
  const auto account = account_of(socket);
  boost::system::error_code gone;
  const asio::ip::address from = socket.remote_endpoint(gone).address();
  std::shared_ptr<Session> session;
  {
    const std::lock_guard lock(mutex);
    if (stopping) return;
    if (!make_room()) return;
    session = std::make_shared<Session>(std::move(socket), surroundings,
                                        Origin{account, known_accounts.contains(account)});
    sessions.emplace(session.get(), Connected{session, strand, account, from});
    unproved.add({session.get(), account});
  }
  asio::co_spawn(strand, session->run(), [this, session](std::exception_ptr) { forget(session); });
}

std::optional<os::UserId> IngestServer::State::account_of(const tcp::socket& socket) const {
  boost::system::error_code gone;
  const tcp::endpoint theirs = socket.remote_endpoint(gone);
  if (gone) return std::nullopt;
  const tcp::endpoint ours = socket.local_endpoint(gone);
  return gone ? std::nullopt : options.account_of(theirs, ours);
}

std::size_t IngestServer::State::places_for_unproved() const {
  return options.max_unproved + options.more_unproved_per_site * registry.size();
}

/// For one more connection. Whoever has proved himself stays; one of the others goes.
bool IngestServer::State::make_room() {
  const bool is_full = sessions.size() >= options.max_connections;
  if (!is_full && unproved.size() < places_for_unproved()) return true;
  const std::size_t of_nobody = unproved.size();
  // One that was sent away is there until it has noticed: these are bounded as well.
  const bool may_send_away = sessions.size() < options.max_connections + options.max_leaving;
  const auto goes = may_send_away ? unproved.make_room(known_accounts) : std::nullopt;
  say_who_goes(goes, of_nobody);
  if (!goes) return false;
  const Connected& dropped = sessions.at(goes->session);
  asio::post(dropped.strand, [session = dropped.session] { session->abort(); });
  return true;
}

/// To whoever has to find out where they come from.
void IngestServer::State::say_who_goes(const std::optional<WaitingRoom::Waiting>& goes,
                                       std::size_t of_nobody) {
  const auto unsaid = room_lines.admit(Bell::Clock::now());
  if (!unsaid) return;
  const bool from_tunnels = goes && known_accounts.contains(goes->account);
  spdlog::error(
      "ingest: {} connections, of which {} have proved nothing: {} ({} like this not logged); {}",
      sessions.size(), of_nobody,
      goes ? "one of " + name_of(goes->account, sessions.at(goes->session).from) +
                 ", which has the most, is dropped"
           : "no more are taken",
      *unsaid,
      from_tunnels ? "sites come from that account, so a site's SSH key may be what opens them: "
                     "docs/security.md, \"Which site floods the ingest\", says how to find it in "
                     "sshd's processes, then icom-gateway revoke SITE"
                   : "look what connects to this port beside sshd");
}

void IngestServer::State::named(Session& session, const std::string& site) {
  const std::lock_guard lock(mutex);
  unproved.note_named(&session, site);
}

/// A site's own connections make room for each other: one whose key is in wrong hands must not take
/// the others' places.
void IngestServer::State::proved(Session& session, const std::string& site) {
  const std::lock_guard lock(mutex);
  unproved.remove(&session);
  const auto found = sessions.find(&session);
  if (found == sessions.end()) return;
  found->second.site = site;
  known_accounts.note_proved(site, found->second.account);
  std::list<Session*>& of_site = proved_of[site];
  of_site.push_back(&session);
  if (of_site.size() <= options.max_of_site) return;
  if (const auto unsaid = site_lines.admit(Bell::Clock::now())) {
    spdlog::error(
        "{}: more than {} connections at a time: its oldest is dropped ({} like this not logged); "
        "do several agents have this site's token? If one of them is a stranger's: icom-gateway "
        "revoke {}",
        site, options.max_of_site, *unsaid, site);
  }
  const Connected& oldest = sessions.at(of_site.front());
  of_site.pop_front();
  asio::post(oldest.strand, [session = oldest.session] { session->abort(); });
}

void IngestServer::State::forget(const std::shared_ptr<Session>& session) {
  const std::lock_guard lock(mutex);
  unproved.remove(session.get());
  if (const auto found = sessions.find(session.get()); found != sessions.end()) {
    if (const auto of_site = proved_of.find(found->second.site); of_site != proved_of.end()) {
      of_site->second.remove(session.get());
      if (of_site->second.empty()) proved_of.erase(of_site);
    }
    sessions.erase(found);
  }
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
    state_->threads.emplace_back([this] { state_->work(); });
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

void IngestServer::set_tunnels_account(std::optional<os::UserId> account) {
  const std::lock_guard lock(state_->mutex);
  state_->known_accounts.set_named(account);
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
  state_->desk_thread.join();  // whom these call may go from here on
  state_->announcement_thread.join();
  // Where there was no session to wait for, the close above may not have been run.
  boost::system::error_code ignored;
  state_->acceptor.close(ignored);
}

}  // namespace icom::ingest
