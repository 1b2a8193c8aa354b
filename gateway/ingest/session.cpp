#include "gateway/ingest/session.hpp"

#include <spdlog/spdlog.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>
#include <vector>

#include "common/asio/as_tuple.hpp"
#include "common/asio/deadline.hpp"
#include "common/link/proof.hpp"
#include "common/link/read_message.hpp"
#include "common/log/printable.hpp"
#include "common/os/utc_clock.hpp"
#include "gateway/ingest/upgrade.hpp"
#include "gateway/store/store_place.hpp"

namespace icom::ingest {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;
using asio::awaitable;

namespace {

constexpr auto kForever = Bell::Clock::time_point::max();
/// What a session keeps of its buffer between messages; a batch of a backlog may have needed far
/// more.
constexpr std::size_t kKeptBuffer = 16U << 10U;
/// A sink that is full although the intake has room is asked again this often.
constexpr std::chrono::milliseconds kSinkFullRetry{20};
/// Likewise one whose site has another announcement looked up.
constexpr std::chrono::milliseconds kTurnRetry{20};
/// What a batch costs while it waits to be decoded, beside its bytes.
constexpr std::size_t kWaitingCost = 128;

/// Counts the agent as connected while the session lasts, however it ends.
class OnTheBoard {
 public:
  OnTheBoard(LinkStatusBoard& board, std::string site) : board_(board), site_(std::move(site)) {
    board_.agent_came(site_, os::utc_now_us());
  }
  ~OnTheBoard() { board_.agent_went(site_, os::utc_now_us()); }
  OnTheBoard(const OnTheBoard&) = delete;
  OnTheBoard& operator=(const OnTheBoard&) = delete;

