#include "agent/forward/link_session.hpp"

#include <algorithm>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <utility>

#include "agent/forward/refusal_text.hpp"
#include "agent/spool/spool_format.hpp"
#include "common/asio/deadline.hpp"
#include "common/link/limits.hpp"
#include "common/link/read_message.hpp"

namespace icom::forward {

namespace asio = boost::asio;
using asio::awaitable;

namespace {

static_assert(LinkSession::kBatchEntries <= link::kMaxBatchEntries &&
                  link::kBatchBytes + spool::kMaxEntryBytes <= link::BatchDecoder::kMaxBatchBytes,
              "a gateway takes what an agent sends");

link::ToAgent parse(const std::string& bytes) {
  link::ToAgent message;
  if (!link::read_message(bytes, message, link::kMaxPartsToAgent)) {
    throw LinkFailure(FailureKind::protocol, "the gateway sent something that is no message");
  }
  return message;
}

}  // namespace

LinkSession::LinkSession(asio::any_io_executor executor, MessagePipe& pipe, LinacStreams& linacs,
                         Caller caller, SessionHooks hooks, SessionTimings timings)
    : executor_(std::move(executor)),
      pipe_(pipe),
      linacs_(linacs),
      source_(linacs),
      caller_(std::move(caller)),
      hooks_(std::move(hooks)),
      timings_(timings),
      bell_(executor_) {}

awaitable<void> LinkSession::run() {
  using asio::experimental::awaitable_operators::operator&&;
  co_await greet();
  // Each loop ends the other by ending the pipe.
  co_await (guarded(send_loop()) && guarded(receive_loop()));
  for (auto& linac : linacs_) linac.session_ended();
  if (failure_) throw LinkFailure(*failure_);
}

awaitable<void> LinkSession::greet() {
  const Deadline deadline(executor_, timings_.hello, [this] { pipe_.abort(); });
  try {
    auto keys = co_await exchange_proofs(pipe_, caller_);
    sealed_.emplace(pipe_, std::move(keys));
    co_await announce();
    const std::string bytes = co_await sealed_->read();
    const link::ToAgent answer = parse(bytes);
    if (answer.has_refused()) throw failure_of(answer.refused(), caller_.site);
    if (!answer.has_welcome()) {
      throw LinkFailure(FailureKind::protocol,
                        "the gateway did not answer our announcement with Welcome");
    }
    take_welcome(answer.welcome());
  } catch (const LinkFailure&) {
    if (!deadline.passed()) throw;
    throw LinkFailure(FailureKind::gateway_away,
                      "the gateway took the connection and gave no answer in time: look at "
                      "icom-gateway's log at the hosting site");
  }
}

/// The site's own Linacs first: where more spools of removed ones wait than a session may name, the
/// rest waits for another.
awaitable<void> LinkSession::announce() {
  link::ToGateway message;
  link::Announcement& announcement = *message.mutable_announcement();
  announcement.set_agent_version(caller_.version);
  for (const bool registered : {true, false}) {
    for (auto& linac : linacs_) {
      if (linac.registered() != registered) continue;
      if (announcement.spools_size() == static_cast<int>(link::kMaxSpools)) break;
      *announcement.add_spools() = linac.announce();
    }
  }
  co_await send(message);
}

void LinkSession::take_welcome(const link::Welcome& welcome) {
  const std::size_t most =
      std::clamp<std::uint64_t>(welcome.max_unacknowledged_bytes(), 1, kMaxUnacknowledged);
  window_.emplace(most, std::max<std::size_t>(linacs_.size(), 1));
  link::LinacWelcome unanswered;
  unanswered.set_reason("the gateway's Welcome does not mention it");
  for (auto& linac : linacs_) linac.welcome(unanswered);
  for (const auto& answer : welcome.linacs()) take_answer(answer);
  welcomed_at_ = Clock::now();
  next_status_ = *welcomed_at_;
  hooks_.answered();
}

void LinkSession::take_answer(const link::LinacWelcome& answer) {
  LinacStream& linac = linac_of(answer.linac());
  linac.welcome(answer);
  window_->forget(linac.number());
  for (const auto& [run, seq] : linac.confirmed()) window_->stored(linac.number(), run, seq);
  wake();
}

void LinkSession::take_change(const link::LinacWelcome& change) {
  if (change.accepted() == linac_of(change.linac()).accepted()) return;
  take_answer(change);
  hooks_.answered();
}

/// Runs a loop, remembers why it failed, and in any case ends the pipe, so that the other loop ends
/// too.
awaitable<void> LinkSession::guarded(awaitable<void> loop) {
  try {
    co_await std::move(loop);
  } catch (const LinkFailure& failure) {
    if (!failure_ && !said_goodbye_) failure_ = failure;
  } catch (const std::exception& error) {
    if (!failure_) failure_ = LinkFailure(FailureKind::spool, error.what());
  }
  pipe_.abort();
  wake();
}

awaitable<void> LinkSession::send_loop() {
  while (!stopping_ && !failure_) {
    // Status goes ahead of the backlog: it is asked for between any two batches.
    const bool told = co_await send_status_if_due();
    const bool sent = co_await send_batch();
    if (!told && !sent) co_await bell_.wait_until(next_status_);
  }
  if (!failure_) co_await drain();
}

awaitable<void> LinkSession::drain() {
  const auto deadline = Clock::now() + timings_.drain;
  while (!window_->empty() && !failure_ && Clock::now() < deadline)
    co_await bell_.wait_until(deadline);
  if (failure_) co_return;
  said_goodbye_ = true;
  co_await pipe_.close(timings_.goodbye);
}

awaitable<void> LinkSession::send(const link::ToGateway& message) {
  const std::string bytes = message.SerializeAsString();
  co_await sealed_->write(bytes);
}

awaitable<bool> LinkSession::send_status_if_due() {
  const auto now = Clock::now();
  if (now < next_status_) co_return false;
  next_status_ = now + timings_.status;
  link::ToGateway message;
  *message.mutable_status() = hooks_.status();
  std::string bytes = message.SerializeAsString();
  if (bytes == last_status_) co_return false;
  last_status_ = std::move(bytes);
  co_await sealed_->write(last_status_);
  co_return true;
}

awaitable<bool> LinkSession::send_batch() {
  // What is there goes at once, be it one frame: the batch grows only while the transport is busy
  // with the one before.
  const auto admits = [this](const LinacStream& linac, const spool::Entry& entry) {
    return window_->admits(linac.number(), entry.bytes.size());
  };
  const auto take = [this, now = Clock::now()](const LinacStream& linac,
                                               const spool::Entry& entry) {
    encoder_.add({.linac = linac.number(),
                  .kind = entry.kind,
                  .run = entry.run,
                  .seq = entry.seq,
                  .received_us = entry.received_us,
                  .bytes = entry.bytes});
    window_->sent(linac.number(), entry.run, entry.seq, entry.bytes.size(), now);
  };
  const EntrySource::BatchLimits limits{kBatchEntries, link::kBatchBytes};
  if (source_.fill(limits, admits, take) == 0) co_return false;
  link::ToGateway message;
  message.mutable_frames()->set_compressed(encoder_.finish());
  co_await send(message);
  co_return true;
}

awaitable<void> LinkSession::receive_loop() {
  while (!failure_) {
    const std::string bytes = co_await sealed_->read();
    const link::ToAgent message = parse(bytes);
    switch (message.message_case()) {
      case link::ToAgent::kAck:
        take_ack(message.ack());
        break;
      case link::ToAgent::kRegistration:
        take_change(message.registration().linac());
        break;
      case link::ToAgent::kRefused:
        throw failure_of(message.refused(), caller_.site);
      default:
        break;  // a newer gateway may tell more than this agent knows
    }
  }
}

void LinkSession::take_ack(const link::Ack& ack) {
  for (const auto& position : ack.positions()) {
    LinacStream& linac = linac_of(position.linac());
    if (!window_->plausible(linac.number(), position.run(), position.seq())) {
      throw LinkFailure(FailureKind::protocol, "the gateway acknowledged entries of Linac " +
                                                   linac.serial() + " that were never sent");
    }
    const auto advance =
        window_->acknowledge(linac.number(), position.run(), position.seq(), Clock::now());
    if (advance) linac.acknowledged(*advance);
  }
  wake();
}

LinacStream& LinkSession::linac_of(std::uint32_t number) {
  const auto found = std::find_if(linacs_.begin(), linacs_.end(),
                                  [number](const LinacStream& l) { return l.number() == number; });
  if (found == linacs_.end()) {
    throw LinkFailure(FailureKind::protocol,
                      "the gateway speaks of a Linac that was not announced");
  }
  return *found;
}

void LinkSession::wake() {
  bell_.ring();
}

void LinkSession::stop() {
  stopping_ = true;
  wake();
}

BytesOnTheWay LinkSession::bytes_on_the_way(const LinacStream& linac) const {
  if (!window_) return {};
  return {.all = window_->bytes(linac.number()),
          .just_sent = window_->bytes_sent_after(linac.number(), Clock::now() - kJustSent)};
}

}  // namespace icom::forward
