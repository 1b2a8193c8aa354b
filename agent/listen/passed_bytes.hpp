// Bytes on a control channel, with open connections.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <span>
#include <vector>

#include "common/control/channel.hpp"
#include "common/icom/bytes.hpp"
#include "common/os/handle.hpp"

namespace icom::listen {

/// As control::read_all() and write_all(); a descriptor goes with each of the first bytes, unless
/// it is not valid. The peer has one of its own then. Whoever reads such bytes in another way gets
/// the bytes alone. Precondition: there are as many bytes as descriptors.
boost::asio::awaitable<bool> read_all_with(control::Channel& channel, std::span<std::byte> bytes,
                                           std::vector<os::Connection>& descriptors,
                                           std::chrono::milliseconds within);
boost::asio::awaitable<bool> write_all_with(control::Channel& channel, Bytes bytes,
                                            std::span<const os::NativeSocket> descriptors,
                                            std::chrono::milliseconds within);

}  // namespace icom::listen
