#include "tests/simulator/simulator.hpp"

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/system_error.hpp>
#include <exception>
#include <system_error>
#include <utility>

namespace icom::simulator {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using std::chrono::milliseconds;

namespace {

constexpr milliseconds kBooksEvery{100};   // ledger to the OS, stalls looked for
constexpr std::uint64_t kReportEvery = 5;  // times the books are kept
constexpr milliseconds kAcceptAgainAfter{100};
constexpr int kFramesATurn = 8;  // then the clients' sockets get their turn
constexpr milliseconds kGiveUpCatchingUpAfter{1000};
constexpr milliseconds kOwnEndAtMost{
    10'000};  // nobody waits for us: a slow client may read to the end
constexpr std::uint64_t kIdleFramesAtEnd = 8;

std::chrono::steady_clock::duration wall_time(double seconds) {
  return std::chrono::duration_cast<std::chrono::steady_clock::duration>(
      std::chrono::duration<double>(seconds));
}

}  // namespace

Simulator::Simulator(asio::io_context& io, const Options& options, std::ostream& out)
    : io_(io),
      options_(options),
      out_(out),
      source_(options.stream),
      ledger_(options.ledger.empty() ? Ledger() : Ledger(options.ledger, options.stream.serial)),
      report_(options.stream.serial),
      acceptor_(io),
      frame_timer_(io),
      book_timer_(io),
      end_timer_(io),
      accept_timer_(io),
      period_(wall_time(1 / (options.stream.day.hz * options.speed))) {
  listen();
  write_report();
}

void Simulator::listen() {
  endpoint_ = tcp::endpoint(asio::ip::make_address(options_.address), options_.port);
  try {
    acceptor_.open(endpoint_.protocol());
    acceptor_.set_option(tcp::acceptor::reuse_address(true));
    acceptor_.bind(endpoint_);
    acceptor_.listen();
    endpoint_ = acceptor_.local_endpoint();
  } catch (const boost::system::system_error& error) {
    throw std::system_error(
        error.code(), "cannot listen on " + options_.address + ':' + std::to_string(options_.port));
  }
}

void Simulator::start() {
  out_ << "listening " << endpoint_.address().to_string() << ':' << port() << " serial "
       << options_.stream.serial << '\n'
       << std::flush;
  if (options_.seconds > 0) {
    end_timer_.expires_after(wall_time(options_.seconds));
    end_timer_.async_wait([this](error_code cancelled) {
      if (!cancelled) stop(kOwnEndAtMost);
    });
  }
  accept();
  keep_books();
  if (!options_.wait_for_client) start_clock();
}

void Simulator::accept() {
  acceptor_.async_accept([this](error_code error, tcp::socket socket) {
    if (stopping_) return;
    if (!error) {
      admit(std::move(socket));
      accept();
      return;
    }
    // Out of descriptors, say: that passes.
    accept_timer_.expires_after(kAcceptAgainAfter);
    accept_timer_.async_wait([this](error_code cancelled) {
      if (!cancelled && !stopping_) accept();
    });
  });
}

void Simulator::admit(tcp::socket socket) {
  SessionOwner& owner = *this;  // not from within make_shared: the base is private
  auto session =
      std::make_shared<ClientSession>(std::move(socket), ++clients_, options_.session, owner);
  sessions_.insert(session);
  ledger_.connected(clients_, session->conduct().connected);
  out_ << "client " << clients_ << " connected" << '\n' << std::flush;
  session->start();
  for (const auto& frame : replay_)
    session->send({MessageKind::replay, frame, frame->bytes.size()});
  report_.update(session->conduct());
  if (!clock_runs_) start_clock();
}

void Simulator::start_clock() {
  clock_runs_ = true;
  due_ = Clock::now();
  run_clock();
}

void Simulator::run_clock() {
  if (stopping_) return;
  for (int i = 0; i < kFramesATurn && due_ <= Clock::now(); ++i) {
    make_frame();
    if (stopping_) return;
  }
  wait_for_next_frame();
}

void Simulator::wait_for_next_frame() {
  const auto now = Clock::now();
  // A machine that was held up goes on from now: a Linac does not send faster because it was late.
  if (now - due_ > kGiveUpCatchingUpAfter) due_ = now;
  if (due_ <= now) {
    asio::post(io_, [this] { run_clock(); });
    return;
  }
  frame_timer_.expires_at(due_);
  frame_timer_.async_wait([this](error_code cancelled) {
    if (!cancelled) run_clock();
  });
}

void Simulator::make_frame() {
  const Tick tick = source_.next();
  due_ += period_ + wall_time(std::chrono::duration<double>(tick.pause).count() / options_.speed);
  remember(tick);
  book_skipped(tick);
  send_to_all(tick);
  if (tick.frame == options_.frames || day_is_over()) stop(kOwnEndAtMost);
}

void Simulator::remember(const Tick& tick) {
  if (options_.replay == 0) return;
  if (tick.skipped) return;  // lost in the Linac is lost for a later client too
  replay_.push_back(tick.whole);
  if (replay_.size() > options_.replay) replay_.pop_front();
}

// A gap shows when the stream goes on after it; until then a reader cannot know, and the ledger
// does not tell.
void Simulator::book_skipped(const Tick& tick) {
  if (tick.skipped) {
    if (!sessions_.empty()) unseen_gaps_.push_back(tick.skipped);
    return;
  }
  for (const auto& frame : unseen_gaps_) ledger_.skipped(*frame);
  unseen_gaps_.clear();
}

void Simulator::send_to_all(const Tick& tick) {
  // A copy: a client that is dropped leaves the set while we go through it.
  const auto sessions = sessions_;
  for (const auto& session : sessions) {
    for (const auto& message : tick.messages) session->send(message);
    if (tick.then == Tick::Then::close) session->close_after_queue(ClientSession::Goodbye::fin);
    if (tick.then == Tick::Then::reset) session->close_after_queue(ClientSession::Goodbye::reset);
  }
}

bool Simulator::day_is_over() const {
  const auto idle = source_.day().idle_frames_since_end();
  return options_.exit_when_done && idle >= kIdleFramesAtEnd;
}

void Simulator::on_message_out(const ClientSession& session, const Message& message,
                               std::size_t size) {
  const auto now = std::chrono::system_clock::now();
  if (size == message.size) {
    ledger_.sent(session.conduct().client, now, message);
  } else {
    ledger_.cut_short(session.conduct().client, now, message, size);
  }
}

void Simulator::on_stall(const ClientSession& session, milliseconds so_far) {
  if (so_far >= options_.not_recorded_after && beam_on())
    mark_not_recorded(session, "stopped reading");
}

void Simulator::on_session_over(ClientSession& session, std::size_t unacknowledged) {
  const ClientConduct& conduct = session.conduct();
  if (conduct.closed_by == ClosedBy::reset && conduct.beam_on_when_closed)
    mark_not_recorded(session, "reset");
  ledger_.disconnected(conduct.client, *conduct.disconnected, name_of(conduct.closed_by),
                       unacknowledged);
  ledger_.flush();
  report_.update(conduct);
  write_report();
  out_ << summary_of(conduct) << '\n' << std::flush;
  sessions_.erase(session.shared_from_this());
  finish_if_empty();
}

void Simulator::mark_not_recorded(const ClientSession& session, std::string reason) {
  const NotRecorded treatment{source_.beam().visit(), source_.beam().field_id(),
                              session.conduct().client, std::move(reason)};
  if (!report_.mark_not_recorded(treatment)) return;
  out_ << "treatment " << treatment.visit << " not recorded: client " << treatment.client << ' '
       << treatment.reason << " during beam " << treatment.field_id << '\n'
       << std::flush;
  write_report();
}

void Simulator::keep_books() {
  ledger_.flush();
  const auto sessions = sessions_;
  for (const auto& session : sessions) session->look_for_stall();
  if (++books_kept_ % kReportEvery == 0) write_report();
  book_timer_.expires_after(kBooksEvery);
  book_timer_.async_wait([this](error_code cancelled) {
    if (!cancelled && !(stopping_ && sessions_.empty())) keep_books();
  });
}

void Simulator::write_report() {
  for (const auto& session : sessions_) report_.update(session->conduct());
  report_.set_progress(source_.frames(), source_.day().deliveries());
  report_.set_clock_jumps(source_.clock_set());
  if (options_.report.empty()) return;
  try {
    report_.write(options_.report);
  } catch (const std::exception& error) {
    files_complete_ = false;
    out_ << error.what() << '\n' << std::flush;
  }
}

void Simulator::stop(milliseconds at_most) {
  if (!stopping_) {
    stopping_ = true;
    error_code ignored;
    acceptor_.close(ignored);
    frame_timer_.cancel();
    accept_timer_.cancel();
  }
  end_timer_.expires_after(at_most);
  end_timer_.async_wait([this](error_code cancelled) {
    if (cancelled) return;
    const auto left = sessions_;
    for (const auto& session : left) session->abort();
  });
  const auto sessions = sessions_;
  for (const auto& session : sessions) session->close_after_queue(ClientSession::Goodbye::fin);
  finish_if_empty();
}

void Simulator::finish_if_empty() {
  if (!stopping_ || !sessions_.empty()) return;
  end_timer_.cancel();
  book_timer_.cancel();
  ledger_.flush();
  files_complete_ = files_complete_ && ledger_.good();
  write_report();
  if (finished_) std::exchange(finished_, nullptr)();
}

}  // namespace icom::simulator
