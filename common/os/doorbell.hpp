// What wakes the readers of a folder's files when its writer has written, in another process.
#pragma once

#include <filesystem>
#include <memory>

namespace icom::os {

/// The writer's end. That of the readers: doorbell_watch.hpp. For one thread at a time.
class Doorbell {
 public:
  virtual ~Doorbell() = default;
  /// Something in the folder was written, made or removed. Never waits, and never fails.
  virtual void ring() = 0;
};

/// Where the kernel tells the readers of every write by itself, as Linux does, it rings nothing.
/// The folder need not exist.
std::unique_ptr<Doorbell> doorbell_of(const std::filesystem::path& folder);

}  // namespace icom::os
