#include "agent/listen/listen_program.hpp"

#include <spdlog/spdlog.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <exception>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "agent/listen/goodbye.hpp"
#include "agent/listen/listener_requests.hpp"
#include "agent/listen/newcomer.hpp"
#include "agent/listen/passed_bytes.hpp"
#include "common/asio/as_tuple.hpp"
#include "common/control/drain.hpp"
#include "common/control/program_answers.hpp"
#include "common/control/protocol.hpp"
#include "common/os/utc_clock.hpp"

namespace icom::listen {

namespace asio = boost::asio;
using asio::awaitable;

namespace {

/// Between two looks at the beam while a drain waits for its end.
constexpr std::chrono::milliseconds kLook{100};
/// How long a connection that nobody took may wait for the spool that was lent for it.
constexpr std::chrono::seconds kTakeBackWithin{20};
/// For how long, and how often, a spool that is locked is tried at a start.
constexpr std::chrono::milliseconds kLockIsLookedAt{300};
constexpr std::chrono::milliseconds kLockAgain{10};
/// For how long the keeper may say nothing of a listener that has just died: one that hangs is
/// killed by its service manager before. The kernel holds more of the stream than that.
constexpr std::chrono::seconds kKeeperAnswersWithin{10};
/// For how long a listener whose folder another one has waits for the end of a beam.
constexpr std::chrono::minutes kLeavesToTheOtherWithin{10};

awaitable<void> pause(std::chrono::milliseconds time) {
  asio::steady_timer timer(co_await asio::this_coro::executor, time);
  co_await timer.async_wait(kAsTuple);
}

void note_inherited(Handover& kept) {
  kept.ipv6 = is_ipv6(kept.connection.get());
  kept.reader_died = true;
}

/// `SINCE LEFT [no-mu]`: what is waited for.
std::string waiting_text(const BeamWatch& beam, std::chrono::milliseconds left) {
  std::string text =
      std::to_string(beam.state(std::chrono::steady_clock::now()).unchanged.count()) + " " +
      std::to_string(left.count());
  if (beam.no_mu_read()) text += " " + std::string(kNoMu);
  return text;
}

}  // namespace

ListenProgram::ListenProgram(asio::io_context& io, os::FileSystem& files, ListenerSettings settings,
                             std::function<void(std::exception_ptr)> ended)
    : io_(io),
      files_(files),
      settings_(std::move(settings)),
      folder_(settings_.spool / settings_.serial),
      ended_(std::move(ended)),
      control_(io.get_executor(), folder_ / control::kListenerSocket),
      heartbeat_(io.get_executor(), settings_.keeper),
      let_go_(io.get_executor()) {
  prepare_control();
}

ListenProgram::~ListenProgram() = default;

void ListenProgram::start() {
  make_first_listener();
  // A listener that hands over has let go of its spool, and has the connection still.
  if (std::unique_ptr<os::File> held; files_.lock(folder_ / kHandoverLock, held)) {
    throw std::runtime_error("the connection is being handed over to another listener");
  }
  KeepersGreeting greeting = settings_.keeper.greeting();
  Handover kept;
  kept.connection = std::move(greeting.left);
  // The spool is ours, so whoever was to hand over is dead. No second client beside a connection
  // that somebody keeps.
  if (greeting.heir && !kept.connection.valid()) {
    kept.connection = settings_.keeper.left_by_that_one(kKeeperAnswersWithin);
  }
  if (kept.connection.valid()) note_inherited(kept);
  begin(std::move(kept), greeting.wants_beats);
}

void ListenProgram::take_over() {
  Newcomer newcomer(files_, folder_);
  auto held = newcomer.ask();
  if (!held) {
    spdlog::info("no listener is there to take over from");
    start();
    return;
  }
  if (held->linac != settings_.linac.text()) {
    throw std::runtime_error("the listener that runs is connected to " + held->linac +
                             ": that connection cannot be taken over for " +
                             settings_.linac.text());
  }
  make_first_listener();
  if (!newcomer.confirm()) {
    throw std::runtime_error("the listener that has the connection has kept it");
  }
  KeepersGreeting greeting = settings_.keeper.greeting();
  // The other waits for the end of a connection that a keeper has, and that is ours to go on with.
  if (!held->connection.valid() && greeting.left.valid()) {
    held->connection = std::move(greeting.left);
    note_inherited(*held);
  }
  begin(std::move(*held), greeting.wants_beats);
}

void ListenProgram::begin(Handover held, bool wants_beats) {
  listener_->start(std::move(held));
  control_.open();
  heartbeat_.start(wants_beats);
}

/// Others look at the spool's lock by taking it for a moment.
void ListenProgram::make_first_listener() {
  for (const auto give_up = Clock::now() + kLockIsLookedAt; !listener_;) {
    try {
      make_listener();
    } catch (const std::system_error& error) {
      const bool taken = error.code() == std::errc::resource_unavailable_try_again;
      if (!taken || Clock::now() >= give_up) throw;
      std::this_thread::sleep_for(kLockAgain);
    }
  }
}

void ListenProgram::make_listener(Remains before) {
  heartbeat_.busy();
  listener_ = std::make_unique<Listener>(
      io_, files_, settings_, [this] { connection_over(); }, std::move(before),
      [this](spool::FolderState state) { folder_looked_at(state); });
  files_.remove(folder_ / kDrainedFile);  // mostly there is none
}

void ListenProgram::prepare_control() {
  control::ProgramAnswers about;
  about.trouble = [this] { return listener_ ? listener_->refusal() : std::string(); };
  about.status = [this] { return listener_ ? to_json(listener_->status()) : std::string("{}"); };
  about.stop = [this] {
    spdlog::info("asked to stop: closing the connection to the Linac");
    asked_to_stop_();
  };
  about.no_reload =
      "its settings are its command line: icom-agent run has a new one take over when they change";
  about.no_replace = "a new icom-listen, started with --take-over, takes over from it";
  control::answer_for(control_, std::move(about));
  control_.answers(control::kDrain, [this](control::Call& call) { return drain(call); });
  control_.answers(kTakeOver, [this](control::Call& call) { return hand_over(call); });
}

/// On the thread that writes the spool: what waits for the disk here keeps no Linac waiting.
void ListenProgram::folder_looked_at(spool::FolderState state) {
  if (state == spool::FolderState::taken) {
    if (!folder_taken_.exchange(true)) {
      asio::co_spawn(io_, leave_to_the_other(), asio::detached);
    }
    return;
  }
  folder_taken_ = false;
  if (state == spool::FolderState::gone) return;
  control_.look_after_place();
}

/// It has our folder, and waits for the Linac.
awaitable<void> ListenProgram::leave_to_the_other() {
  if (std::exchange(leaving_to_the_other_, true)) co_return;
  const auto latest = Clock::now() + kLeavesToTheOtherWithin;
  while (folder_taken_ && !stopping_ && listener_ && !handing_over_) {
    if (const char* why = why_leave_now(latest)) {
      spdlog::info("leaving the Linac to the listener that has the spool folder: {}", why);
      stop();
      break;
    }
    co_await pause(kLook);
  }
  leaving_to_the_other_ = false;
}

void ListenProgram::stop() {
  stopping_ = true;
  if (listener_ && !handing_over_) listener_->stop();
}

Lost ListenProgram::finish() {
  Lost lost = listener_ ? listener_->finish() : Lost{};
  lost.given_up += given_up_;
  return lost;
}

void ListenProgram::connection_over() {
  if (handing_over_) {
    let_go_.ring();
  } else {
    end();
  }
}

void ListenProgram::end(std::exception_ptr failure) {
  control_.close();
  heartbeat_.stop();
  if (auto tell = std::exchange(ended_, nullptr)) tell(std::move(failure));
}

awaitable<void> ListenProgram::drain(control::Call& call) {
  spdlog::info("asked to leave the Linac when no beam is on, in {} ms at the latest",
               call.argument);
  const auto look = [this](Milliseconds left) -> std::optional<control::DrainState> {
    if (stopping_ || !listener_ || handing_over_) return std::nullopt;
    if (const char* why = why_leave_now(Clock::now() + left)) return control::DrainState{true, why};
    return control::DrainState{false, waiting_text(listener_->beam(), left)};
  };
  const auto leave = [this] {
    spdlog::info("leaving the Linac, as asked");
    mark_drained();
    stop();
  };
  const auto stay = [] { spdlog::info("who asked this listener to leave is gone: it stays"); };
  co_await control::drain(call, look, leave, stay);
}

/// Null: a beam may be on.
const char* ListenProgram::why_leave_now(Clock::time_point limit) const {
  const auto quiet = listener_->beam().quiet_from();
  if (!quiet) return "no patient is selected, or nothing is connected";
  if (Clock::now() >= *quiet) return "no MU have been delivered for 10 s";
  if (Clock::now() < limit) return nullptr;
  return listener_->beam().no_mu_read()
             ? "the time limit is reached, and no MU could be read: a beam may be on"
             : "the time limit is reached, and a beam may be on";
}

void ListenProgram::mark_drained() {
  const std::string text = std::to_string(os::utc_now_us()) + "\n";
  if (const auto error = os::write_atomically(files_, folder_ / kDrainedFile, as_bytes(text),
                                              os::Durability::process_crash)) {
    spdlog::warn("{} cannot be written, so this listener may be started again: {}", kDrainedFile,
                 error.message());
  }
}

awaitable<void> ListenProgram::hand_over(control::Call& call) {
  if (handing_over_ || stopping_ || !listener_) co_return;
  // What waits here would be lost: the other has another memory.
  if (const std::string refusal = listener_->refusal(); !refusal.empty()) {
    spdlog::warn("no other listener can take over: {}", refusal);
    co_await control::refuse(call, refusal);
    co_return;
  }
  heartbeat_.busy();  // for the disk, here and where the spool is closed
  std::unique_ptr<os::File> lock;
  if (files_.lock(folder_ / kHandoverLock, lock)) co_return;
  handing_over_ = true;
  spdlog::info("another listener takes over");
  listener_->let_go();
  co_await let_go_.wait_until(Clock::time_point::max());
  Handover held = listener_->release();
  heartbeat_.busy();
  Remains remains = listener_->close_spool();
  listener_.reset();
  given_up_ += remains.given_up;
  if (remains.writer) {
    spdlog::warn("no other listener can take over: the spool refuses the last entries");
    co_await go_on_with(std::move(held), std::move(remains));
    co_await control::refuse(call, "the spool takes no entries: it refuses the last ones");
    co_return;
  }
  const bool taken = co_await offer(call.channel, held);
  if (taken) {
    spdlog::info("the other listener has taken over");
    end();
  } else {
    spdlog::warn("the other listener has not taken over: this one goes on");
    declined_ = true;
    co_await go_on_with(std::move(held));
  }
}

awaitable<bool> ListenProgram::offer(control::Channel& peer, const Handover& held) {
  const ByteVector bytes =
      encode_handover(held, declined_ ? kOldersLastFrame : std::size_t{Framer::kMaxFrame});
  std::vector<os::NativeSocket> descriptors{held.connection.get()};
  for (const auto& late : held.late) descriptors.push_back(late.connection.get());
  const bool sent = co_await write_all_with(peer, bytes, descriptors, control::kStep);
  if (!sent) co_return false;
  std::string answer;
  const bool answered = co_await control::read_line(peer, answer, control::kStep);
  if (!answered || answer != kReady) co_return false;
  co_return co_await control::write_line(peer, std::string(kGo), control::kStep);
}

/// The newcomer may hold the spool for a moment yet, unless something remains: then it is ours.
awaitable<void> ListenProgram::go_on_with(Handover held, Remains before) {
  for (const auto give_up = Clock::now() + kTakeBackWithin; !listener_;) {
    const bool is_ours = before.writer != nullptr;
    try {
      make_listener(std::exchange(before, {}));
    } catch (const std::exception&) {
      if (is_ours || Clock::now() >= give_up) {
        end(std::current_exception());
        co_return;
      }
    }
    if (!listener_) co_await pause(kLook);
  }
  handing_over_ = false;
  listener_->start(std::move(held));
  if (stopping_) listener_->stop();
}

}  // namespace icom::listen