 private:
  LinkStatusBoard& board_;
  std::string site_;
};

/// An agent of any release keeps what it has, and calls again.
link::Refused store_is_away(const store::StoreAway& away) {
  return refusal(link::Refused::UNAVAILABLE, away.what());
}

awaitable<void> note_at_the_desk(Newcomers& newcomers, std::string site,
                                 std::vector<Newcomer> linacs, std::vector<std::string> withdrawn) {
  if (!withdrawn.empty()) newcomers.withdraw(site, withdrawn);
  if (!linacs.empty()) newcomers.note(site, linacs);
  co_return;
}

using AdmissionAnswer = std::variant<Admission, link::Refused>;

/// What it refers to lives until it ends.
awaitable<AdmissionAnswer> look_up_announced(std::shared_ptr<const RegisteredSite> site,
                                             const link::Hello& hello, const Surroundings& around,
                                             SiteTurns::Turn& turn) {
  const auto begun = SiteTurns::Clock::now();
  AdmissionAnswer answer;
  try {
    answer = admit(std::move(site), hello, around.registry, around.sink, around.newcomers,
                   around.limits.max_unacknowledged_bytes);
  } catch (const store::StoreAway& away) {
    answer = store_is_away(away);
  }
  turn.charge(SiteTurns::Clock::now() - begun);
  co_return answer;
}

}  // namespace

Session::Session(asio::ip::tcp::socket socket, Surroundings& surroundings, Origin origin)
    : socket_(std::move(socket)),
      strand_(socket_.get_executor()),
      around_(surroundings),
      origin_(origin),
      read_bell_(strand_),
      decode_bell_(strand_),
      write_bell_(strand_),
      newcomers_bell_(strand_) {
  close_with(Closing::reset);
}

awaitable<void> Session::run() {
  using asio::experimental::awaitable_operators::operator&&;
  try {
    // One for all that happens before anybody knows who it is.
    std::optional<Deadline> deadline;
    deadline.emplace(strand_, around_.limits.hello, [this] { abort(); });
    const UpgradeLimits limits{around_.limits.hello, around_.limits.dead_peer};
    const Purpose purpose = co_await upgrade(socket_, limits);
    if (purpose == Purpose::none) co_return;
    if (purpose == Purpose::desk) {
      deadline.reset();
      if (around_.desk == nullptr) co_return;
      auto serving = serve_desk(
          socket_, {*around_.desk, around_.desk_thread, around_.desk_turns, around_.refusals},
          desk_caller(), around_.limits.hello);
      co_await std::move(serving);
      co_return;
    }
    co_await hear_hello();
    if (goodbye_) co_await say_goodbye();
    if (lost_) co_return;
    deadline.reset();
    const bool welcome = co_await greet();
    if (!welcome) co_return;
    const OnTheBoard on_the_board(around_.board, admission_.site->site);
    auto loops = read_loop() && decode_loop() && write_loop() && newcomers_loop();
    co_await std::move(loops);
  } catch (const std::exception& error) {
    spdlog::error("{}: the session ended by an error: {}", log::printable(site_given_),
                  error.what());
  }
}

DeskCaller Session::desk_caller() {
  return {origin_, [this](const std::string& site) { around_.named(*this, site); },
          [this](const std::string& site) {
            close_with(Closing::fin);
            around_.proved(*this, site);
          },
          [this] { abort(); }, [this] { return aborted_.load(); }};
}

/// How the connection closes where both ends have not said goodbye. Whoever has proved nothing is
/// reset: after a FIN his end could stay, and with it one of the ports from which this one can be
/// reached at all.
void Session::close_with(Closing closing) {
  boost::system::error_code ignored;
  const asio::socket_base::linger at_once(closing == Closing::reset, 0);
  beast::get_lowest_layer(socket_).socket().set_option(at_once, ignored);
}

// --- the greeting ----------------------------------------------------------------------------

/// Until the peer has proved to know its site's token, and we to it; or there is a refusal to be
/// said, or the connection is lost. Nobody is trusted with memory before.
awaitable<void> Session::hear_hello() {
  const bool may_be_clear = around_.registry.takes_clear_tokens();
  if (may_be_clear) socket_.read_message_max(link::kMaxClearHelloBytes);
  link::ToGateway message;
  const bool came =
      co_await read(message, may_be_clear ? link::kMaxClearHelloParts : link::kMaxUnprovedParts);
  if (!came) co_return;
  socket_.read_message_max(link::kMaxUnprovedBytes);
  if (!message.has_hello()) {
    refuse(refusal(link::Refused::MALFORMED, "the first message is not Hello"));
    co_return;
  }
  hello_ = std::move(*message.mutable_hello());
  site_given_ = hello_.site();
  const std::uint32_t version = hello_.protocol();
  if (version == link::kClearTokenProtocol) {
    take_clear_hello();
  } else if (version != link::kLinkProtocol) {
    refuse(version_refusal(version));
  } else if (hello_.nonce().size() != link::kNonceBytes || hello_.spools_size() > 0) {
    refuse(refusal(link::Refused::MALFORMED, "Hello is not one of this version"));
  } else {
    auto site = site_that_may_prove(hello_.site(), around_.registry);
    if (auto* refused = std::get_if<link::Refused>(&site)) {
      refuse(std::move(*refused));
      co_return;
    }
    co_await hear_proof(std::get<std::shared_ptr<const RegisteredSite>>(std::move(site)));
  }
}

/// The agent proves itself first: whoever only connects gets nothing from which to guess a token.
awaitable<void> Session::hear_proof(std::shared_ptr<const RegisteredSite> site) {
  around_.named(*this, site->site);
  link::Transcript transcript{link::kLinkPurpose, link::kLinkProtocol, hello_.site(),
                              hello_.nonce(), link::make_nonce()};
  link::ToAgent answer;
  answer.mutable_challenge()->set_protocol(link::kLinkProtocol);
  answer.mutable_challenge()->set_nonce(transcript.gateway_nonce);
  const bool challenged = co_await write(answer);
  if (!challenged) co_return;
  link::ToGateway message;
  const bool came = co_await read(message, link::kMaxUnprovedParts);
  if (!came) co_return;
  if (!message.has_proof()) {
    refuse(refusal(link::Refused::MALFORMED, "the second message is not Proof"));
    co_return;
  }
  const std::optional<std::string> token =
      site->credentials.proved_token(message.proof().mac(), transcript);
  if (!token) {
    refuse(token_refusal(site_given_));
    co_return;
  }
  has_proved_ = true;  // before anything is waited for: its token may become void at any time
  if (site->credentials.note_proved() && around_.proofs != nullptr) {
    asio::post(around_.desk_thread,
               [proofs = around_.proofs, name = site->site] { proofs->proved(name); });
  }
  answer.mutable_proof()->set_mac(link::proof_of(link::Role::gateway, *token, transcript));
  co_await write(answer);
  sealer_.emplace(link::session_key(link::Role::gateway, *token, transcript));
  checker_.emplace(link::session_key(link::Role::agent, *token, transcript));
  trust();
}

void Session::take_clear_hello() {
  auto site = let_in_by_clear_token(hello_, around_.registry);
  if (auto* refused = std::get_if<link::Refused>(&site)) {
    refuse(std::move(*refused));
    return;
  }
  has_proved_ = true;
  hello_.clear_token();
  around_.refusals.note_clear_token(site_given_, Bell::Clock::now());
  trust();
}

/// It is the site's agent.
void Session::trust() {
  close_with(Closing::fin);
  socket_.read_message_max(link::kMaxMessageBytes);
  around_.proved(*this, site_given_);
}

/// Announcement, and Welcome or Refused. True if the session goes on.
awaitable<bool> Session::greet() {
  if (checker_) {
    const Deadline deadline(strand_, around_.limits.hello, [this] { abort(); });
    link::ToGateway message;
    const bool came = co_await read(message, link::kMaxPartsToGateway);
    if (!came && !goodbye_) co_return false;
    if (came && !message.has_announcement()) {
      refuse(refusal(link::Refused::MALFORMED, "the message after the proof is no announcement"));
    } else if (came) {
      link::Announcement& announcement = *message.mutable_announcement();
      hello_.mutable_spools()->Swap(announcement.mutable_spools());
      hello_.set_agent_version(announcement.agent_version());
    }
  }
  if (!goodbye_) {
    // It may have been revoked since Hello.
    auto site = site_that_may_send(hello_.site(), around_.registry);
    if (auto* refused = std::get_if<link::Refused>(&site)) {
      refuse(std::move(*refused));
    } else {
      auto admitting = admit_site(std::get<std::shared_ptr<const RegisteredSite>>(std::move(site)));
      co_await std::move(admitting);
      if (aborted_) co_return false;
    }
  }
  const bool written = co_await send_welcome();
  co_return written;
}

/// Or the refusal.
awaitable<bool> Session::send_welcome() {
  if (goodbye_) {
    co_await say_goodbye();
    co_return false;
  }
  link::ToAgent welcome;
  *welcome.mutable_welcome() = std::move(admission_.welcome);
  const bool written = co_await write(welcome);
  co_return written;
}

/// The store is asked on a thread of its own, site by site in turn: frames do not wait for that.
awaitable<void> Session::admit_site(std::shared_ptr<const RegisteredSite> site) {
  auto waiting = turn_to_announce(site->site);
  std::optional<SiteTurns::Turn> turn = co_await std::move(waiting);
  if (!turn) co_return;
  auto looking = asio::co_spawn(around_.announcement_thread,
                                look_up_announced(std::move(site), hello_, around_, *turn),
                                asio::use_awaitable);
  AdmissionAnswer answer = co_await std::move(looking);
  turn.reset();
  if (is_over() || aborted_) co_return;
  if (auto* refused = std::get_if<link::Refused>(&answer)) {
    refuse(std::move(*refused));
    co_return;
  }
  take_admission(std::get<Admission>(std::move(answer)));
  registration_changed();  // since the look-up
}

/// Nothing if the session is over before.
awaitable<std::optional<SiteTurns::Turn>> Session::turn_to_announce(const std::string& site) {
  while (!is_over() && !aborted_) {
    std::optional<SiteTurns::Turn> turn = around_.announcements.begin(site);
    if (turn) co_return turn;
    co_await read_bell_.wait_until(Bell::Clock::now() + kTurnRetry);
  }
  co_return std::nullopt;
}

void Session::take_admission(Admission admission) {
  admission_ = std::move(admission);
  around_.refusals.note_coming(admission_.site->site, "connected",
                               ", version " + log::printable(hello_.agent_version()) + ", " +
                                   std::to_string(admission_.linacs.size()) + " of its " +
                                   std::to_string(hello_.spools_size()) + " Linacs accepted",
                               Bell::Clock::now());
  for (const link::LinacWelcome& linac : admission_.welcome.linacs()) {
    if (linac.accepted()) continue;
    around_.refusals.note(site_given_, nullptr,
                          refusal(link::Refused::NOT_YOUR_LINAC, linac.reason()),
                          Bell::Clock::now());
  }
  compare_addresses();
}

// --- the registration changes ----------------------------------------------------------------

void Session::registration_changed() {
  if (admission_.site == nullptr || is_over()) return;
  // The token was looked at when the agent came. A rotation makes it void and ends nothing: whoever
  // is to go for the sake of a token is ended by IngestServer::end_sessions().
  auto site = site_that_may_send(hello_.site(), around_.registry);
  if (auto* refused = std::get_if<link::Refused>(&site)) {
    refuse(std::move(*refused));
    return;
  }
  admission_.site = std::get<std::shared_ptr<const RegisteredSite>>(std::move(site));
  std::size_t runs_left = kMaxRunsAnswered;
  try {
    for (const link::SpoolState& spool : hello_.spools()) change_registration(spool, runs_left);
  } catch (const store::StoreAway& away) {
    refuse(store_is_away(away));
    return;
  }
  if (!changes_.empty()) write_bell_.ring();
  compare_addresses();
}

/// As they were announced: an agent whose settings change calls again.
void Session::compare_addresses() {
  for (const link::SpoolState& spool : hello_.spools()) {
    const RegisteredLinac* const linac = admission_.site->find(spool.serial());
    if (linac == nullptr) continue;
    around_.addresses.note(admission_.site->site, linac->serial, spool.address(), linac->address,
                           Bell::Clock::now());
  }
}

void Session::change_registration(const link::SpoolState& spool, std::size_t& runs_left) {
  const RegisteredLinac* const now = admission_.site->find(spool.serial());
  const auto before = admission_.linacs.find(spool.linac());
  const bool was_accepted = before != admission_.linacs.end();
  if (was_accepted && (now == nullptr || now->id != before->second.id)) {
    withdraw(spool);
  } else if (!was_accepted && now != nullptr) {
    if (withdrawn_.contains(spool.linac())) {
      // Entries of before the withdrawal may still come, behind others that were dropped: taken
      // now, they would cover these.
      end({std::nullopt,
           {websocket::close_code::try_again_later, "the registration has changed"},
           true});
      return;
    }
    changes_.push_back(accepted(spool, *now, around_.sink, runs_left));
    admission_.linacs.emplace(spool.linac(), AcceptedLinac{now->serial, now->id});
    spdlog::info("{}: Linac {} is accepted from now on", admission_.site->site, now->serial);
  }
}

void Session::withdraw(const link::SpoolState& spool) {
  admission_.linacs.erase(spool.linac());
  withdrawn_.insert(spool.linac());
  to_acknowledge_.erase(spool.linac());  // the agent has forgotten them once it hears of this
  link::LinacWelcome& change = changes_.emplace_back();
  change.set_linac(spool.linac());
  change.set_reason("Linac " + log::printable(spool.serial()) +
                    " was taken out of the site's file at the gateway");
  spdlog::info("{}: Linac {} is not accepted any more", admission_.site->site,
               log::printable(spool.serial()));
}

// --- Linacs that wait for approval ----------------------------------------------------------

/// So they are known to be there still; and what could not be noted before is tried again.
awaitable<void> Session::newcomers_loop() {
  while (around_.newcomers != nullptr && !is_over()) {
    co_await newcomers_bell_.wait_until(Bell::Clock::now() + around_.limits.newcomers);
    if (is_over()) break;
    auto linacs = newcomers_of(hello_, around_.registry);
    auto withdrawn = withdrawn_by(hello_, around_.registry);
    if (linacs.empty() && withdrawn.empty()) continue;
    auto noting = asio::co_spawn(around_.desk_thread,
                                 note_at_the_desk(*around_.newcomers, admission_.site->site,
                                                  std::move(linacs), std::move(withdrawn)),
                                 asio::use_awaitable);
    co_await std::move(noting);
  }
}

// --- reading ---------------------------------------------------------------------------------

awaitable<void> Session::read_loop() {
  while (!lost_) {
    // Only an agent that does not heed max_unacknowledged_bytes gets so much waiting.
    while (waiting_bytes_ > around_.limits.max_waiting_bytes && !is_over()) {
      co_await read_bell_.wait_until(kForever);
    }
    link::ToGateway message;
    const bool came = co_await read(message, link::kMaxPartsToGateway);
    // After our goodbye reading goes on only so that the peer's is seen.
    if (came && !goodbye_) take(std::move(message));
  }
}

/// False if there is no message: the connection is over, or the bytes were none and are refused.
awaitable<bool> Session::read(link::ToGateway& message, std::size_t most_parts) {
  const auto [error, size] = co_await socket_.async_read(buffer_, kAsTuple);
  if (error) {
    lose(error == beast::error::timeout ? "nothing came for too long" : error.message());
    co_return false;
  }
  const auto data = buffer_.cdata();
  std::optional<std::string_view> bytes(std::in_place, static_cast<const char*>(data.data()),
                                        data.size());
  if (checker_) bytes = checker_->open(*bytes);
  const bool sealed = bytes.has_value();
  const bool parsed =
      sealed && socket_.got_binary() && link::read_message(*bytes, message, most_parts);
  buffer_.clear();
  if (buffer_.capacity() > kKeptBuffer) buffer_.shrink_to_fit();
  if (!sealed) {
    refuse(refusal(link::Refused::MALFORMED,
                   "a message does not bear the agent's seal: something between it and the gateway "
                   "has changed, repeated or left out what it sent"));
  } else if (!parsed) {
    refuse(refusal(link::Refused::MALFORMED, "a message cannot be read"));
  }
  co_return parsed;
}

void Session::take(link::ToGateway message) {
  if (message.has_frames()) {
    std::string& compressed = *message.mutable_frames()->mutable_compressed();
    if (compressed.empty()) {
      refuse(refusal(link::Refused::MALFORMED, "a message of frames without any"));
      return;
    }
    waiting_bytes_ += compressed.size() + kWaitingCost;
    waiting_.push_back(std::move(compressed));
    decode_bell_.ring();
  } else if (message.has_status()) {
    report(message.status());
  } else {
    refuse(refusal(link::Refused::MALFORMED, "a message that is neither Frames nor Status"));
  }
}

void Session::report(const link::Status& status) {
  for (const link::LinacStatus& one : status.linacs()) {
    const auto linac = admission_.linacs.find(one.linac());
    if (linac == admission_.linacs.end()) continue;
    around_.board.report({admission_.site->site, linac->second.serial}, one,
                         std::chrono::system_clock::now());
  }
}

// --- decoding and submitting -----------------------------------------------------------------

awaitable<void> Session::decode_loop() {
  while (!is_over()) {
    std::optional<NextBatch> next = next_batch();
    if (!next) {
      co_await decode_bell_.wait_until(kForever);
      continue;
    }
    if (!decoder_) decoder_.emplace();
    std::string error;
    std::optional<link::DecodedBatch> batch = decoder_->decode(next->compressed, error);
    if (!batch) {
      refuse(refusal(link::Refused::MALFORMED, "a message of frames cannot be read: " + error));
      break;
    }
    std::erase_if(batch->entries, [this](const link::LinkEntry& entry) {
      return withdrawn_.contains(entry.linac);
    });
    auto sorted = sort_batch(*std::exchange(batch, std::nullopt), admission_.linacs);
    next.reset();
    if (auto* refused = std::get_if<link::Refused>(&sorted)) {
      refuse(std::move(*refused));
      break;
    }
    for (SortedBatch& own : std::get<std::vector<SortedBatch>>(sorted)) {
      auto submitted = submit(std::move(own));
      co_await std::move(submitted);
    }
  }
}

/// Returns nullopt while none waits or the intake has no room; the bell rings once that changes.
std::optional<Session::NextBatch> Session::next_batch() {
  if (waiting_.empty() || asked_for_room_) return std::nullopt;
  std::optional<Intake::Turn> turn = around_.intake.begin(admission_.site->site, weak_from_this());
  if (!turn) {
    asked_for_room_ = true;
    return std::nullopt;
  }
  NextBatch next{std::move(waiting_.front()), *std::move(turn)};
  waiting_.pop_front();
  waiting_bytes_ -= next.compressed.size() + kWaitingCost;
  read_bell_.ring();
  return next;
}

/// Returns once the sink has the batch, or the session is over.
awaitable<void> Session::submit(SortedBatch batch) {
  const std::size_t bytes = bytes_held(batch.incoming);
  while (unanswered_bytes_ >= around_.limits.max_unacknowledged_bytes && !is_over()) {
    co_await decode_bell_.wait_until(kForever);
  }
  while (!is_over()) {
    ++unanswered_;  // before: the answer may come at once
    unanswered_bytes_ += bytes;
    if (around_.intake.submit(admission_.site->site, batch, weak_from_this())) co_return;
    --unanswered_;
    unanswered_bytes_ -= bytes;
    co_await decode_bell_.wait_until(Bell::Clock::now() + kSinkFullRetry);
  }
}

void Session::answered(const BatchTicket& batch, bool stored) {
  asio::post(strand_, [self = shared_from_this(), batch, stored] {
    --self->unanswered_;
    self->unanswered_bytes_ -= batch.bytes;
    if (stored && self->withdrawn_.contains(batch.number)) {
      // Stored before it was withdrawn. The agent does not wait for it any more.
    } else if (stored) {
      link::LinacPosition& position = self->to_acknowledge_[batch.number];
      position.set_linac(batch.number);
      position.set_run(batch.run);
      position.set_seq(batch.seq);
    } else if (!self->around_.sink.is_in_place()) {
      self->refuse(store_is_away(store::StoreAway()));
    } else {
      self->end(
          {std::nullopt,
           {websocket::close_code::try_again_later,
            "the gateway could not store a batch: its disk is full, as a rule; its log tells"},
           false});
    }
    self->ring_all();
  });
}

void Session::room() {
  asio::post(strand_, [self = shared_from_this()] {
    self->asked_for_room_ = false;
    self->decode_bell_.ring();
  });
}

// --- writing ---------------------------------------------------------------------------------

awaitable<void> Session::write_loop() {
  while (!lost_) {
    if (!changes_.empty()) {
      link::ToAgent message;
      *message.mutable_registration()->mutable_linac() = std::move(changes_.front());
      changes_.pop_front();
      co_await write(message);
    } else if (!to_acknowledge_.empty()) {
      link::ToAgent message;
      for (auto& [number, position] : std::exchange(to_acknowledge_, {})) {
        *message.mutable_ack()->add_positions() = std::move(position);
      }
      co_await write(message);
    } else if (goodbye_ && (!goodbye_->drain || unanswered_ == 0)) {
      co_await say_goodbye();
    } else {
      co_await write_bell_.wait_until(kForever);
    }
  }
}

awaitable<bool> Session::write(const link::ToAgent& message) {
  std::string bytes = message.SerializeAsString();
  if (sealer_) bytes = sealer_->seal(bytes);
  const auto buffer = asio::buffer(bytes);
  const auto [error, size] = co_await socket_.async_write(buffer, kAsTuple);
  if (error) lose(error.message());
  co_return !error;
}

awaitable<void> Session::say_goodbye() {
  const Goodbye goodbye = *goodbye_;
  if (goodbye.refused) {
    link::ToAgent message;
    *message.mutable_refused() = *goodbye.refused;
    const bool written = co_await write(message);
    if (!written) co_return;
  }
  co_await socket_.async_close(goodbye.reason, kAsTuple);
  lose({goodbye.reason.reason.data(), goodbye.reason.reason.size()});
}

// --- ending ----------------------------------------------------------------------------------

void Session::stop() {
  if (admission_.site == nullptr) {  // nobody has been welcomed
    abort();
    return;
  }
  end({refusal(
           link::Refused::SHUTTING_DOWN,
           "the gateway is shutting down: call again, everything not acknowledged is sent again"),
       {websocket::close_code::going_away, "the gateway is shutting down"},
       true});
}

void Session::end_if_of(const std::string& site, const link::Refused& refused) {
  if (has_proved_ && site_given_ == site) refuse(refused);
}

void Session::refuse(link::Refused refused) {
  around_.refusals.note(site_given_, has_proved_ ? nullptr : &origin_, refused, Bell::Clock::now());
  end({std::move(refused), {websocket::close_code::policy_error, "refused"}, false});
}

void Session::end(Goodbye goodbye) {
  if (!goodbye_) goodbye_ = std::move(goodbye);
  ring_all();
}

void Session::abort() {
  aborted_ = true;
  beast::get_lowest_layer(socket_).close();
  ring_all();
}

/// The connection is over, by us or by the peer.
void Session::lose(std::string_view why) {
  if (!std::exchange(lost_, true) && admission_.site != nullptr) {
    around_.refusals.note_coming(admission_.site->site, "disconnected", ": " + log::printable(why),
                                 Bell::Clock::now());
  }
  ring_all();
}

void Session::ring_all() {
  read_bell_.ring();
  decode_bell_.ring();
  write_bell_.ring();
  newcomers_bell_.ring();
}

}  // namespace icom::ingest
