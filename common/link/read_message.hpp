// A message of the peer's, from the bytes that came.
#pragma once

#include <google/protobuf/message_lite.h>

#include <string_view>

namespace icom::link {

/// Input is untrusted. False if the bytes are no such message. Nothing is written to stderr then,
/// as Protobuf does on its own for text that is no UTF-8: whoever reads from the network must not
/// wait for whoever reads stderr.
[[nodiscard]] bool read_message(std::string_view bytes, google::protobuf::MessageLite& message);

}  // namespace icom::link
