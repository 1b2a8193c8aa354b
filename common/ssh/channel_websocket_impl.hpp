// The composed operation behind async_teardown. Included by channel_websocket.hpp.
#pragma once

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/compose.hpp>
#include <boost/asio/error.hpp>
#include <memory>

#include "common/ssh/channel_websocket.hpp"

namespace icom::ssh {
namespace detail {

/// Reads and drops what the peer still sends, until it ends too.
class Teardown {
 public:
  explicit Teardown(Channel& channel) : channel_(channel) {}

  template <typename Self>
  void operator()(Self& self, boost::system::error_code error = {}, std::size_t /*dropped*/ = 0) {
    if (!started_) {
      started_ = true;
      channel_.shutdown_send();
    } else if (error) {
      channel_.close();
      return self.complete(error == boost::asio::error::eof ? boost::system::error_code{} : error);
    }
    const boost::asio::mutable_buffer into = boost::asio::buffer(*dropped_);
    channel_.async_read_some(into, std::move(self));
  }

 private:
  using Dropped = std::array<char, 4096>;

  Channel& channel_;  // Beast keeps its stream alive until the handler has run
  bool started_ = false;
  std::unique_ptr<Dropped> dropped_ = std::make_unique<Dropped>();
};

}  // namespace detail

template <typename Handler>
void async_teardown(boost::beast::role_type /*role*/, Channel& channel, Handler&& handler) {
  const Channel::executor_type executor = channel.get_executor();
  boost::asio::async_compose<Handler, void(boost::system::error_code)>(detail::Teardown(channel),
                                                                       handler, executor);
}

}  // namespace icom::ssh
