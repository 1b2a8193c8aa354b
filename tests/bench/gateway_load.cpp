// Many sites' agents at once against a running gateway, as fast as it acknowledges: each one
// WebSocket of its own, over plain TCP (where sshd would hand it over). gateway_figures.py starts
// the gateway, and knows what to make of the output.
#include <algorithm>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <chrono>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "common/cli/program.hpp"
#include "common/link/batch_codec.hpp"
#include "common/link/limits.hpp"
#include "common/link/link.pb.h"
#include "common/link/message_seal.hpp"
#include "common/link/proof.hpp"
#include "tests/bench/sample_day.hpp"

namespace icom::link {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using Clock = std::chrono::steady_clock;

struct Load {
  std::uint16_t port = 0;
  std::filesystem::path tokens;  // <site>.token for site000, site001, ...
  unsigned sites = 1;
  unsigned linacs = 10;         // of each site, with the serials 10000 * site + 1, ...
  std::uint64_t frames = 1000;  // of each Linac
  unsigned per_batch = 128;
  double hz = 0;  // frames a second of each Linac; 0: as fast as the gateway acknowledges
};

// One Frames message, the same for every site, since each connection begins afresh.
struct Outgoing {
  std::string bytes;
  std::size_t raw = 0;     // of the frames in it
  std::uint64_t last = 0;  // each Linac's last position in it or before
};

constexpr std::uint64_t kRun = 0x1234'5678'9ABC'DEF0;

// A frame of each Linac in turn, as they come at 4 Hz.
std::vector<Outgoing> messages_of(const Load& load) {
  std::vector<Outgoing> messages;
  BatchEncoder encoder;
  ByteVector frame;
  std::size_t in_batch = 0;
  for (std::uint64_t n = 0; n < load.frames; ++n) {
    frame.clear();
    test::append_frame_of_day(frame, n);
    for (unsigned linac = 1; linac <= load.linacs; ++linac) {
      LinkEntry entry;
      entry.linac = linac;
      entry.run = kRun;
      entry.seq = n + 1;
      entry.received_us = test::received_in_day(n);
      entry.bytes = frame;
      encoder.add(entry);
      ++in_batch;
    }
    if (in_batch >= load.per_batch || encoder.raw_bytes() >= kBatchBytes || n + 1 == load.frames) {
      Outgoing& out = messages.emplace_back();
      out.raw = encoder.raw_bytes();
      out.last = n + 1;
      ToGateway message;
      message.mutable_frames()->set_compressed(encoder.finish());
      out.bytes = message.SerializeAsString();
      in_batch = 0;
    }
  }
  return messages;
}

std::string first_line(const std::filesystem::path& file) {
  std::string line;
  std::getline(std::ifstream(file), line);
  return line;
}

std::string name_of_site(unsigned site) {
  std::string number = std::to_string(site);
  return "site" + std::string(3 - std::min<std::size_t>(3, number.size()), '0') + number;
}

// For one thread.
class Agent {
 public:
  Agent(asio::io_context& io, const Load& load, unsigned site,
        const std::vector<Outgoing>& messages)
      : load_(load), site_(site), messages_(messages), socket_(io), acked_(load.linacs + 1) {}

