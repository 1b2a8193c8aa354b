// The agent's part of the proof, over a pipe. docs/protocol.md, "The proof".
#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>

#include "agent/forward/message_pipe.hpp"
#include "agent/forward/sealed_pipe.hpp"

namespace icom::forward {

/// Who calls.
struct Caller {
  std::string site;
  std::string token;
  std::string version;
  std::string gateway{};  ///< where it is called, for what the operator is told; may be empty
};

/// Proves to the gateway that this site knows its token, then has the gateway prove the same.
/// Nothing that is sent is secret, and nothing that comes is believed but as a reason for failing.
/// Throws LinkFailure: `not_the_gateway` where the other end gives no proof, as failure_of() where
/// it refuses. There is no other greeting to fall back to. `pipe` and `caller` outlive it.
boost::asio::awaitable<SealedPipe::Keys> exchange_proofs(MessagePipe& pipe, const Caller& caller);

}  // namespace icom::forward
