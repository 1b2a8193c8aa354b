#include "common/icom/item_stretches.hpp"

#include <algorithm>
#include <optional>

#include "common/icom/frame_identity.hpp"
#include "common/icom/item.hpp"

namespace icom {

namespace {

/// Size of what stands at `at` and is an item but for its VR or its part; 0 if nothing does.
std::size_t odd_item_size_at(const std::byte* at, std::size_t left) {
  constexpr std::size_t kZero = 6;
  constexpr std::size_t kLength = 8;
  if (left < kItemHeaderSize || at[kZero] != std::byte{0}) {
    return 0;
  }
  const std::size_t length = load_little_endian<std::uint32_t>(at + kLength);
  return length <= std::min(left - kItemHeaderSize, kMostOddValue) ? kItemHeaderSize + length : 0;
}

// Marks offsets, and takes memory only when the first is marked.
class Marks {
 public:
  explicit Marks(std::size_t size) : size_(size) {}
  /// False if it was marked before.
  bool mark(std::size_t offset) {
    marked_.resize(size_);
    const bool fresh = !marked_[offset];
    marked_[offset] = true;
    return fresh;
  }

 private:
  std::size_t size_;
  std::vector<bool> marked_;
};

class Search {
 public:
  explicit Search(Bytes frame) : frame_(frame), walked_(frame.size()), odd_(frame.size()) {}

  std::vector<ItemStretch> stretches() {
    std::size_t at = kHeaderSize;
    while (at < frame_.size()) {
      at = after_unknown(after_items(at));
    }
    return trusted();
  }

 private:
  struct Found {
    ItemStretch stretch;
    std::size_t items = 0;
    bool vouched = false;  // what lies before or after it is left out as a whole
  };

  [[nodiscard]] std::size_t item_at(std::size_t at) const {
    return item_size_at(frame_.data() + at, frame_.size() - at);
  }

  // Takes the items from `begin` on. Returns where to go on: at no item, or at one of a chain that
  // shows that the last one is wrong.
  std::size_t after_items(std::size_t begin) {
    std::size_t end = begin;
    std::size_t last = begin;
    std::size_t items = 0;
    while (const std::size_t size = item_at(end)) {
      last = end;
      end += size;
      ++items;
    }
    std::size_t next = end;
    if (items > 0 && end < frame_.size()) {
      if (const auto chain = chain_across(last, end)) {
        next = *chain;
        end = last;
        --items;
      }
    }
    if (items > 0) {
      found_.push_back({{begin, end}, items, came_past_odd_item_});
      last_item_ = last;
    }
    came_past_odd_item_ = false;
    return next;
  }

  // A chain of items that begins within the item from `item` to `end` and goes on beyond it: one of
  // the two has a wrong length, and it is not the chain. Each offset is a start once, and walks
  // that meet are one.
  std::optional<std::size_t> chain_across(std::size_t item, std::size_t end) {
    for (std::size_t start = std::max(item + 1, tried_); start < end; ++start) {
      tried_ = start + 1;
      std::size_t at = start;
      std::size_t items = 0;
      while (const std::size_t size = item_at(at)) {
        if (!walked_.mark(at)) {
          break;
        }
        at += size;
        ++items;
        if (at == frame_.size() || (at > end && items >= kItemsOfProof)) {
          return start;
        }
      }
    }
    return std::nullopt;
  }

  // From `at`, where no item stands, or one that after_items() goes on at.
  std::size_t after_unknown(std::size_t at) {
    if (at >= frame_.size() || item_at(at) > 0) {
      return at;
    }
    const bool after_item = !found_.empty() && found_.back().stretch.end == at;
    if (after_item) {
      if (const auto next = after_odd_items(at)) {
        found_.back().vouched = true;
        came_past_odd_item_ = true;
        return *next;
      }
    }
    std::size_t next = at + 1;
    while (next < frame_.size() && item_at(next) == 0) {
      ++next;
    }
    if (after_item && next < frame_.size() && goes_on_as_text(at)) {
      Found& cut = found_.back();
      cut.stretch.end = last_item_;
      if (--cut.items == 0) {
        found_.pop_back();
      }
    }
    return next;
  }

  [[nodiscard]] bool goes_on_as_text(std::size_t at) const {
    return static_cast<unsigned>(frame_[at]) - 0x21U < 0x5EU;  // a space is padding
  }

  // Where odd items that begin at `at` lead to an item or to the frame's end. Walks that met one
  // that failed fail too.
  std::optional<std::size_t> after_odd_items(std::size_t at) {
    while (const std::size_t size = odd_item_size_at(frame_.data() + at, frame_.size() - at)) {
      if (!odd_.mark(at)) {
        return std::nullopt;
      }
      at += size;
      if (at == frame_.size() || item_at(at) > 0) {
        return at;
      }
    }
    return std::nullopt;
  }

  [[nodiscard]] std::vector<ItemStretch> trusted() const {
    std::vector<ItemStretch> all;
    for (std::size_t i = 0; i < found_.size(); ++i) {
      const auto& [stretch, items, vouched] = found_[i];
      const std::size_t before = i == 0 ? kHeaderSize : found_[i - 1].stretch.end;
      const std::size_t after =
          i + 1 == found_.size() ? frame_.size() : found_[i + 1].stretch.begin;
      // From offset 27, or to the last byte, nothing lies before, or after.
      if (vouched || items >= kItemsOfProof || stretch.begin - before < kItemHeaderSize ||
          after - stretch.end < kItemHeaderSize) {
        all.push_back(stretch);
      }
    }
    return all;
  }

  Bytes frame_;
  std::vector<Found> found_;
  std::size_t last_item_ = 0;  // of the latest stretch
  bool came_past_odd_item_ = false;
  std::size_t tried_ = 0;  // starts before it need not be tried again
  Marks walked_;
  Marks odd_;
};

}  // namespace

std::vector<ItemStretch> item_stretches(Bytes frame) {
  if (frame.size() > kHeaderSize && ItemWalk::end_from(frame, kHeaderSize) == frame.size()) {
    return {{kHeaderSize, frame.size()}};
  }
  return Search(frame).stretches();
}

}  // namespace icom