  asio::awaitable<void> connect() {
    co_await boost::beast::get_lowest_layer(socket_).async_connect(
        tcp::endpoint(asio::ip::address_v4::loopback(), load_.port), asio::use_awaitable);
    boost::beast::get_lowest_layer(socket_).socket().set_option(tcp::no_delay(true));
    socket_.binary(true);
    socket_.read_message_max(kMaxMessageBytes);
    co_await socket_.async_handshake("gateway", kPath, asio::use_awaitable);
    co_await prove();
    ToGateway message;
    message.mutable_announcement()->set_agent_version("bench");
    for (unsigned linac = 1; linac <= load_.linacs; ++linac) {
      SpoolState& spool = *message.mutable_announcement()->add_spools();
      spool.set_serial(std::to_string(10'000 * (site_ + 1) + linac));
      spool.set_linac(linac);
      spool.add_runs(kRun);
    }
    co_await send(message.SerializeAsString());
    const ToAgent answer = co_await receive();
    if (!answer.has_welcome()) {
      throw std::runtime_error("refused: " + answer.refused().text());
    }
    for (const LinacWelcome& linac : answer.welcome().linacs()) {
      if (!linac.accepted()) throw std::runtime_error("not accepted: " + linac.reason());
    }
    window_ = answer.welcome().max_unacknowledged_bytes();
  }

  // Sends everything and waits until it is acknowledged.
  asio::awaitable<void> run() {
    std::size_t acknowledged = 0;
    std::size_t on_the_way = 0;
    const auto began = Clock::now();
    asio::steady_timer pace(socket_.get_executor());
    for (const Outgoing& out : messages_) {
      if (load_.hz > 0) {
        const std::chrono::duration<double> due(static_cast<double>(out.last) / load_.hz);
        pace.expires_at(began + std::chrono::duration_cast<Clock::duration>(due));
        co_await pace.async_wait(asio::use_awaitable);
      }
      while (on_the_way > 0 && on_the_way + out.raw > window_) {
        co_await take_ack(acknowledged, on_the_way);
      }
      co_await send(out.bytes);
      on_the_way += out.raw;
    }
    while (acknowledged < messages_.size()) {
      co_await take_ack(acknowledged, on_the_way);
    }
  }

 private:
  asio::awaitable<void> prove() {
    const std::string token = first_line(load_.tokens / (name_of_site(site_) + ".token"));
    Transcript transcript{kLinkPurpose, kLinkProtocol, name_of_site(site_), make_nonce(), {}};
    ToGateway message;
    message.mutable_hello()->set_protocol(kLinkProtocol);
    message.mutable_hello()->set_site(transcript.site);
    message.mutable_hello()->set_nonce(transcript.agent_nonce);
    co_await send(message.SerializeAsString());
    ToAgent answer = co_await receive();
    transcript.gateway_nonce = answer.challenge().nonce();
    message.mutable_proof()->set_mac(proof_of(Role::agent, token, transcript));
    co_await send(message.SerializeAsString());
    answer = co_await receive();
    if (!proves(answer.proof().mac(), Role::gateway, token, transcript)) {
      throw std::runtime_error("no proof: " + answer.refused().text());
    }
    sealer_.emplace(session_key(Role::agent, token, transcript));
    checker_.emplace(session_key(Role::gateway, token, transcript));
  }

  asio::awaitable<void> send(std::string bytes) {
    if (sealer_) bytes = sealer_->seal(bytes);
    co_await socket_.async_write(asio::buffer(bytes), asio::use_awaitable);
  }

  asio::awaitable<ToAgent> receive() {
    co_await socket_.async_read(buffer_, asio::use_awaitable);
    ToAgent message;
    const auto data = buffer_.cdata();
    std::optional<std::string_view> opened(std::in_place, static_cast<const char*>(data.data()),
                                           data.size());
    if (checker_) opened = checker_->open(*opened);
    const std::string_view bytes = opened.value();
    if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
      throw std::runtime_error("the gateway's message is malformed");
    }
    buffer_.clear();
    co_return message;
  }

  asio::awaitable<void> take_ack(std::size_t& acknowledged, std::size_t& on_the_way) {
    const ToAgent message = co_await receive();
    if (message.has_refused()) throw std::runtime_error("refused: " + message.refused().text());
    for (const LinacPosition& position : message.ack().positions()) {
      acked_.at(position.linac()) = position.seq();
    }
    const std::uint64_t all = *std::min_element(acked_.begin() + 1, acked_.end());
    while (acknowledged < messages_.size() && messages_[acknowledged].last <= all) {
      on_the_way -= messages_[acknowledged].raw;
      ++acknowledged;
    }
  }

  const Load& load_;
  const unsigned site_;
  const std::vector<Outgoing>& messages_;
  boost::beast::websocket::stream<boost::beast::tcp_stream> socket_;
  boost::beast::flat_buffer buffer_;
  std::optional<MessageSealer> sealer_;  // from the proof on
  std::optional<SealChecker> checker_;   // the same
  std::size_t window_ = 0;
  std::vector<std::uint64_t> acked_;  // by Linac; [0] is none
};

// Runs one step of all agents at once; throws what any of them threw.
template <typename Step>
void all_together(asio::io_context& io, std::vector<std::unique_ptr<Agent>>& agents, Step step) {
  std::exception_ptr failure;
  for (auto& agent : agents) {
    asio::co_spawn(io, step(*agent), [&](std::exception_ptr error) {
      if (error) failure = error;
    });
  }
  io.restart();
  io.run_for(std::chrono::minutes(5));
  if (failure) std::rethrow_exception(failure);
  if (!io.stopped()) throw std::runtime_error("not done within 5 minutes");
}

int run(const Load& load) {
  const auto messages = messages_of(load);
  asio::io_context io(1);
  std::vector<std::unique_ptr<Agent>> agents;
  for (unsigned site = 0; site < load.sites; ++site) {
    agents.push_back(std::make_unique<Agent>(io, load, site, messages));
  }
  all_together(io, agents, [](Agent& agent) { return agent.connect(); });
  std::cout << "connected" << std::endl;
  std::string go;
  std::getline(std::cin, go);
  const auto began = Clock::now();
  all_together(io, agents, [](Agent& agent) { return agent.run(); });
  const std::chrono::duration<double> took = Clock::now() - began;
  std::cout << "acknowledged " << load.sites * load.linacs * load.frames << " frames in "
            << took.count() << " s" << std::endl;
  std::getline(std::cin, go);  // stays connected while its gateway is looked at
  return 0;
}

}  // namespace
}  // namespace icom::link

int main(int argc, char** argv) {
  icom::link::Load load;
  const icom::cli::Program app(
      "Many sites' agents at once against a running gateway. Waits for a line on stdin before it "
      "sends, and for "
      "another before it leaves.",
      "gateway-load");
  app.add_option("--port", load.port, "the gateway's ingest port, on loopback").required();
  app.add_option("--tokens", load.tokens, "folder of site000.token and so on").required();
  app.add_option("--sites", load.sites).within(1, 1000);
  app.add_option("--linacs", load.linacs, "of each site").within(1, 64);
  app.add_option("--frames", load.frames, "of each Linac");
  app.add_option("--per-batch", load.per_batch, "frames in a batch, at least");
  app.add_option("--hz", load.hz,
                 "frames a second of each Linac; 0: as fast as the gateway acknowledges");
  if (const auto code = app.parse_or_tell(argc, argv)) return *code;
  try {
    return icom::link::run(load);
  } catch (const std::exception& error) {
    std::cerr << "gateway-load: " << error.what() << '\n';
    return 1;
  }
}
