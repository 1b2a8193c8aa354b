// The socket in a listener's spool folder, by which it can be asked to leave its Linac or to hand
// over the connection. Conversations: docs/agent.md, "The control socket".
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <chrono>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "common/icom/bytes.hpp"
#include "common/os/handle.hpp"

namespace icom::listen {

inline constexpr const char* kControlSocket = "control.sock";

using ControlStream = boost::asio::local::stream_protocol::socket;
using ControlAcceptor = boost::asio::local::stream_protocol::acceptor;

/// The longest line, without its end. Whoever sends a longer one is cut off.
inline constexpr std::size_t kMaxControlLine = 256;

/// Takes the place of a socket that a listener before left behind; for the same user only. The
/// folder's path may be of any length. Throws boost::system::system_error.
ControlAcceptor open_control_socket(const boost::asio::any_io_executor& executor,
                                    const std::filesystem::path& folder);
/// Never waits. The error is no_such_file_or_directory or connection_refused where no listener
/// answers.
boost::system::error_code connect_control(ControlStream& stream,
                                          const std::filesystem::path& folder);

/// What follows gives false where the peer is gone, or has not done its part `within` that time;
/// the stream is closed then.

/// A line without its end. False for one that is too long, too.
boost::asio::awaitable<bool> read_line(ControlStream& stream, std::string& line,
                                       std::chrono::milliseconds within);
boost::asio::awaitable<bool> read_all(ControlStream& stream, std::span<std::byte> bytes,
                                      std::chrono::milliseconds within);
boost::asio::awaitable<bool> write_all(ControlStream& stream, Bytes bytes,
                                       std::chrono::milliseconds within);

/// As the last two; a descriptor goes with each of the first bytes, unless it is not valid. The
/// peer has one of its own then. Whoever reads such bytes in another way gets the bytes alone.
/// Precondition: there are as many bytes as descriptors.
boost::asio::awaitable<bool> read_all_with(ControlStream& stream, std::span<std::byte> bytes,
                                           std::vector<os::Connection>& descriptors,
                                           std::chrono::milliseconds within);
boost::asio::awaitable<bool> write_all_with(ControlStream& stream, Bytes bytes,
                                            std::span<const os::NativeSocket> descriptors,
                                            std::chrono::milliseconds within);

}  // namespace icom::listen
