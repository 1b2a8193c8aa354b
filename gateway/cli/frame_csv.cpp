#include "gateway/cli/frame_csv.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cstdio>

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
  std::string line = "time,counter,epoch,conflict,received";
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

std::string CsvColumns::row(const store::FrameKey& key, const FrameValues& values) const {
  std::string line = linac_time_iso(key.place.time) + ',' + std::to_string(key.counter) + ',' +
                     std::to_string(key.place.epoch) + ',' + (key.conflict ? "1" : "0") + ',' +
                     utc_iso(key.received_us);
  for (const std::string_view name : named_) {
    const auto found =
        std::find_if(values.named.begin(), values.named.end(),
                     [&](const NamedValue& value) { return value.tag->key == name; });
    line += ',' + (found == values.named.end() ? std::string() : to_csv(named_text(*found)));
  }
  for (const auto& [name, positions] : blocks_) {
    const auto found = std::find_if(
        values.positions.begin(), values.positions.end(),
        [&, &wanted = name](const PositionBlock& block) { return block_name(block) == wanted; });
    for (std::size_t i = 0; i < positions; ++i) {
      line += ',';
      if (found != values.positions.end() && i < found->centimetres.size() &&
          found->centimetres[i]) {
        line += number_text(*found->centimetres[i]);
      }
    }
  }
  for (const auto& [name, present] : unknown_) {
    std::string list;
    for (const UnknownItem& item : values.unknown) {
      if (item_name(item) == name) {
        join(list, item.value);
      }
    }
    line += ',' + to_csv(list);
  }
  return line;
}

}  // namespace icom::cli
