#include "gateway/ingest/desk_session.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
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

link::DeskAnswer malformed(const char* text) {
  link::DeskAnswer answer;
  answer.mutable_refused()->set_code(link::DeskRefused::MALFORMED);
  answer.mutable_refused()->set_text(text);
  return answer;
}

/// On the desk's thread.
template <typename Answer, typename Work>
awaitable<Answer> on_thread(asio::any_io_executor desk_thread, Work work) {
  auto working = asio::co_spawn(
      desk_thread, [](Work doing) -> awaitable<Answer> { co_return doing(); }(std::move(work)),
      asio::use_awaitable);
  co_return co_await std::move(working);
}

/// One request from its hello to its answer.
class DeskTalk {
 public:
  DeskTalk(Socket& socket, Desk& desk, asio::any_io_executor desk_thread, RefusalLog& refusals,
           Origin origin)
      : socket_(socket),
        desk_(desk),
        thread_(std::move(desk_thread)),
        refusals_(refusals),
        origin_(origin) {}

  /// Empty where the peer has gone.
  awaitable<std::string> answer(const DeskProgress& progress) {
    const bool greeted = co_await hear_hello(progress);
    if (!greeted) co_return refused_;
    const bool known = co_await hear_proof();
    if (!known) co_return refused_;
    has_proved_ = true;
    progress.proved(hello_.site());
    const auto bytes = co_await read();
    if (!bytes) co_return std::string();
    const auto plain = link::decrypt(key(link::Role::agent), *bytes);
    link::DeskRequest request;
    link::DeskAnswer answer;
    if (!plain || !link::read_message(*plain, request, link::kMaxUnprovedParts) ||
        request.site() != hello_.site()) {
      answer = malformed("the request cannot be read");
    } else {
      auto asking = on_thread<link::DeskAnswer>(
          thread_, [this, &request] { return desk_.answer(request, secret_); });
      answer = co_await std::move(asking);
    }
    note(answer);
    co_return link::encrypt_once(key(link::Role::gateway), answer.SerializeAsString());
  }

 private:
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

  awaitable<bool> hear_hello(const DeskProgress& progress) {
    const auto bytes = co_await read();
    if (!bytes) co_return false;
    if (!link::read_message(*bytes, hello_, link::kMaxUnprovedParts)) {
      co_return refuse(malformed("the request cannot be read"));
    }
    auto looking = on_thread<std::variant<std::vector<std::string>, link::DeskAnswer>>(
        thread_, [this] { return desk_.secrets_for(hello_); });
    auto found = co_await std::move(looking);
    if (const auto* const refused = std::get_if<link::DeskAnswer>(&found)) {
      co_return refuse(*refused);
    }
    secrets_ = std::get<std::vector<std::string>>(std::move(found));
    progress.named(hello_.site());
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
          on_thread<link::DeskAnswer>(thread_, [this] { return desk_.refuse_proof(hello_); });
      const link::DeskAnswer refused = co_await std::move(refusing);
      co_return refuse(refused);
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
    refusals_.note(hello_.site(), has_proved_ ? nullptr : &origin_, answer.refused(),
                   log::RateLimit::Clock::now());
  }
  bool refuse(const link::DeskAnswer& answer) {
    note(answer);
    refused_ = answer.SerializeAsString();
    return false;
  }

  Socket& socket_;
  Desk& desk_;
  asio::any_io_executor thread_;
  RefusalLog& refusals_;
  const Origin origin_;
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

awaitable<void> serve_desk(Socket& socket, Desk& desk, asio::any_io_executor desk_thread,
                           RefusalLog& refusals, Origin origin, std::chrono::milliseconds deadline,
                           DeskProgress progress) {
  const auto give_up = [&socket] { beast::get_lowest_layer(socket).close(); };
  std::optional<Deadline> in_time(std::in_place, socket.get_executor(), deadline, give_up);
  DeskTalk talk(socket, desk, std::move(desk_thread), refusals, origin);
  const std::function<void(const std::string&)> when_proved = std::move(progress.proved);
  progress.proved = [&](const std::string& site) {
    in_time.emplace(socket.get_executor(), deadline, give_up);
    when_proved(site);
  };
  const std::string answer = co_await talk.answer(progress);
  if (answer.empty()) co_return;
  in_time.emplace(socket.get_executor(), deadline, give_up);
  const auto out = asio::buffer(answer);
  const auto [error, size] = co_await socket.async_write(out, kAsTuple);
  if (error) co_return;
  co_await socket.async_close(websocket::close_code::normal, kAsTuple);
}

}  // namespace icom::ingest
