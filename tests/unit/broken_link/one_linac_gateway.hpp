// A gateway's ingest with one Linac, over a store that the test keeps, and how an agent reaches it.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/this_coro.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "agent/forward/websocket_pipe.hpp"
#include "common/asio/as_tuple.hpp"
#include "gateway/ingest/ingest_server.hpp"
#include "gateway/serve/store_sink.hpp"

namespace icom::test {

inline const std::string kLinkToken = "the token of nbcc, thirty-two ..";

/// Fresh but for its store, which must outlive it.
class OneLinacGateway {
 public:
  OneLinacGateway(store::Store& store, const std::string& serial)
      : linac_(store.linac("nbcc", serial)),
        registry_({{"nbcc", ingest::Credentials(kLinkToken), {{serial, linac_}}}}),
        sink_(store),
        server_(options(), registry_, sink_, board_) {
    server_.start();
  }
  ~OneLinacGateway() { server_.stop(std::chrono::milliseconds(0)); }
  OneLinacGateway(const OneLinacGateway&) = delete;
  OneLinacGateway& operator=(const OneLinacGateway&) = delete;

  [[nodiscard]] std::uint16_t port() const { return server_.port(); }
  [[nodiscard]] store::LinacId linac() const { return linac_; }

 private:
  static ingest::IngestServer::Options options() {
    ingest::IngestServer::Options options;
    options.threads = 1;
    return options;
  }
  store::LinacId linac_;
  ingest::SiteRegistry registry_;
  serve::StoreSink sink_;
  ingest::LinkStatusBoard board_;
  ingest::IngestServer server_;
};

/// The agent's end, without SSH.
inline boost::asio::awaitable<std::unique_ptr<forward::MessagePipe>> connect_link(
    boost::asio::ip::tcp::endpoint endpoint) {
  using boost::asio::ip::tcp;
  tcp::socket socket(co_await boost::asio::this_coro::executor);
  const auto [error] = co_await socket.async_connect(endpoint, kAsTuple);
  if (error) throw forward::LinkFailure(forward::FailureKind::network, error.message());
  socket.set_option(tcp::no_delay(true));
  auto pipe = co_await forward::WebSocketPipe<tcp::socket>::open(std::move(socket), "gateway", {});
  co_return pipe;
}

}  // namespace icom::test
