#include "gateway/cli/frame_csv.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cstdio>
#include <iterator>

#include "gateway/cli/linac_time_text.hpp"
#include "gateway/cli/shown_text.hpp"

namespace icom::cli {

namespace {

// Between several values of one item; CSV has no lists.
constexpr std::string_view kBetween = "; ";

std::string number_text(double value) {
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  return {text.data(), end};
}

std::string block_name(const PositionBlock& block) {
  std::string name = block.label + '_' + block.part;
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return name;
}

std::string item_name(const UnknownItem& item) {
  return item.tag_text() + ' ' + item.vr + ' ' + item.part;
}

void join(std::string& list, std::string_view text) {
  if (!list.empty()) {
    list += kBetween;
  }
  list += text;
}

std::string named_text(const NamedValue& value) {
  if (value.tag->number) {
    return value.number ? number_text(*value.number) : std::string();
  }
  if (!value.tag->repeated) {
    return value.texts.empty() ? std::string() : value.texts.front();
  }
  std::string list;
  for (const std::string& text : value.texts) {
    join(list, text);
  }
  return list;
}

}  // namespace

void CsvColumns::add(const FrameValues& values) {
  for (const NamedValue& value : values.named) {
    if (std::find(named_.begin(), named_.end(), value.tag->key) == named_.end()) {
      named_.push_back(value.tag->key);
    }
  }
  for (const PositionBlock& block : values.positions) {
    std::size_t& most = blocks_[block_name(block)];
    most = std::max(most, block.centimetres.size());
  }
  for (const UnknownItem& item : values.unknown) {
    unknown_[item_name(item)] = true;
  }
}

std::string CsvColumns::header() const {
  std::string line = "time,counter,epoch,conflict,received,time_utc,time_offset";
  for (const std::string_view key : named_) {
    line.append(",").append(key);
  }
  for (const auto& [name, positions] : blocks_) {
    for (std::size_t i = 1; i <= positions; ++i) {
      line += ',' + to_csv(name + '_' + std::to_string(i));
    }
  }
  for (const auto& [name, present] : unknown_) {
    line += ',' + to_csv(name);
  }
  return line;
}

std::string CsvColumns::row(const store::FrameKey& key, const ZonedTime& time,
                            const FrameValues& values) const {
  std::string line = linac_time_iso(key.place.time) + ',' + std::to_string(key.counter) + ',' +
                     std::to_string(key.place.epoch) + ',' + (key.conflict ? "1" : "0") + ',' +
                     utc_iso(key.received_us) + ',' + utc_text(time) + ',' +
                     (time.offset ? offset_text(*time.offset) : std::string());
  for (const std::string_view name : named_) {
    const auto found =
        std::find_if(values.named.begin(), values.named.end(),
                     [&](const NamedValue& value) { return value.tag->key == name; });
    line += ',' + (found == values.named.end() ? std::string() : to_csv(named_text(*found)));
  }
  add_positions(values, line);
  add_unknown(values, line);
  return line;
}

// Columns and the frame's blocks are walked side by side in the order of their names: a hostile
// frame has tens of thousands of either. The same for items below.
void CsvColumns::add_positions(const FrameValues& values, std::string& line) const {
  std::map<std::string, const PositionBlock*> of_frame;  // the first of each name
  for (const PositionBlock& block : values.positions) {
    of_frame.emplace(block_name(block), &block);
  }
  auto found = of_frame.begin();
  for (const auto& [name, positions] : blocks_) {
    const bool has = found != of_frame.end() && found->first == name;
    for (std::size_t i = 0; i < positions; ++i) {
      line += ',';
      if (has && i < found->second->centimetres.size() && found->second->centimetres[i]) {
        line += number_text(*found->second->centimetres[i]);
      }
    }
    found = has ? std::next(found) : found;
  }
}

void CsvColumns::add_unknown(const FrameValues& values, std::string& line) const {
  std::map<std::string, std::string> of_frame;
  for (const UnknownItem& item : values.unknown) {
    join(of_frame[item_name(item)], item.value);
  }
  auto found = of_frame.begin();
  for (const auto& [name, present] : unknown_) {
    line += ',';
    if (found != of_frame.end() && found->first == name) {
      line += to_csv(found->second);
      ++found;
    }
  }
}

}  // namespace icom::cli
