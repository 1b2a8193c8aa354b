// Processes of a POSIX system.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>

#include "agent/supervise/process_host.hpp"

namespace icom::supervise {

/// Owns SIGCHLD of this process: one host at a time. The executor must be that of an io_context
/// which one thread runs.
std::unique_ptr<ProcessHost> posix_process_host(const boost::asio::any_io_executor& executor);

}  // namespace icom::supervise
