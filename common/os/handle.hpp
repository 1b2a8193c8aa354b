// What the operating system knows an open file and a socket by, each with an owner.
#pragma once

#include <cstdint>
#include <utility>

namespace icom::os {

#ifdef _WIN32
using NativeSocket = std::uintptr_t;  // a SOCKET
using NativeFile = std::intptr_t;     // a HANDLE
#else
using NativeSocket = int;
using NativeFile = int;
#endif

inline constexpr auto kNoSocket = static_cast<NativeSocket>(-1);
inline constexpr auto kNoFile = static_cast<NativeFile>(-1);

/// Neither fails. What is not open must not be given.
void close_socket(NativeSocket socket);
void close_file(NativeFile file);

/// Closes it at the end of its life. Thread-safe as an int is.
template <typename Native, Native kNone, void (*kClose)(Native)>
class Handle {
 public:
  Handle() = default;
  explicit Handle(Native native) : native_(native) {}
  ~Handle() { reset(); }
  Handle(Handle&& other) noexcept : native_(other.release()) {}
  Handle& operator=(Handle&& other) noexcept {
    if (this != &other) {
      reset();
      native_ = other.release();
    }
    return *this;
  }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;

  [[nodiscard]] bool valid() const { return native_ != kNone; }
  [[nodiscard]] Native get() const { return native_; }
  Native release() { return std::exchange(native_, kNone); }
  void reset() {
    if (valid()) kClose(release());
  }

 private:
  Native native_ = kNone;
};

/// A socket, one that listens as well. Closing one that another process holds too, or another
/// handle names, says nothing to the peer.
using Connection = Handle<NativeSocket, kNoSocket, close_socket>;

/// A file, a folder, an end of a pipe, a process: whatever is no socket.
using FileHandle = Handle<NativeFile, kNoFile, close_file>;

}  // namespace icom::os
