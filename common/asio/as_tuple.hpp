// How our coroutines wait for an operation of Asio's.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace icom {

/// `co_await operation(..., kAsTuple)` gives the operation's error code and results as a tuple; it
/// does not throw.
inline constexpr auto kAsTuple = boost::asio::as_tuple(boost::asio::use_awaitable);

}  // namespace icom
