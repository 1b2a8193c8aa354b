// A pipe whose messages bear seals: the link from its proof on.
#pragma once

#include <string>
#include <string_view>

#include "agent/forward/message_pipe.hpp"
#include "common/link/message_seal.hpp"

namespace icom::forward {

/// What read() gives is the gateway's: in its order, each message once, none left out. A message
/// without the seal that is due ends the connection and throws LinkFailure `not_the_gateway`.
class SealedPipe final : public MessagePipe {
 public:
  struct Keys {
    std::string ours;    ///< of what is written
    std::string theirs;  ///< of what is read
  };

  /// `pipe` outlives it, and is used by nobody else from now on.
  SealedPipe(MessagePipe& pipe, Keys keys)
      : pipe_(pipe), sealer_(std::move(keys.ours)), checker_(std::move(keys.theirs)) {}

  boost::asio::awaitable<std::string> read() override;
  boost::asio::awaitable<void> write(std::string_view message) override;
  boost::asio::awaitable<void> close(std::chrono::milliseconds deadline) override;
  void abort() override { pipe_.abort(); }

 private:
  MessagePipe& pipe_;
  link::MessageSealer sealer_;
  link::SealChecker checker_;
};

}  // namespace icom::forward
