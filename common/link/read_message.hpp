// A message of the peer's, from the bytes that came.
#pragma once

#include <google/protobuf/message.h>

#include <cstddef>
#include <string_view>

namespace icom::link {

/// Whether `bytes` have at most so many fields as a message of that kind, those of the messages in
/// it included; a packed list is one. False for bytes that are no such message, as far as that is
/// seen. Decoding two bytes may take a hundred: look first. Costs no memory.
[[nodiscard]] bool has_at_most(std::size_t parts, std::string_view bytes,
                               const google::protobuf::Descriptor& kind);

/// Input is untrusted. False if the bytes are no such message, or have more fields than
/// `most_parts`. Nothing is written to stderr then, as Protobuf does on its own for text that is no
/// UTF-8: whoever reads from the network must not wait for whoever reads stderr.
[[nodiscard]] bool read_message(std::string_view bytes, google::protobuf::Message& message,
                                std::size_t most_parts);

}  // namespace icom::link
