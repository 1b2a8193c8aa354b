// The composed operations of Channel. Included by channel.hpp.
#pragma once

#include <algorithm>
#include <array>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/compose.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <optional>
#include <vector>

#include "common/ssh/channel.hpp"
#include "common/ssh/channel_state.hpp"

namespace icom::ssh::detail {

/// One read or write: `Attempt` tries it and tells what came of it, or nothing if it has to wait.
/// The handler never runs inside the initiating function: what is ready at once is posted.
template <typename Attempt>
class ChannelOperation {
 public:
  ChannelOperation(std::shared_ptr<ChannelState> state, Attempt attempt)
      : state_(std::move(state)),
        attempt_(std::move(attempt)),
        began_under_(state_->cancellations()) {}

  template <typename Self>
  void operator()(Self& self, boost::system::error_code /*of the wait: tells nothing*/ = {}) {
    if (result_) return self.complete(result_->error, result_->bytes);

    const bool starting = !std::exchange(started_, true);
    if (starting) {
      // Until an attempt succeeds nothing has happened, so even "total" cancellation can be
      // honoured.
      self.reset_cancellation_state(boost::asio::enable_total_cancellation());
    }
    if (self.cancelled() != boost::asio::cancellation_type::none ||
        state_->cancellations() != began_under_) {
      return self.complete(boost::asio::error::operation_aborted, 0);
    }

    result_ = attempt_(*state_);
    // `self` owns this operation: what is needed after moving from it must be held here.
    const std::shared_ptr<ChannelState> state = state_;
    if (!result_) {
      Attempt::condition(*state).async_wait(std::move(self));
    } else if (starting) {
      boost::asio::post(state->executor(), std::move(self));
    } else {
      self.complete(result_->error, result_->bytes);
    }
  }

 private:
  std::shared_ptr<ChannelState> state_;
  Attempt attempt_;
  std::size_t began_under_;
  bool started_ = false;
  std::optional<ChannelState::Written> result_;
};

template <typename Buffers>
struct ReadAttempt {
  Buffers buffers;

  static Condition& condition(ChannelState& state) { return state.became_readable(); }

  std::optional<ChannelState::Written> operator()(ChannelState& state) const {
    if (boost::asio::buffer_size(buffers) == 0) return ChannelState::Written{};
    const std::size_t bytes = boost::asio::buffer_copy(buffers, state.readable());
    if (bytes > 0) {
      state.consume(bytes);
      return ChannelState::Written{{}, bytes};
    }
    if (const auto end = state.read_end()) return ChannelState::Written{*end, 0};
    return std::nullopt;
  }
};

template <typename Buffers>
struct WriteAttempt {
  Buffers buffers;

  static Condition& condition(ChannelState& state) { return state.became_writable(); }

  /// A packet costs the same whether it is full or not, so small buffers in a row (a WebSocket
  /// header and its payload) are joined.
  std::optional<ChannelState::Written> operator()(ChannelState& state) const {
    const auto end = boost::asio::buffer_sequence_end(buffers);
    auto first = std::find_if(boost::asio::buffer_sequence_begin(buffers), end,
                              [](const boost::asio::const_buffer& b) { return b.size() > 0; });
    if (first == end) return ChannelState::Written{};

    const boost::asio::const_buffer head = *first;
    if (head.size() >= ChannelState::kMaxPacket ||
        head.size() == boost::asio::buffer_size(buffers)) {
      return state.try_write(boost::asio::buffer(head, ChannelState::kMaxPacket));
    }
    std::array<char, ChannelState::kMaxPacket> packet;
    const std::size_t bytes = boost::asio::buffer_copy(boost::asio::buffer(packet), buffers);
    return state.try_write(boost::asio::const_buffer(packet.data(), bytes));
  }
};

}  // namespace icom::ssh::detail

namespace icom::ssh {

template <typename MutableBufferSequence, typename Token>
auto Channel::async_read_some(const MutableBufferSequence& buffers, Token&& token) {
  using Attempt = detail::ReadAttempt<MutableBufferSequence>;
  detail::ChannelOperation<Attempt> operation(state_, Attempt{buffers});
  return boost::asio::async_compose<Token, void(boost::system::error_code, std::size_t)>(
      std::move(operation), token, state_->executor());
}

template <typename ConstBufferSequence, typename Token>
auto Channel::async_write_some(const ConstBufferSequence& buffers, Token&& token) {
  using Attempt = detail::WriteAttempt<ConstBufferSequence>;
  detail::ChannelOperation<Attempt> operation(state_, Attempt{buffers});
  return boost::asio::async_compose<Token, void(boost::system::error_code, std::size_t)>(
      std::move(operation), token, state_->executor());
}

}  // namespace icom::ssh
