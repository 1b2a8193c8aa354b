#include "common/link/read_message.hpp"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/stubs/logging.h>
#include <google/protobuf/wire_format_lite.h>

#include <cstdint>

namespace icom::link {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;

/// Our messages lie three deep at most.
constexpr int kMostDepth = 8;

/// Takes each field off `left`. False once there is none left, or the bytes cannot be walked.
bool count(CodedInputStream& in, const Descriptor* kind, std::size_t& left, int depth) {
  while (const std::uint32_t tag = in.ReadTag()) {
    if (left-- == 0) {
      left = 0;
      return false;
    }
    const FieldDescriptor* const field =
        kind == nullptr ? nullptr : kind->FindFieldByNumber(WireFormatLite::GetTagFieldNumber(tag));
    const bool is_message =
        field != nullptr && field->type() == FieldDescriptor::TYPE_MESSAGE &&
        WireFormatLite::GetTagWireType(tag) == WireFormatLite::WIRETYPE_LENGTH_DELIMITED;
    if (!is_message) {
      // A group may hold anything; none of our messages has one.
      if (WireFormatLite::GetTagWireType(tag) == WireFormatLite::WIRETYPE_START_GROUP) return false;
      if (!WireFormatLite::SkipField(&in, tag)) return false;
      continue;
    }
    std::uint32_t size = 0;
    if (depth == kMostDepth || !in.ReadVarint32(&size)) return false;
    const auto limit = in.PushLimit(static_cast<int>(size));
    if (!count(in, field->message_type(), left, depth + 1)) return false;
    if (in.BytesUntilLimit() != 0) return false;
    in.PopLimit(limit);
  }
  return in.ConsumedEntireMessage();
}

}  // namespace

bool has_at_most(std::size_t parts, std::string_view bytes, const Descriptor& kind) {
  CodedInputStream in(reinterpret_cast<const std::uint8_t*>(bytes.data()),
                      static_cast<int>(bytes.size()));
  return count(in, &kind, parts, 0);
}

bool read_message(std::string_view bytes, google::protobuf::Message& message,
                  std::size_t most_parts) {
  // Once, for the whole program: there is no other way to ask for silence.
  [[maybe_unused]] static const auto before = google::protobuf::SetLogHandler(nullptr);
  return has_at_most(most_parts, bytes, *message.GetDescriptor()) &&
         message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

}  // namespace icom::link
