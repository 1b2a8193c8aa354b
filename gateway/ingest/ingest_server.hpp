// Start here: the gateway's end of the link. docs/protocol.md, "The link".
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/link/link.pb.h"
#include "common/os/random.hpp"
#include "common/os/socket_owner.hpp"
#include "gateway/ingest/desk.hpp"
#include "gateway/ingest/entry_sink.hpp"
#include "gateway/ingest/link_status_board.hpp"
#include "gateway/ingest/newcomers.hpp"
#include "gateway/ingest/proof_book.hpp"
#include "gateway/ingest/session_limits.hpp"
#include "gateway/ingest/site_registry.hpp"
#include "gateway/ingest/waiting_room.hpp"

namespace icom::ingest {

/// Listens, and holds a Session for each agent. Its own threads do all the work. Public functions
/// are for one thread.
class IngestServer {
 public:
  struct Options {
    std::string host = "127.0.0.1";
    std::uint16_t port = 0;  ///< 0: any free one
    /// One that listens at `host` and `port` already, the server's from then on; -1: it opens its
    /// own.
    int socket = -1;
    unsigned threads = 2;  ///< for decoding; the store's writer has its own
    std::size_t max_connections = 4096;
    /// Of these, such as nobody knows yet whose they are: one more, and one goes (WaitingRoom). So
    /// many that a flood has to be a thousand connections within the time that an agent needs for
    /// its proof until the odds are against it.
    std::size_t max_unproved = 1024;
    /// As many more for each registered site. All sites together come at once when the gateway
    /// starts, from one account, that of the tunnels: with two for each, whoever fills the rest
    /// holds more places than they.
    std::size_t more_unproved_per_site = 2;
    /// Such as were sent away and have not noticed yet, beyond `max_connections`.
    std::size_t max_leaving = 64;
    /// Which one goes.
    WaitingRoom::Random random = os::random_u64;
    /// Of one site, which has proved itself: one more, and its oldest goes.
    std::size_t max_of_site = 8;
    /// Of batches from all sessions on their way into the sink.
    std::size_t max_submitted_bytes = 48U << 20U;
    /// The account of this machine that the peer of an accepted connection is of, by its remote
    /// and its local endpoint; nullopt if it is of none. Called from the server's threads.
    std::function<std::optional<os::UserId>(const boost::asio::ip::tcp::endpoint&,
                                            const boost::asio::ip::tcp::endpoint&)>
        account_of = os::peer_account;
    /// The account of this machine that the tunnels come from, as far as the settings say; others
    /// are known once a site has proved itself from there.
    std::optional<os::UserId> tunnels_account{};
    SessionLimits session;
    Desk* desk = nullptr;            ///< where sites enrol; outlives the server
    Newcomers* newcomers = nullptr;  ///< outlives the server; null: nobody is told
    ProofBook* proofs = nullptr;     ///< outlives the server; null: nobody remembers
  };

  /// Listens, but accepts nobody before start(). Throws std::runtime_error, saying what to do, if
  /// the address cannot be used. References must outlive this.
  IngestServer(Options options, SiteRegistry& registry, EntrySink& sink, LinkStatusBoard& board);
  /// stop() without grace. The sink may go before or after.
  ~IngestServer();
  IngestServer(const IngestServer&) = delete;
  IngestServer& operator=(const IngestServer&) = delete;

  void start();
  /// Where it listens.
  [[nodiscard]] std::string address() const;
  [[nodiscard]] std::uint16_t port() const;
  [[nodiscard]] std::size_t connections() const;

  /// Tells the agents of a site that are connected why they are refused from now on, and closes.
  /// Thread-safe.
  void end_sessions(const std::string& site, const link::Refused& refused);
  /// As Options::tunnels_account, from now on. Thread-safe.
  void set_tunnels_account(std::optional<os::UserId> account);
  /// Puts these into the registry, and tells each session: agents hear of Linacs that are accepted
  /// from now on, and of those that are not any more; sessions of sites that are gone or revoked
  /// are refused and end. A token that has changed counts from the next connection on. What has not
  /// changed goes on undisturbed. Does not wait for the sessions. Thread-safe.
  void apply(std::vector<RegisteredSite> sites);

  /// Two phases: accepts nobody and lets each session finish what is on its way and say goodbye;
  /// after `grace`, drops the rest. Returns when all is over. May be called again.
  void stop(std::chrono::milliseconds grace);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace icom::ingest
