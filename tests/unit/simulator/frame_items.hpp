// What the project's own item walk reads in a simulated frame. The simulator builds frames with
// other code, so each checks the other.
#pragma once

#include <algorithm>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "common/icom/item.hpp"

namespace icom::simulator {

struct ReadItem {
  std::string tag;  ///< `GGGG,EEEE VR part`
  std::string value;
};

inline std::vector<ReadItem> items_in(Bytes frame, std::size_t from = 27) {
  std::vector<ReadItem> items;
  ItemWalk walk(frame, from);
  while (const auto item = walk.next()) {
    char tag[32];
    std::snprintf(tag, sizeof tag, "%04X,%04X %.2s %c", item->group, item->element, item->vr,
                  item->part);
    items.push_back({tag, std::string(item->value)});
  }
  return items;
}

/// All values under a tag, in the frame's order.
inline std::vector<std::string> values_in(Bytes frame, const std::string& tag) {
  std::vector<std::string> values;
  for (const auto& item : items_in(frame)) {
    if (item.tag == tag) values.push_back(item.value);
  }
  return values;
}

/// Each tag with how often it comes in a row: a frame's structure.
inline std::vector<std::pair<std::string, int>> structure_of(Bytes frame) {
  std::vector<std::pair<std::string, int>> structure;
  for (const auto& item : items_in(frame)) {
    if (!structure.empty() && structure.back().first == item.tag) {
      ++structure.back().second;
    } else {
      structure.emplace_back(item.tag, 1);
    }
  }
  return structure;
}

}  // namespace icom::simulator
