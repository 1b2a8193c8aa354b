#include "gateway/ingest/desk_session.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <optional>
#include <string>
#include <utility>

#include "common/asio/as_tuple.hpp"
#include "common/asio/deadline.hpp"
#include "common/link/limits.hpp"
#include "common/link/proof.hpp"
#include "common/link/read_message.hpp"

namespace icom::ingest {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;
using asio::awaitable;

namespace {

using Socket = websocket::stream<beast::tcp_stream>;

/// A site that has another request at the desk is asked again this often whether it is over.
constexpr std::chrono::milliseconds kDeskTurnRetry{20};

link::DeskAnswer malformed(const char* text) {
  link::DeskAnswer answer;
  answer.mutable_refused()->set_code(link::DeskRefused::MALFORMED);
  answer.mutable_refused()->set_text(text);
  return answer;
}

/// One request from its hello to its answer.
class DeskTalk {
 public:
  /// References outlive it.
  DeskTalk(Socket& socket, DeskWork& work, const DeskCaller& caller)
      : socket_(socket), work_(work), caller_(caller) {}

  /// Empty where the peer has gone.
  awaitable<std::string> answer() {
    const bool greeted = co_await hear_hello();
    if (!greeted) co_return refused_;
    const bool known = co_await hear_proof();
    if (!known) co_return refused_;
    has_proved_ = true;
    caller_.proved(hello_.site());
    const auto bytes = co_await read();
    if (!bytes) co_return std::string();
    const auto plain = link::decrypt(key(link::Role::agent), *bytes);
    link::DeskRequest request;
    link::DeskAnswer answer;
    if (!plain || !link::read_message(*plain, request, link::kMaxUnprovedParts) ||
        request.site() != hello_.site()) {
      answer = malformed("the request cannot be read");
    } else {
      auto asking = ask_in_turn(request);
      auto answered = co_await std::move(asking);
      if (!answered) co_return std::string();
      answer = std::move(*answered);
    }
    note(answer);
    co_return link::encrypt_once(key(link::Role::gateway), answer.SerializeAsString());
  }

 private:
  /// On the desk's thread; nothing if the connection was dropped before.
  template <typename Answer>
  awaitable<std::optional<Answer>> on_thread(std::function<Answer()> work) {
    const auto working_on = [](const DeskCaller& caller,
                               std::function<Answer()> doing) -> awaitable<std::optional<Answer>> {
      if (caller.is_dropped()) co_return std::nullopt;
      co_return doing();
    };
    auto working =
        asio::co_spawn(work_.thread, working_on(caller_, std::move(work)), asio::use_awaitable);
    co_return co_await std::move(working);
  }
  /// Nothing if the connection was dropped before.
  awaitable<std::optional<SiteTurns::Turn>> turn_at_desk() {
    asio::steady_timer pause(socket_.get_executor());
    while (!caller_.is_dropped()) {
      std::optional<SiteTurns::Turn> turn = work_.turns.begin(hello_.site());
      if (turn) co_return turn;
      pause.expires_after(kDeskTurnRetry);
      co_await pause.async_wait(kAsTuple);
    }
    co_return std::nullopt;
  }
  /// The same.
  awaitable<std::optional<link::DeskAnswer>> ask_in_turn(const link::DeskRequest& request) {
    auto waiting = turn_at_desk();
    std::optional<SiteTurns::Turn> turn = co_await std::move(waiting);
    if (!turn) co_return std::nullopt;
    auto asking = on_thread<link::DeskAnswer>([this, &request, &turn] {
      const auto begun = SiteTurns::Clock::now();
      link::DeskAnswer answer = work_.desk.answer(request, secret_);
      turn->charge(SiteTurns::Clock::now() - begun);
      return answer;
    });
    co_return co_await std::move(asking);
  }
  /// The next message; nothing if the peer has gone.
  awaitable<std::optional<std::string>> read() {
    beast::flat_buffer buffer;
    const auto [error, size] = co_await socket_.async_read(buffer, kAsTuple);
    if (error) co_return std::nullopt;
    const auto bytes = buffer.cdata();
    co_return std::string(static_cast<const char*>(bytes.data()), bytes.size());
  }
  awaitable<bool> write(const link::DeskAnswer& answer) {
    const std::string bytes = answer.SerializeAsString();
    const auto out = asio::buffer(bytes);
    const auto [error, size] = co_await socket_.async_write(out, kAsTuple);
    co_return !error;
  }

