// Start here: what agents send, for whoever listens in at the gateway. docs/gateway.md, "Fan-out".
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstddef>
#include <deque>
#include <map>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "common/config/fan_out_settings.hpp"
#include "common/fanout/fan_out_server.hpp"
#include "gateway/fanout/linac_feed.hpp"
#include "gateway/ingest/entry_sink.hpp"
#include "gateway/store/store.hpp"

namespace icom::fanout {

/// A port a Linac, whatever site it is of. A thread of its own serves the clients; whoever hands
/// entries over copies them under a lock that is held no longer than that takes. Public functions
/// are thread-safe, but for start() and stop(), which are for one thread.
class GatewayFanOut {
 public:
  using Serials = std::map<store::LinacId, std::string>;
  /// An entry of a batch. Of one that did not stand in the Linac's stream, `piece` is empty.
  struct Copy {
    EntryPlace place;
    Piece piece;
  };
  struct Options {
    Limits limits;
    /// Of one Linac, handed over and not yet given to its clients. Beyond it they are cut off.
    std::size_t max_waiting_bytes = std::size_t{16} << 20U;
  };

  GatewayFanOut() : GatewayFanOut(Options{}) {}
  explicit GatewayFanOut(const Options& options);
  ~GatewayFanOut();  ///< stop()
  GatewayFanOut(const GatewayFanOut&) = delete;
  GatewayFanOut& operator=(const GatewayFanOut&) = delete;

  /// Changes only what differs: an unchanged port keeps its clients. `serials`: of all Linacs that
  /// are registered. A port of another Linac is listened on, and silent until there is one.
  void apply(const config::FanOutSettings& settings, const Serials& serials);
  void start();
  /// FIN to all clients; returns once they are gone, after two seconds at most. May be called
  /// again.
  void stop();

  /// Empty where the Linac has no port.
  [[nodiscard]] std::vector<Copy> copies_of(const store::IncomingBatch& batch);
  /// What the store has accepted, in the order in which it was submitted. Never waits for a client.
  void hand_over(store::LinacId linac, std::vector<Copy> copies);

 private:
  struct Linac {
    std::string serial;
    LinacFeed feed;
    std::deque<Piece> waiting;
    std::size_t waiting_bytes = 0;
    bool overflowed = false;
  };

  /// What one Linac's clients get at a time.
  struct Helping {
    std::string serial;
    bool cut_off = false;  ///< first: something is missing in front of `pieces`
    std::vector<Piece> pieces;
  };

  void give_to_clients();
  std::vector<Helping> take_helpings();
  void take_helping(Linac& from, Helping& to);
  void warn_of_strangers(const config::FanOutSettings& settings, const Serials& serials);

  const Options options_;
  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  FanOutServer server_;  ///< on `io_`
  boost::asio::steady_timer pause_;

  std::mutex mutex_;                        ///< guards all below
  std::map<store::LinacId, Linac> linacs_;  ///< those that have a port
  bool giving_ = false;                     ///< give_to_clients() is under way, or will be called
  std::set<std::string> strangers_;         ///< serials that have a port, and no site

  std::thread thread_;
};

/// Hands to the fan-out what another sink accepts. Both outlive it. Thread-safe.
class FanOutSink final : public ingest::EntrySink {
 public:
  FanOutSink(ingest::EntrySink& sink, GatewayFanOut& fan_out) : sink_(sink), fan_out_(fan_out) {}
  std::vector<store::StoredPosition> stored_positions(
      store::LinacId linac, std::span<const std::uint64_t> runs) override {
    return sink_.stored_positions(linac, runs);
  }
  bool submit(store::IncomingBatch&& batch) override;
  bool is_in_place() override { return sink_.is_in_place(); }

 private:
  ingest::EntrySink& sink_;
  GatewayFanOut& fan_out_;
};

}  // namespace icom::fanout
