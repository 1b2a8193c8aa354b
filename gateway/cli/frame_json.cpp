#include "gateway/cli/frame_json.hpp"

#include <nlohmann/json.hpp>

#include "gateway/cli/linac_time_json.hpp"
#include "gateway/cli/shown_text.hpp"

namespace icom::cli {

namespace {

using Json = nlohmann::ordered_json;

Json value_json(const NamedValue& value) {
  if (value.tag->number) {
    return value.number ? Json(*value.number) : Json(nullptr);
  }
  if (!value.tag->repeated) {
    return value.texts.empty() ? Json(nullptr) : Json(to_utf8(value.texts.front()));
  }
  Json list = Json::array();
  for (const std::string& text : value.texts) {
    list.push_back(to_utf8(text));
  }
  return list;
}

Json block_json(const PositionBlock& block) {
  Json centimetres = Json::array();
  for (const auto& position : block.centimetres) {
    centimetres.push_back(position ? Json(*position) : Json(nullptr));
  }
  return {{"label", to_utf8(block.label)},
          {"part", to_utf8(std::string_view(&block.part, 1))},
          {"cm", std::move(centimetres)}};
}

}  // namespace

nlohmann::ordered_json frame_json(const store::FrameKey& key, const ZonedTime& time, Bytes frame) {
  const FrameValues values = values_of(frame);
  Json object;
  object["time"] = linac_time_json(key.place.time);
  object["counter"] = key.counter;
  object["epoch"] = key.place.epoch;
  object["conflict"] = key.conflict;
  object["received"] = utc_iso(key.received_us);
  object["bytes"] = frame.size();
  Json& named = object["values"] = Json::object();
  for (const NamedValue& value : values.named) {
    named[std::string(value.tag->key)] = value_json(value);
  }
  Json& positions = object["positions"] = Json::array();
  for (const PositionBlock& block : values.positions) {
    positions.push_back(block_json(block));
  }
  Json& unknown = object["unknown"] = Json::array();
  for (const UnknownItem& item : values.unknown) {
    unknown.push_back({{"tag", item.tag_text()},
                       {"vr", to_utf8(item.vr)},
                       {"part", to_utf8(std::string_view(&item.part, 1))},
                       {"value", to_utf8(item.value)}});
  }
  object["bytes_not_understood"] = values.bytes_not_understood;
  put_utc(object, "time", time);
  return object;
}

}  // namespace icom::cli
