#include "gateway/store/equal_frames.hpp"

namespace icom::store {

void EqualFrames::add(const FramePlace& stored, std::size_t bytes) {
  frames_.push_back({stored, bytes});
  bytes_ += bytes;
  while (count() > 1 && (count() > kMostFrames || bytes_ > kMostBytes)) {
    bytes_ -= frames_[first_].bytes;
    ++first_;
  }
  if (first_ >= kMostFrames) {
    frames_.erase(frames_.begin(), frames_.begin() + static_cast<std::ptrdiff_t>(first_));
    first_ = 0;
  }
}

}  // namespace icom::store
