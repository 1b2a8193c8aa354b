#include "agent/listen/handover.hpp"

#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <utility>

#include "common/text/hex.hpp"

namespace icom::listen {

namespace {

using Json = nlohmann::json;

/// Another number for a text that an older or newer listener would misunderstand: it then declines,
/// and the one that has the connection keeps it.
constexpr int kFormat = 1;

Json to_json(const BeamState& beam) {
  Json json{{"patient", beam.patient},
            {"unknown", beam.unknown},
            {"unchanged_ms", beam.unchanged.count()}};
  if (beam.mu) json["mu"] = *beam.mu;
  return json;
}

BeamState beam_from(const Json& json) {
  BeamState beam;
  json.at("patient").get_to(beam.patient);
  json.at("unknown").get_to(beam.unknown);
  beam.unchanged = std::chrono::milliseconds(json.at("unchanged_ms").get<std::int64_t>());
  if (json.contains("mu")) beam.mu = json.at("mu").get<double>();
  return beam;
}

/// Throws std::invalid_argument, and what json throws.
ByteVector bytes_from(const Json& json) {
  auto bytes = text::bytes_of_hex(json.get<std::string>());
  if (!bytes) throw std::invalid_argument("no bytes in hexadecimal digits");
  return *std::move(bytes);
}

Json to_json(const QueuedEntry& frame) {
  return {{"received_us", frame.received_us},
          {"has_patient", frame.has_patient},
          {"bytes", text::hex(frame.bytes)}};
}

QueuedEntry frame_from(const Json& json) {
  QueuedEntry frame;
  json.at("received_us").get_to(frame.received_us);
  json.at("has_patient").get_to(frame.has_patient);
  frame.bytes = bytes_from(json.at("bytes"));
  return frame;
}

Json to_json(const KnownFraming& framing) {
  Json json{{"items_at", framing.items_at}, {"learnt", framing.learnt}};
  if (framing.constant) json["constant"] = *framing.constant;
  return json;
}

/// Nothing known: the other listener is an older one.
KnownFraming framing_in(const Json& json) {
  KnownFraming framing;
  if (!json.contains("framing")) return framing;
  const Json& known = json.at("framing");
  known.at("items_at").get_to(framing.items_at);
  known.at("learnt").get_to(framing.learnt);
  if (known.contains("constant")) framing.constant = known.at("constant").get<std::int64_t>();
  return framing;
}

Json to_json(const LateState& late) {
  Json json{{"own", late.own},
            {"overtaken", late.overtaken},
            {"unfinished", text::hex(late.unfinished)},
            {"framing", to_json(late.framing)}};
  if (!late.last_frame.bytes.empty()) json["last_frame"] = to_json(late.last_frame);
  return json;
}

LateState late_from(const Json& json) {
  LateState late;
  json.at("own").get_to(late.own);
  json.at("overtaken").get_to(late.overtaken);
  late.unfinished = bytes_from(json.at("unfinished"));
  if (json.contains("last_frame")) late.last_frame = frame_from(json.at("last_frame"));
  late.framing = framing_in(json);
  return late;
}

}  // namespace

ByteVector encode_handover(const Handover& handover, std::size_t largest_last_frame) {
  Json json{{"format", kFormat},
            {"linac", handover.linac},
            {"ipv6", handover.ipv6},
            {"since_us", handover.since_us},
            {"last_received_us", handover.last_received_us}};
  json["brought_frame"] = handover.brought_frame;
  json["framing"] = to_json(handover.framing);
  if (handover.beam) json["beam"] = to_json(*handover.beam);
  const auto& last = handover.last_frame;
  if (!last.bytes.empty() && last.bytes.size() <= largest_last_frame) {
    json["last_frame"] = to_json(last);
  }
  for (const auto& late : handover.late) {
    json["late"].push_back(late.state ? to_json(*late.state) : Json());
  }
  const std::string text = json.dump();
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
    if (json.contains("beam")) handover.beam = beam_from(json.at("beam"));
    if (json.contains("brought_frame")) json.at("brought_frame").get_to(handover.brought_frame);
    if (json.contains("last_frame")) handover.last_frame = frame_from(json.at("last_frame"));
    handover.framing = framing_in(json);
    if (json.contains("late")) {
      for (const Json& late : json.at("late")) {
        auto& one = handover.late.emplace_back();
        if (!late.is_null()) one.state = late_from(late);
      }
    }
    return handover;
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

}  // namespace icom::listen
