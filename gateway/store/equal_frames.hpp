// The latest frames of a connection that came again. docs/storage.md, "Order".
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "gateway/records/frame_place.hpp"

namespace icom::store {

/// Places of stored frames that were equal to those of a connection, one after the other: what is
/// stored again at once if they turn out to be new ones. Only the latest are kept, so that this
/// work has a bound. Not thread-safe.
class EqualFrames {
 public:
  static constexpr std::size_t kMostFrames = 1'024;
  static constexpr std::size_t kMostBytes = std::size_t{8} << 20U;

  /// `bytes`: of the frame.
  void add(const FramePlace& stored, std::size_t bytes);
  [[nodiscard]] bool empty() const { return frames_.empty(); }
  [[nodiscard]] std::size_t count() const { return frames_.size() - first_; }

  struct Frame {
    FramePlace place;
    std::size_t bytes = 0;
  };
  /// In the order in which they came. Valid until add().
  [[nodiscard]] std::span<const Frame> latest() const { return std::span(frames_).subspan(first_); }

 private:
  std::vector<Frame> frames_;
  std::size_t first_ = 0;  // of frames_, the first that still counts
  std::size_t bytes_ = 0;  // of those that count
};

}  // namespace icom::store
