// The host names that are being looked up, each in a thread of its own.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/system/error_code.hpp>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "common/asio/bell.hpp"

namespace icom {

struct LookupAnswer {
  std::vector<boost::asio::ip::address> addresses;
  boost::system::error_code error;
};

/// One who waits for an answer, on an executor that runs one thing at a time.
struct LookupWait {
  explicit LookupWait(boost::asio::any_io_executor on);

  const boost::asio::any_io_executor executor;
  const std::shared_ptr<Bell> bell;    ///< rung on the executor once there is an answer
  std::optional<LookupAnswer> answer;  ///< to be looked at after leave()
};

/// The operating system's lookup returns when it likes (a name server that does not answer: after
/// 10 to 30 s), and nothing ends it. So it has a thread of its own, one a name, which those who ask
/// for that name share; they leave when they like, and the thread ends when the operating system
/// lets it. From any thread. Held by shared_ptr, which the threads share.
class LookupThreads : public std::enable_shared_from_this<LookupThreads> {
 public:
  /// Blocks. Called in a thread of its own.
  using Ask = std::function<LookupAnswer(const std::string& host)>;

  explicit LookupThreads(Ask ask, std::size_t most = 32);

  /// Those that ask the operating system, for the whole process.
  static std::shared_ptr<LookupThreads> of_process();

  /// `wait` gets the answer unless it leaves before. An error: there will be none, and it need not
  /// leave.
  boost::system::error_code join(const std::string& host, LookupWait& wait);
  /// Nothing is done to `wait`, nor posted to its executor, from now on.
  void leave(const LookupWait& wait);
  /// The same for all whose executors are of this context.
  void leave_all(const boost::asio::execution_context& context);

 private:
  void look_up(const std::string& host);

  const Ask ask_;
  const std::size_t most_;
  std::mutex mutex_;
  std::map<std::string, std::vector<LookupWait*>> running_;  ///< who waits, by name
};

}  // namespace icom
