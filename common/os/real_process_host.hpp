// Processes of this machine.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>

#include "common/os/process_host.hpp"

namespace icom::os {

/// Children that this process has already: those of the program that became this one: become().
enum class ChildrenOfBefore {
  are_anothers,
  are_collected,  ///< when they have ended: whoever looks after them does not start them
};

/// Hears of all ends of this process's children: one host at a time. The executor must be that of
/// an io_context which one thread runs.
std::unique_ptr<ProcessHost> real_process_host(
    const boost::asio::any_io_executor& executor,
    ChildrenOfBefore children = ChildrenOfBefore::are_anothers);

}  // namespace icom::os
