// Wakes the forwarder when a listener has written. docs/storage.md, "The spool".
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <filesystem>
#include <memory>

namespace icom::spool {

/// Tells within milliseconds that a segment in one of the watched directories was written, made or
/// removed, without polling. Not thread-safe: use it on one strand. One waiter at a time.
///
///     for (;;) {
///       while (auto entry = reader.next()) send(*entry);
///       co_await watch.wait();
///     }
class SpoolWatch {
 public:
  /// How long wait() lasts at most: where the kernel reports nothing (events lost, no inotify
  /// left), the spool is looked at this often all the same.
  static constexpr std::chrono::seconds kFallback{1};

  explicit SpoolWatch(const boost::asio::any_io_executor& executor,
                      std::chrono::steady_clock::duration fallback = kFallback);
  ~SpoolWatch();  ///< ends a wait() that is under way
  SpoolWatch(const SpoolWatch&) = delete;
  SpoolWatch& operator=(const SpoolWatch&) = delete;

  /// `directory` need not exist yet; where its parent does, its making is noticed like a write.
  void add(std::filesystem::path directory);
  /// Returns at once if something changed since the last wait() returned; several changes are one.
  /// True: something changed; false: the fallback, or the wait was cancelled.
  boost::asio::awaitable<bool> wait();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace icom::spool
