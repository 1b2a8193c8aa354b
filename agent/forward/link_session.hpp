// One session with the gateway, from the proof to goodbye. Its phases: docs/protocol.md, "The
// link".
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "agent/forward/entry_source.hpp"
#include "agent/forward/link_failure.hpp"
#include "agent/forward/message_pipe.hpp"
#include "agent/forward/proof_exchange.hpp"
#include "agent/forward/sealed_pipe.hpp"
#include "agent/forward/unacknowledged_window.hpp"
#include "common/asio/bell.hpp"
#include "common/link/batch_codec.hpp"

namespace icom::forward {

/// How long a session waits for what.
struct SessionTimings {
  std::chrono::milliseconds hello = std::chrono::seconds(10);  ///< for the proof, and for Welcome
  std::chrono::milliseconds status = std::chrono::seconds(1);  ///< between two Status messages
  std::chrono::milliseconds drain =
      std::chrono::seconds(2);  ///< at a stop: for the acks of what is on its way
  std::chrono::milliseconds goodbye = std::chrono::seconds(1);
};

struct SessionHooks {
  std::function<link::Status()> status;  ///< the state of the accepted Linacs' listeners
  std::function<void()>
      answered;  ///< the gateway has accepted or refused Linacs: look at the streams
};

/// Sends entries and status, takes acknowledgements. Uses the pipe and the streams alone while
/// run() is under way. All on the pipe's executor.
class LinkSession {
 public:
  using Clock = UnacknowledgedWindow::Clock;

  /// Frames' bytes that may be on their way, whatever the gateway would allow: bounds both ends'
  /// memory.
  static constexpr std::size_t kMaxUnacknowledged = 8U << 20U;
  /// Entries in one batch; its bytes are bounded by link::kBatchBytes.
  static constexpr std::size_t kBatchEntries = 256;

  /// References must outlive this.
  LinkSession(boost::asio::any_io_executor executor, MessagePipe& pipe, LinacStreams& linacs,
              Caller caller, SessionHooks hooks, SessionTimings timings);

  /// Returns after stop(), the gateway having had its goodbye. Throws LinkFailure for every other
  /// end.
  boost::asio::awaitable<void> run();

  /// A spool has grown.
  void wake();
  /// Nothing new is sent; run() returns once what is on its way is acknowledged, or after the drain
  /// time.
  void stop();

  [[nodiscard]] std::optional<Clock::time_point> welcomed_at() const { return welcomed_at_; }
  [[nodiscard]] BytesOnTheWay bytes_on_the_way(const LinacStream& linac) const;

 private:
  boost::asio::awaitable<void> greet();
  boost::asio::awaitable<void> announce();
  boost::asio::awaitable<void> guarded(boost::asio::awaitable<void> loop);
  boost::asio::awaitable<void> send_loop();
  boost::asio::awaitable<void> receive_loop();
  boost::asio::awaitable<void> drain();
  boost::asio::awaitable<void> send(const link::ToGateway& message);
  boost::asio::awaitable<bool> send_status_if_due();
  boost::asio::awaitable<bool> send_batch();

  void take_welcome(const link::Welcome& welcome);
  void take_answer(const link::LinacWelcome& answer);
  void take_change(const link::LinacWelcome& change);
  void take_ack(const link::Ack& ack);
  LinacStream& linac_of(std::uint32_t number);

  boost::asio::any_io_executor executor_;
  MessagePipe& pipe_;
  std::optional<SealedPipe> sealed_;  ///< from the proof on; then nothing else is read or written
  LinacStreams& linacs_;
  EntrySource source_;
  Caller caller_;
  SessionHooks hooks_;
  SessionTimings timings_;
  link::BatchEncoder encoder_;
  std::optional<UnacknowledgedWindow> window_;  ///< from Welcome on

  Bell bell_;  ///< for the send loop: there is something new
  bool stopping_ = false;
  bool said_goodbye_ = false;
  std::optional<LinkFailure> failure_;  ///< the first one: what ended the session
  std::optional<Clock::time_point> welcomed_at_;
  Clock::time_point next_status_;
  std::string last_status_;
};

}  // namespace icom::forward
