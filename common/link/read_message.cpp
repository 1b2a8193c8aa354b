#include "common/link/read_message.hpp"

#include <google/protobuf/stubs/logging.h>

namespace icom::link {

bool read_message(std::string_view bytes, google::protobuf::MessageLite& message) {
  // Once, for the whole program: there is no other way to ask for silence.
  [[maybe_unused]] static const auto before = google::protobuf::SetLogHandler(nullptr);
  return message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

}  // namespace icom::link
