// A POSIX file descriptor with an owner. For the files that hold POSIX calls, and for what is
// handed between them.
#pragma once

#include <unistd.h>

#include <utility>

namespace icom::os {

/// Closes it at the end of its life. Of a socket that another process holds too, or another
/// descriptor names, that says nothing to the peer.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int descriptor) : descriptor_(descriptor) {}
  ~Descriptor() { reset(); }
  Descriptor(Descriptor&& other) noexcept : descriptor_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    if (this != &other) {
      reset();
      descriptor_ = other.release();
    }
    return *this;
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  [[nodiscard]] bool valid() const { return descriptor_ >= 0; }
  [[nodiscard]] int get() const { return descriptor_; }
  int release() { return std::exchange(descriptor_, -1); }
  void reset() {
    if (valid()) ::close(release());
  }

 private:
  int descriptor_ = -1;
};

}  // namespace icom::os
