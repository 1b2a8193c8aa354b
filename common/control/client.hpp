// Asking a program of ours on its control channel.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "common/control/protocol.hpp"

namespace icom::control {

/// What became of a request that has one answer.
struct Reply {
  enum class Kind {
    answered,     ///< `text`: what follows the expected word; may be empty
    refused,      ///< `text`: why, as the program says
    not_there,    ///< nobody answers at that place, or it is of a version before this
    not_allowed,  ///< this account may not ask
    silent,       ///< it has not answered in time
  };
  Kind kind = Kind::not_there;
  std::string text{};

  [[nodiscard]] bool answered() const { return kind == Kind::answered; }
  /// For a message: what to say of anything but an answer.
  [[nodiscard]] std::string why() const;
};

/// Sends `request` (a line without its end), and reads one line, which is to begin with `expected`
/// as a word. One that is longer than kMaxStatus counts as none.
boost::asio::awaitable<Reply> ask(std::filesystem::path socket, std::string request,
                                  std::string_view expected,
                                  std::chrono::milliseconds within = kStep);
/// The same, for a command: runs until there is a reply.
Reply ask_and_wait(const std::filesystem::path& socket, const std::string& request,
                   std::string_view expected, std::chrono::milliseconds within = kStep);

/// The process that says it stops, or replaces itself; nullopt if the text is no number.
std::optional<std::int64_t> process_in(const Reply& reply);

}  // namespace icom::control
