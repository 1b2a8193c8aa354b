// The Linac as its clients see it: start here. Accepts clients, and sends each the same stream by
// the Linac's clock.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <ostream>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/simulator/client_session.hpp"
#include "tests/simulator/conduct.hpp"
#include "tests/simulator/frame_source.hpp"
#include "tests/simulator/ledger.hpp"
#include "tests/simulator/options.hpp"

namespace icom::simulator {

/// Single-threaded: construct, call and run on one io_context that one thread runs. The io_context
/// runs out of work once the simulation is over. The stream never waits for a client.
class Simulator : private SessionOwner {
 public:
  /// Binds and listens. `out` gets one line an event. Throws std::system_error if the port or a
  /// file cannot be had.
  Simulator(boost::asio::io_context& io, const Options& options, std::ostream& out);

  void start();
  [[nodiscard]] std::uint16_t port() const { return endpoint_.port(); }
  /// Two phases: no new frames, what is queued is still sent, FIN to every client; what is left
  /// after `at_most` is cut off.
  void stop(std::chrono::milliseconds at_most);
  /// Sets the Linac's clock by `--jump-on-signal`, at the next frame that suits.
  void set_clock() { source_.set_clock(options_.jump_on_signal); }
  /// Called once, when nothing is left to do and the files are written.
  void on_finished(std::function<void()> call) { finished_ = std::move(call); }
  /// False if the ledger or the report could not be written completely.
  [[nodiscard]] bool files_complete() const { return files_complete_; }

 private:
  using Clock = std::chrono::steady_clock;

  void on_message_out(const ClientSession& session, const Message& message,
                      std::size_t size) override;
  void on_stall(const ClientSession& session, std::chrono::milliseconds so_far) override;
  void on_session_over(ClientSession& session, std::size_t unacknowledged) override;
  [[nodiscard]] bool beam_on() const override { return source_.beam().beam_on(); }

  void listen();
  void accept();
  void admit(boost::asio::ip::tcp::socket socket);
  void start_clock();
  void run_clock();
  void wait_for_next_frame();
  void make_frame();
  void remember(const Tick& tick);
  void send_to_all(const Tick& tick);
  void book_skipped(const Tick& tick);
  [[nodiscard]] bool day_is_over() const;
  void keep_books();
  void write_report();
  void mark_not_recorded(const ClientSession& session, std::string reason);
  void finish_if_empty();

  boost::asio::io_context& io_;
  Options options_;
  std::ostream& out_;
  FrameSource source_;
  Ledger ledger_;
  ConductReport report_;
  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::ip::tcp::endpoint endpoint_;
  boost::asio::steady_timer frame_timer_;
  boost::asio::steady_timer book_timer_;
  boost::asio::steady_timer end_timer_;
  boost::asio::steady_timer accept_timer_;
  Clock::duration period_;
  Clock::time_point due_;  // of the next frame
  std::set<std::shared_ptr<ClientSession>> sessions_;
  int clients_ = 0;
  std::uint64_t books_kept_ = 0;
  std::deque<std::shared_ptr<const Payload>>
      replay_;  // the last frames made, at most options_.replay
  std::vector<std::shared_ptr<const Payload>> unseen_gaps_;
  bool clock_runs_ = false;
  bool stopping_ = false;
  bool files_complete_ = true;
  std::function<void()> finished_;
};

}  // namespace icom::simulator
