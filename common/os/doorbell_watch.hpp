// Wakes the readers of a folder's files when its writer has written, in another process.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

namespace icom::os {

/// The readers' end, for any number of folders. That of the writer: doorbell.hpp. Not thread-safe:
/// use it on one strand.
class DoorbellWatch {
 public:
  /// Calls `rung` on the executor, or in a call of add() or look_again(), within milliseconds after
  /// a file whose name ends with `ending` was written, made or removed in one of the folders, or
  /// such a folder was made; it may be called without a reason. Never, where the kernel tells
  /// nothing and has nothing left to tell it with. It must not throw.
  DoorbellWatch(const boost::asio::any_io_executor& executor, std::string ending,
                std::function<void()> rung);
  ~DoorbellWatch();  ///< `rung` is not called any more
  DoorbellWatch(const DoorbellWatch&) = delete;
  DoorbellWatch& operator=(const DoorbellWatch&) = delete;

  /// `folder` need not exist yet; where its parent does, its making is noticed like a write.
  void add(std::filesystem::path folder);
  /// Looks whether the folders that were not there are by now.
  void look_again();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace icom::os
