// The local channel on which a program of ours is asked, and the conversation's bytes. Requests:
// protocol.hpp.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <span>
#include <string>

#include "common/asio/deadline.hpp"
#include "common/icom/bytes.hpp"
#include "common/os/local_channel.hpp"

namespace icom::control {

using Channel = os::LocalChannel;
using Acceptor = os::LocalAcceptor;
using os::connect_channel;
using os::is_own_or_root;
using os::open_channel;

/// The longest request, and the longest line that is read unless the caller allows more; without
/// its end. A peer that sends a longer one is cut off.
inline constexpr std::size_t kMaxLine = 256;

/// Ends what waits on the channel, by closing it, once the time has passed. The channel must
/// outlive it.
Deadline close_after(Channel& channel, std::chrono::milliseconds within);

/// What follows returns false where the peer is gone, or has not done its part `within` that time;
/// the channel is closed then.

/// A line without its end. Also false for a line of more than `most` bytes.
boost::asio::awaitable<bool> read_line(Channel& channel, std::string& line,
                                       std::chrono::milliseconds within,
                                       std::size_t most = kMaxLine);
boost::asio::awaitable<bool> read_all(Channel& channel, std::span<std::byte> bytes,
                                      std::chrono::milliseconds within);
boost::asio::awaitable<bool> write_all(Channel& channel, Bytes bytes,
                                       std::chrono::milliseconds within);
/// `line` and its end.
boost::asio::awaitable<bool> write_line(Channel& channel, std::string line,
                                        std::chrono::milliseconds within);

}  // namespace icom::control
