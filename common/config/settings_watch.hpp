// Tells a running program that its settings have changed.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <vector>

namespace icom::config {

/// Looks at the times and sizes of files twice a second, which also works on a share and through a
/// link where the kernel reports nothing; and hears SIGHUP. A file is taken for complete once two
/// looks in a row find it the same: what an editor or a copy has only begun to write is not read.
/// Not thread-safe; on one executor.
class SettingsWatch {
 public:
  static constexpr std::chrono::milliseconds kLook{500};

  /// Remembers how `watched` are now, so it is to be made before they are read. A folder stands for
  /// the files in it. What is not there yet may come.
  SettingsWatch(const boost::asio::any_io_executor& executor,
                std::vector<std::filesystem::path> watched, std::chrono::milliseconds look = kLook);
  ~SettingsWatch();
  SettingsWatch(const SettingsWatch&) = delete;
  SettingsWatch& operator=(const SettingsWatch&) = delete;

  /// From now on calls `changed`: after each change, and at each SIGHUP. It must not throw.
  void start(std::function<void()> changed);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace icom::config