  awaitable<bool> hear_hello() {
    const auto bytes = co_await read();
    if (!bytes) co_return false;
    if (!link::read_message(*bytes, hello_, link::kMaxUnprovedParts)) {
      co_return refuse(malformed("the request cannot be read"));
    }
    auto looking = on_thread<std::variant<std::vector<std::string>, link::DeskAnswer>>(
        [this] { return work_.desk.secrets_for(hello_); });
    auto found = co_await std::move(looking);
    if (!found) co_return false;
    if (const auto* const refused = std::get_if<link::DeskAnswer>(&*found)) {
      co_return refuse(*refused);
    }
    secrets_ = std::get<std::vector<std::string>>(*std::move(found));
    caller_.named(hello_.site());
    const link::DeskHello& hello = hello_.hello();
    const auto agreed = share_.agreed_with(hello.share());
    if (hello.nonce().size() != link::kNonceBytes || !agreed) {
      co_return refuse(malformed("the request is not one of this version"));
    }
    agreed_ = *agreed;
    transcript_ = {link::purpose_of(hello.secret()),
                   link::kDeskProtocol,
                   hello_.site(),
                   hello.nonce(),
                   link::make_nonce(),
                   hello.share(),
                   share_.public_part()};
    link::DeskAnswer challenge;
    challenge.mutable_challenge()->set_nonce(transcript_.gateway_nonce);
    challenge.mutable_challenge()->set_share(transcript_.gateway_share);
    const bool written = co_await write(challenge);
    co_return written;
  }

  awaitable<bool> hear_proof() {
    const auto bytes = co_await read();
    if (!bytes) co_return false;
    link::DeskRequest request;
    if (!link::read_message(*bytes, request, link::kMaxUnprovedParts) || !request.has_proof()) {
      co_return refuse(malformed("the request cannot be read"));
    }
    const auto proved = link::proved_secret(request.proof().mac(), secrets_, transcript_);
    if (!proved) {
      auto refusing =
          on_thread<link::DeskAnswer>([this] { return work_.desk.refuse_proof(hello_); });
      const auto refused = co_await std::move(refusing);
      co_return refused&& refuse(*refused);
    }
    secret_ = {hello_.hello().secret(), *proved};
    link::DeskAnswer answer;
    answer.mutable_proof()->set_mac(link::proof_of(link::Role::gateway, secret_.key, transcript_));
    const bool written = co_await write(answer);
    co_return written;
  }

  [[nodiscard]] std::string key(link::Role sender) const {
    return link::desk_key(sender, secret_.key, transcript_, agreed_);
  }
  void note(const link::DeskAnswer& answer) {
    if (!answer.has_refused()) return;
    work_.refusals.note(hello_.site(), has_proved_ ? nullptr : &caller_.origin, answer.refused(),
                        log::RateLimit::Clock::now());
  }
  bool refuse(const link::DeskAnswer& answer) {
    note(answer);
    refused_ = answer.SerializeAsString();
    return false;
  }

  Socket& socket_;
  DeskWork& work_;
  const DeskCaller& caller_;
  bool has_proved_ = false;
  link::DeskShare share_;
  link::DeskRequest hello_;
  std::vector<std::string> secrets_;
  link::Transcript transcript_;
  std::string agreed_;
  link::DeskSecret secret_;
  std::string refused_;  ///< what is said to one who has proved nothing; empty: he has gone
};

}  // namespace

awaitable<void> serve_desk(Socket& socket, DeskWork work, DeskCaller caller,
                           std::chrono::milliseconds deadline) {
  std::optional<Deadline> in_time(std::in_place, socket.get_executor(), deadline, caller.drop);
  const std::function<void(const std::string&)> when_proved = std::move(caller.proved);
  caller.proved = [&](const std::string& site) {
    in_time.emplace(socket.get_executor(), deadline, caller.drop);
    when_proved(site);
  };
  DeskTalk talk(socket, work, caller);
  const std::string answer = co_await talk.answer();
  if (answer.empty()) co_return;
  in_time.emplace(socket.get_executor(), deadline, caller.drop);
  const auto out = asio::buffer(answer);
  const auto [error, size] = co_await socket.async_write(out, kAsTuple);
  if (error) co_return;
  co_await socket.async_close(websocket::close_code::normal, kAsTuple);
}

}  // namespace icom::ingest
