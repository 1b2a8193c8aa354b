// A channel between two programs of this machine, on an executor of Asio's. On POSIX a Unix socket;
// its file is the program's name for whoever asks.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/system/error_code.hpp>
#include <filesystem>

namespace icom::os {

// (Windows knows these sockets, too, and so does Asio there.)
using LocalChannel = boost::asio::local::stream_protocol::socket;
using LocalAcceptor = boost::asio::local::stream_protocol::acceptor;

/// Listens at `socket`, a path of any length; takes the place of one that a program before left
/// behind. Only this account and root may connect. Throws boost::system::system_error.
LocalAcceptor open_channel(const boost::asio::any_io_executor& executor,
                           const std::filesystem::path& socket);
/// Never waits. The error is no_such_file_or_directory or connection_refused where no program
/// answers, permission_denied where this account may not ask, resource_unavailable_try_again where
/// as many wait for one that does not take them as the kernel keeps.
boost::system::error_code connect_channel(LocalChannel& channel,
                                          const std::filesystem::path& socket);
/// Whether the peer is root or this account, as the kernel says.
bool is_own_or_root(LocalChannel& channel);

}  // namespace icom::os
