#include "agent/listen/handover.hpp"

#include <nlohmann/json.hpp>

namespace icom::listen {

namespace {

using Json = nlohmann::json;

/// Another number for a text that an older or newer listener would misunderstand: it then declines,
/// and the one that has the connection keeps it.
constexpr int kFormat = 1;

}  // namespace

ByteVector encode_handover(const Handover& handover) {
  const std::string text = Json{{"format", kFormat},
                                {"linac", handover.linac},
                                {"ipv6", handover.ipv6},
                                {"since_us", handover.since_us},
                                {"last_received_us", handover.last_received_us}}
                               .dump();
  ByteVector bytes;
  append_little_endian(bytes, static_cast<std::uint32_t>(text.size()));
  append_little_endian(bytes, static_cast<std::uint32_t>(handover.unfinished.size()));
  append(bytes, as_bytes(text));
  append(bytes, handover.unfinished);
  return bytes;
}

std::optional<HandoverSizes> decode_handover_head(Bytes head) {
  const HandoverSizes sizes{load_little_endian<std::uint32_t>(head.data()),
                            load_little_endian<std::uint32_t>(head.data() + 4)};
  if (sizes.text > kMaxHandoverText || sizes.unfinished > kMaxUnfinished) return std::nullopt;
  return sizes;
}

std::optional<Handover> decode_handover_text(std::string_view text) {
  const Json json = Json::parse(text, nullptr, false);
  try {
    if (!json.is_object() || json.at("format") != kFormat) return std::nullopt;
    Handover handover;
    json.at("linac").get_to(handover.linac);
    json.at("ipv6").get_to(handover.ipv6);
    json.at("since_us").get_to(handover.since_us);
    json.at("last_received_us").get_to(handover.last_received_us);
    return handover;
  } catch (const Json::exception&) {
    return std::nullopt;
  }
}

}  // namespace icom::listen
