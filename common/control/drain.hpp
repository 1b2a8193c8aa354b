// The conversation of `drain LIMIT`: a program leaves at a moment that harms nobody.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "common/control/server.hpp"

namespace icom::control {

struct DrainState {
  bool leaves = false;
  std::string text;  ///< what is waited for, or why it leaves
};

/// How it stands, with that much time left (less than nothing: it is over). nullopt: there is
/// nothing to leave any more, and the conversation ends without a word.
using DrainLook = std::function<std::optional<DrainState>(std::chrono::milliseconds left)>;

/// Says `waiting TEXT` ten times a second, then `leaving TEXT`, and calls `leave`. If the caller
/// hangs up before that, calls `stay`.
boost::asio::awaitable<void> drain(Call& call, DrainLook look, std::function<void()> leave,
                                   std::function<void()> stay);

}  // namespace icom::control
