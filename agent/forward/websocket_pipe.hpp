// A MessagePipe over a WebSocket over any Beast-capable stream.
#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/stream_traits.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "agent/forward/link_failure.hpp"
#include "agent/forward/message_pipe.hpp"
#include "agent/forward/refusal_text.hpp"
#include "common/asio/as_tuple.hpp"
#include "common/asio/deadline.hpp"
#include "common/link/limits.hpp"
#include "common/log/printable.hpp"

namespace icom::forward {

/// What the stream runs in, to be ended with it. Any of them may be left out.
struct Carrier {
  std::function<boost::asio::awaitable<void>(std::chrono::seconds)>
      close;                                            ///< properly, within a time
  std::function<void()> abort;                          ///< at once
  std::function<std::optional<LinkFailure>()> failure;  ///< of the carrier itself, where it knows
};

template <typename Stream>
class WebSocketPipe final : public MessagePipe {
 public:
  /// Takes a connected `stream` and does the handshake for `path`, such as link::kPath. Throws
  /// LinkFailure `gateway_away`, the carrier aborted.
  static boost::asio::awaitable<std::unique_ptr<MessagePipe>> open(Stream stream, std::string host,
                                                                   Carrier carrier,
                                                                   std::string path = link::kPath) {
    auto pipe =
        std::unique_ptr<WebSocketPipe>(new WebSocketPipe(std::move(stream), std::move(carrier)));
    const auto [error] = co_await pipe->socket_.async_handshake(host, path, kAsTuple);
    if (error) {
      pipe->abort();
      throw LinkFailure(no_gateway_behind(host, error.message()));
    }
    co_return pipe;
  }

  boost::asio::awaitable<std::string> read() override {
    incoming_.clear();
    const auto [error, size] = co_await socket_.async_read(incoming_, kAsTuple);
    if (error) throw failure(error);
    co_return boost::beast::buffers_to_string(incoming_.cdata());
  }

  boost::asio::awaitable<void> write(std::string_view message) override {
    const auto bytes = boost::asio::buffer(message.data(), message.size());
    const auto [error, size] = co_await socket_.async_write(bytes, kAsTuple);
    if (error) throw failure(error);
  }

  boost::asio::awaitable<void> close(std::chrono::milliseconds deadline) override {
    const Deadline in_time(socket_.get_executor(), deadline, [this] { abort(); });
    const auto [error] =
        co_await socket_.async_close(boost::beast::websocket::close_code::normal, kAsTuple);
    if (!error && carrier_.close) {
      try {
        co_await carrier_.close(std::chrono::ceil<std::chrono::seconds>(deadline));
      } catch (const std::exception&) {
        // The gateway has had its goodbye; how the carrier ends is of no matter.
      }
    }
    abort();
  }

  void abort() override {
    boost::beast::close_socket(boost::beast::get_lowest_layer(socket_));
    if (carrier_.abort) carrier_.abort();
  }

  ~WebSocketPipe() override { abort(); }

 private:
  WebSocketPipe(Stream stream, Carrier carrier)
      : socket_(std::move(stream)), carrier_(std::move(carrier)) {
    namespace websocket = boost::beast::websocket;
    websocket::stream_base::timeout timeouts{};
    timeouts.handshake_timeout = link::kHelloDeadline;
    timeouts.idle_timeout = link::kDeadPeer;  // a ping goes out after half of it
    timeouts.keep_alive_pings = true;
    socket_.set_option(timeouts);
    socket_.binary(true);
    socket_.auto_fragment(false);
    socket_.read_message_max(link::kMaxMessageBytes);
  }

  LinkFailure failure(boost::system::error_code error) const {
    if (auto known = carrier_.failure ? carrier_.failure() : std::nullopt) return *known;
    if (error == boost::beast::error::timeout) {
      return {FailureKind::network, "the gateway has been silent for " +
                                        std::to_string(link::kDeadPeer.count()) +
                                        " s: the connection is given up"};
    }
    if (error == boost::beast::websocket::error::closed) {
      const auto& reason = socket_.reason().reason;
      const std::string said = log::printable({reason.data(), reason.size()}, log::kSentence);
      return {FailureKind::gateway_away,
              "the gateway closed the connection" + (said.empty() ? said : " (" + said + ")")};
    }
    return {FailureKind::network, "the connection to the gateway broke: " + error.message()};
  }

  boost::beast::websocket::stream<Stream> socket_;
  boost::beast::flat_buffer incoming_;
  Carrier carrier_;
};

}  // namespace icom::forward
