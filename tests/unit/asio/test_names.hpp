// Names that are answered when a test says so, and lookups that hang until then.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <memory>
#include <string>

#include "common/asio/lookup_threads.hpp"

namespace icom {

/// For one test at a time. What it has begun has ended when its destructor returns.
class TestNames {
 public:
  explicit TestNames(std::size_t most = 32);
  ~TestNames();
  TestNames(const TestNames&) = delete;
  TestNames& operator=(const TestNames&) = delete;

  /// What runs in `io` asks here. Before its first lookup.
  void answer_for(boost::asio::io_context& io);

  /// The lookups of this name return from now on, those that hang included.
  void answer(const std::string& host, const std::string& address);
  void answer(const std::string& host, boost::system::error_code error);
  /// The next lookup of this name throws.
  void throw_for(const std::string& host);

  /// So many have been begun.
  [[nodiscard]] std::size_t asked(const std::string& host) const;
  /// Waits until as many have returned as were begun. Fails the test if they do not in time.
  void wait_until_none_goes_on() const;

 private:
  struct State;
  std::shared_ptr<State> state_;  ///< shared with the lookups
  std::shared_ptr<LookupThreads> threads_;
};

}  // namespace icom
