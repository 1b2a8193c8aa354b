// One request to the desk, from the proof to the answer. docs/protocol.md, "The desk".
#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>

#include "agent/forward/message_pipe.hpp"
#include "common/link/desk_seal.hpp"

namespace icom::enrol {

/// Gives a serialized DeskAnswer: the gateway's, or a refusal by whoever answers, marked as such.
/// `gateway` is where it is asked, for what the operator is told. Throws LinkFailure,
/// `not_the_gateway` where the other end does not prove that it knows `secret`. References outlive
/// it.
boost::asio::awaitable<std::string> talk_to_desk(forward::MessagePipe& pipe,
                                                 const link::DeskRequest& request,
                                                 const link::DeskSecret& secret,
                                                 std::string gateway);

}  // namespace icom::enrol
