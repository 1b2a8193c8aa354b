// One agent's connection. Its phases: docs/protocol.md, "The link".
#pragma once

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "common/asio/bell.hpp"
#include "common/link/batch_codec.hpp"
#include "common/link/message_seal.hpp"
#include "gateway/ingest/address_log.hpp"
#include "gateway/ingest/admission.hpp"
#include "gateway/ingest/desk.hpp"
#include "gateway/ingest/desk_session.hpp"
#include "gateway/ingest/intake.hpp"
#include "gateway/ingest/link_status_board.hpp"
#include "gateway/ingest/newcomers.hpp"
#include "gateway/ingest/origin.hpp"
#include "gateway/ingest/proof_book.hpp"
#include "gateway/ingest/refusal_log.hpp"
#include "gateway/ingest/session_limits.hpp"
#include "gateway/ingest/site_turns.hpp"

namespace icom::ingest {

class Session;

/// What all sessions share. All of it outlives them.
struct Surroundings {
  const SiteRegistry& registry;
  EntrySink& sink;
  Intake& intake;
  LinkStatusBoard& board;
  RefusalLog& refusals;
  AddressLog& addresses;
  SessionLimits limits;
  Desk* desk;  ///< null: nobody enrols here
  boost::asio::any_io_executor desk_thread;
  SiteTurns& desk_turns;
  SiteTurns& announcements;
  boost::asio::any_io_executor announcement_thread;
  Newcomers* newcomers = nullptr;
  ProofBook* proofs = nullptr;  ///< null: nobody remembers
  /// The session's peer has said that it is of this site, which is registered, and not proved it.
  std::function<void(Session&, const std::string& site)> named = [](Session&, const auto&) {};
  /// The session's peer has proved to be of this site: it is not sent away for the sake of others.
  std::function<void(Session&, const std::string& site)> proved = [](Session&, const auto&) {};
};

/// Three loops on one strand: one reads, one decodes and submits, one writes; and one that tells
/// again and again of Linacs that wait for approval, since a session may last for months.
/// Everything but answered() and room() is called on the strand.
///
/// A position is acknowledged once the sink says that it is stored. Meanwhile more batches are
/// submitted, each Linac's tied by a chain: when the sink fails one, nothing behind it can be
/// stored and acknowledged over the gap, and the session ends.
class Session final : public IntakeClient, public std::enable_shared_from_this<Session> {
 public:
  /// `socket`'s executor is a strand of this session alone.
  Session(boost::asio::ip::tcp::socket socket, Surroundings& surroundings, Origin origin);

  /// Ends when the connection does. Never throws. The caller keeps the session alive meanwhile.
  boost::asio::awaitable<void> run();
  /// Takes no more batches, waits for those on their way, acknowledges them, says SHUTTING_DOWN and
  /// closes.
  void stop();
  /// Says `refused` and closes, if this has proved to be an agent of the site.
  void end_if_of(const std::string& site, const link::Refused& refused);
  /// The registry has changed: the agent is told of each of its Linacs that is accepted now, or is
  /// not any more; ends the session if its site is gone or revoked. Nothing happens where nothing
  /// of it has changed.
  void registration_changed();
  /// Drops the connection: run() ends at once.
  void abort();

  void answered(const BatchTicket& batch, bool stored) override;
  void room() override;

 private:
  /// How the session is to end.
  struct Goodbye {
    std::optional<link::Refused> refused;  ///< said first
    boost::beast::websocket::close_reason reason;
    bool drain = false;  ///< only after everything submitted is answered
  };

  DeskCaller desk_caller();
  enum class Closing { reset, fin };
  void close_with(Closing closing);

  boost::asio::awaitable<void> hear_hello();
  boost::asio::awaitable<void> hear_proof(std::shared_ptr<const RegisteredSite> site);
  boost::asio::awaitable<bool> greet();
  boost::asio::awaitable<bool> send_welcome();
  boost::asio::awaitable<void> read_loop();
  boost::asio::awaitable<void> decode_loop();
  boost::asio::awaitable<void> write_loop();
  boost::asio::awaitable<void> newcomers_loop();
  boost::asio::awaitable<void> submit(SortedBatch batch);
  boost::asio::awaitable<bool> read(link::ToGateway& message, std::size_t most_parts);
  boost::asio::awaitable<bool> write(const link::ToAgent& message);
  boost::asio::awaitable<void> say_goodbye();

  void take_clear_hello();
  boost::asio::awaitable<void> admit_site(std::shared_ptr<const RegisteredSite> site);
  boost::asio::awaitable<std::optional<SiteTurns::Turn>> turn_to_announce(const std::string& site);
  void take_admission(Admission admission);
  void trust();
  void change_registration(const link::SpoolState& spool, std::size_t& runs_left);
  void withdraw(const link::SpoolState& spool);
  void compare_addresses();
  void take(link::ToGateway message);
  void report(const link::Status& status);
  /// A batch that may be decoded now, and for how long.
  struct NextBatch {
    std::string compressed;
    Intake::Turn turn;
  };
  [[nodiscard]] std::optional<NextBatch> next_batch();
  void refuse(link::Refused refused);
  void end(Goodbye goodbye);
  void lose(std::string_view why);
  void ring_all();
  [[nodiscard]] bool is_over() const { return lost_ || goodbye_.has_value(); }

  boost::beast::websocket::stream<boost::beast::tcp_stream> socket_;
  const boost::asio::any_io_executor strand_;
  Surroundings& around_;
  const Origin origin_;
  boost::beast::flat_buffer buffer_;
  std::string site_given_;                     ///< as the peer gave it
  bool has_proved_ = false;                    ///< to be that site's agent
  std::optional<link::MessageSealer> sealer_;  ///< from the proof on
  std::optional<link::SealChecker> checker_;   ///< the same
  Admission admission_;                        ///< its site is null before the Welcome
  /// Hello, and from the Announcement its spools and version.
  link::Hello hello_;
  /// Accepted earlier in this session: entries of theirs may still be on their way, and are
  /// dropped.
  std::set<std::uint32_t> withdrawn_;
  std::deque<link::LinacWelcome> changes_;  ///< of the registration, to be told

  std::deque<std::string> waiting_;  ///< compressed batches
  std::size_t waiting_bytes_ = 0;
  bool asked_for_room_ = false;
  std::optional<link::BatchDecoder> decoder_;
  std::size_t unanswered_ = 0;        ///< batches at the sink
  std::size_t unanswered_bytes_ = 0;  ///< that they hold
  std::map<std::uint32_t, link::LinacPosition> to_acknowledge_;

  std::optional<Goodbye> goodbye_;
  bool lost_ = false;  ///< the connection is over
  /// The same, before anybody has read or written. The desk's thread looks at it, too.
  std::atomic<bool> aborted_ = false;
  Bell read_bell_;
  Bell decode_bell_;
  Bell write_bell_;
  Bell newcomers_bell_;
};

}  // namespace icom::ingest
