// Where the items of a frame stand when bytes that are no item stand between them.
// docs/protocol.md, "Bytes that are no item".
#pragma once

#include <cstddef>
#include <vector>

#include "common/icom/bytes.hpp"

namespace icom {

/// Items from `begin` to `end`, with nothing between them.
struct ItemStretch {
  std::size_t begin = 0;
  std::size_t end = 0;
  friend bool operator==(const ItemStretch&, const ItemStretch&) = default;
};

/// This many items, each where the one before ends, do not stand there by chance.
inline constexpr std::size_t kItemsOfProof = 3;

/// The stretches of a frame that its values are taken from, in order. Mostly one, from offset 27 to
/// the last byte: then this is one walk and nothing else. Otherwise the walk goes on after whatever
/// stops it:
///
/// - What stands where an item is expected and has an item's shape but for its VR or its part is
///   left out as a whole, if its length (at most kMostOddValue) leads to the next item or to the
///   frame's end. So nothing that its value holds is taken for an item.
/// - Otherwise the next offset at which an item stands is looked for.
/// - An item before other bytes is left out where its length cannot be right: a chain of items
///   begins in its value and goes on beyond its end (too long), or printable text follows it and
///   items later on (too short).
///
/// A stretch counts if it has kItemsOfProof items, or begins at offset 27, or reaches the last
/// byte, or if what lies before or after it is left out as a whole, or is shorter than an item's
/// header. The same bytes give the same stretches, in time and memory linear in the frame's size.
std::vector<ItemStretch> item_stretches(Bytes frame);

/// Of the value of an item whose VR or part is none. What says that it is longer is not believed.
inline constexpr std::size_t kMostOddValue = 1'024;

}  // namespace icom
