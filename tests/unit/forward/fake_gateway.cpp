#include "tests/unit/forward/fake_gateway.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>

#include "agent/forward/websocket_pipe.hpp"
#include "common/asio/as_tuple.hpp"
#include "common/icom/frame_identity.hpp"
#include "common/link/forked_run.hpp"
#include "common/link/message_seal.hpp"
#include "common/link/proof.hpp"

namespace icom::forward::testing {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::awaitable;
using asio::ip::tcp;

namespace {

awaitable<std::unique_ptr<MessagePipe>> connect(tcp::endpoint endpoint) {
  tcp::socket socket(co_await asio::this_coro::executor);
  const auto [error] = co_await socket.async_connect(endpoint, kAsTuple);
  if (error) throw LinkFailure(FailureKind::network, error.message());
  auto pipe = co_await WebSocketPipe<tcp::socket>::open(std::move(socket), "gateway", Carrier{});
  co_return pipe;
}

}  // namespace

struct FakeGateway::Connection {
  explicit Connection(tcp::socket socket) : stream(std::move(socket)) {}
  beast::websocket::stream<tcp::socket> stream;
  std::optional<link::MessageSealer> sealer;  ///< from the proof on
  std::optional<link::SealChecker> checker;
  link::BatchDecoder decoder;
  std::map<std::uint32_t, std::string> serials;
  std::vector<link::ToAgent> waiting;  ///< to be sent
  bool sending = false;
  int messages = 0;
};

FakeGateway::FakeGateway(asio::io_context& io)
    : io_(io), acceptor_(io, tcp::endpoint(asio::ip::address_v4::loopback(), 0)) {
  asio::co_spawn(io_, accept_loop(), asio::detached);
}

Connector FakeGateway::connector() {
  return [endpoint = acceptor_.local_endpoint()] { return connect(endpoint); };
}

void FakeGateway::stop() {
  acceptor_.close();
  break_connections();
}

void FakeGateway::break_connections() {
  for (const auto& connection : connections_) {
    boost::system::error_code ignored;
    connection->stream.next_layer().close(ignored);
  }
}

awaitable<void> FakeGateway::accept_loop() {
  for (;;) {
    auto [error, socket] = co_await acceptor_.async_accept(kAsTuple);
    if (error) co_return;
    auto connection = std::make_shared<Connection>(std::move(socket));
    connections_.insert(connection);
    asio::co_spawn(io_, serve(connection), [this, connection](const std::exception_ptr& broken) {
      connections_.erase(connection);
      if (broken) faults.emplace_back("the gateway itself failed");
    });
  }
}

awaitable<void> FakeGateway::serve(std::shared_ptr<Connection> connection) {
  auto& stream = connection->stream;
  if (const auto [error] = co_await stream.async_accept(kAsTuple); error) co_return;
  stream.binary(true);
  beast::flat_buffer buffer;
  for (;;) {
    buffer.clear();
    const auto [error, size] = co_await stream.async_read(buffer, kAsTuple);
    if (error == beast::websocket::error::closed) ++goodbyes;
    if (error) co_return;
    const std::string bytes = beast::buffers_to_string(buffer.cdata());
    std::optional<std::string_view> opened = bytes;
    if (connection->checker) opened = connection->checker->open(bytes);
    link::ToGateway message;
    if (!opened || !message.ParseFromArray(opened->data(), static_cast<int>(opened->size()))) {
      faults.emplace_back("a message that cannot be read");
      co_return;
    }
    if (message.has_hello()) {
      hellos.push_back(message.hello());
      if (!conduct.answer_hello) continue;
      const bool proved = co_await hear_proof(*connection);
      if (!proved) co_return;
      continue;
    }
    const bool last = conduct.breaks > 0 && ++connection->messages >= conduct.break_after;
    if (last) --conduct.breaks;
    if (last && !conduct.store_last) co_return;
    if (message.has_announcement()) {
      *hellos.back().mutable_spools() = message.announcement().spools();
      if (last) co_return;
      co_await welcome(*connection);
    } else if (message.has_status()) {
      statuses.push_back(message.status());
    } else if (message.has_frames()) {
      link::ToAgent answer;
      *answer.mutable_ack() = store(*connection, message.frames());
      if (conduct.acknowledge && !last) co_await send(*connection, std::move(answer));
    }
    if (last) co_return;
  }
}

awaitable<bool> FakeGateway::hear_proof(Connection& connection) {
  const link::Hello hello = hellos.back();
  const link::Transcript transcript{link::kLinkPurpose, hello.protocol(), hello.site(),
                                    hello.nonce(), link::make_nonce()};
  link::ToAgent challenge;
  challenge.mutable_challenge()->set_nonce(transcript.gateway_nonce);
  co_await send(connection, std::move(challenge));
  beast::flat_buffer buffer;
  const auto [error, size] = co_await connection.stream.async_read(buffer, kAsTuple);
  if (error) co_return false;
  link::ToGateway message;
  message.ParseFromString(beast::buffers_to_string(buffer.cdata()));
  link::ToAgent answer;
  const bool proved =
      link::proves(message.proof().mac(), link::Role::agent, conduct.token, transcript);
  if (proved) {
    answer.mutable_proof()->set_mac(link::proof_of(link::Role::gateway, conduct.token, transcript));
  } else {
    answer.mutable_refused()->set_code(link::Refused::WRONG_TOKEN);
  }
  co_await send(connection, std::move(answer));
  if (!proved) co_return false;
  connection.sealer.emplace(link::session_key(link::Role::gateway, conduct.token, transcript));
  connection.checker.emplace(link::session_key(link::Role::agent, conduct.token, transcript));
  co_return true;
}

awaitable<void> FakeGateway::welcome(Connection& connection) {
  const link::Hello& hello = hellos.back();
  link::ToAgent answer;
  auto* welcome = answer.mutable_welcome();
  welcome->set_protocol(link::kLinkProtocol);
  welcome->set_max_unacknowledged_bytes(conduct.max_unacknowledged_bytes);
  for (const auto& spool : hello.spools()) {
    connection.serials[spool.linac()] = spool.serial();
    const std::vector<std::uint64_t> runs(spool.runs().begin(), spool.runs().end());
    *welcome->add_linacs() = answer_for(spool.serial(), spool.linac(), runs);
  }
  ++sessions;
  unacknowledged_bytes = 0;
  co_await send(connection, std::move(answer));
}

link::LinacWelcome FakeGateway::answer_for(const std::string& serial, std::uint32_t linac,
                                           const std::vector<std::uint64_t>& runs) const {
  link::LinacWelcome answer;
  answer.set_linac(linac);
  const auto refused = conduct.refused_linacs.find(serial);
  answer.set_accepted(refused == conduct.refused_linacs.end());
  if (!answer.accepted()) {
    answer.set_reason(refused->second);
    return answer;
  }
  for (std::uint64_t run : runs) {
    for (;;) {
      const link::Position position = position_of(serial, run);
      *answer.add_stored() = position;
      if (position.seq() == 0) break;
      run = link::run_after_fork(run, position.seq(), position.fingerprint());
    }
  }
  return answer;
}

link::Position FakeGateway::position_of(const std::string& serial, std::uint64_t run) const {
  if (const auto claim = conduct.claims.find(run); claim != conduct.claims.end()) {
    return claim->second;
  }
  link::Position position;
  position.set_run(run);
  const auto entries = stored.find(serial);
  if (entries == stored.end()) return position;
  for (const auto& entry : entries->second) {
    if (entry.run == run) position.set_seq(entry.seq);
  }
  const auto known = fingerprints.find({run, position.seq()});
  if (known != fingerprints.end()) position.set_fingerprint(known->second);
  return position;
}

link::Ack FakeGateway::store(Connection& connection, const link::Frames& frames) {
  std::string error;
  const auto batch = connection.decoder.decode(frames.compressed(), error);
  link::Ack ack;
  if (!batch) {
    faults.push_back(error);
    return ack;
  }
  std::map<std::uint32_t, link::LinacPosition> reached;
  auto& serials = batches.emplace_back();
  for (const auto& entry : batch->entries) {
    const std::string& serial = connection.serials.at(entry.linac);
    serials.push_back(serial);
    auto& entries = stored[serial];
    const bool same_run = !entries.empty() && entries.back().run == entry.run;
    const std::uint64_t before = same_run ? entries.back().seq : 0;
    if (entry.seq != before + 1 && entry.kind != EntryKind::hole) {
      faults.push_back(serial + ": " + std::to_string(entry.seq) + " after " +
                       std::to_string(before));
    }
    entries.push_back({entry.kind, entry.run, entry.seq, std::string(as_text(entry.bytes))});
    fingerprints[{entry.run, entry.seq}] =
        entry_fingerprint(entry.received_us, content_hash(entry.bytes));
    unacknowledged_bytes += entry.bytes.size();
    reached[entry.linac].set_linac(entry.linac);
    reached[entry.linac].set_run(entry.run);
    reached[entry.linac].set_seq(entry.seq);
  }
  most_unacknowledged_bytes = std::max(most_unacknowledged_bytes, unacknowledged_bytes);
  if (conduct.acknowledge) unacknowledged_bytes = 0;
  for (const auto& [linac, position] : reached) *ack.add_positions() = position;
  return ack;
}

awaitable<void> FakeGateway::send(Connection& connection, link::ToAgent message) {
  connection.waiting.push_back(std::move(message));
  if (connection.sending) co_return;
  connection.sending = true;
  while (!connection.waiting.empty()) {
    std::string bytes = connection.waiting.front().SerializeAsString();
    if (connection.sealer) bytes = connection.sealer->seal(bytes);
    connection.waiting.erase(connection.waiting.begin());
    const auto buffer = asio::buffer(bytes);
    co_await connection.stream.async_write(buffer, kAsTuple);
  }
  connection.sending = false;
}

void FakeGateway::post(link::ToAgent message) {
  for (const auto& connection : connections_) {
    asio::co_spawn(io_, send(*connection, message), [connection](const std::exception_ptr&) {});
  }
}

void FakeGateway::change_registration(const std::string& serial, bool accepted,
                                      const std::string& reason) {
  if (accepted) {
    conduct.refused_linacs.erase(serial);
  } else {
    conduct.refused_linacs[serial] = reason;
  }
  for (const auto& spool : hellos.back().spools()) {
    if (spool.serial() != serial) continue;
    const std::vector<std::uint64_t> runs(spool.runs().begin(), spool.runs().end());
    link::ToAgent message;
    *message.mutable_registration()->mutable_linac() = answer_for(serial, spool.linac(), runs);
    post(std::move(message));
  }
}

void FakeGateway::acknowledge_all() {
  unacknowledged_bytes = 0;
  for (const auto& spool : hellos.back().spools()) {
    const auto entries = stored.find(spool.serial());
    if (entries == stored.end()) continue;
    send_ack(spool.linac(), entries->second.back().run, entries->second.back().seq);
  }
}

void FakeGateway::send_ack(std::uint32_t linac, std::uint64_t run, std::uint64_t seq) {
  link::ToAgent message;
  auto* position = message.mutable_ack()->add_positions();
  position->set_linac(linac);
  position->set_run(run);
  position->set_seq(seq);
  post(std::move(message));
}

}  // namespace icom::forward::testing
