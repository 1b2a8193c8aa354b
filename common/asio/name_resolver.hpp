// Start here: from a host's name to its addresses, with an end to the wait.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/system/error_code.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "common/asio/bell.hpp"
#include "common/asio/lookup_threads.hpp"

namespace icom {

/// Who looks names up for what runs in an execution context: the operating system, unless a test
/// has put another there (asio::make_service) before the first lookup.
class NameLookups : public boost::asio::execution_context::service {
 public:
  using key_type = NameLookups;
  static inline boost::asio::execution_context::id id;

  explicit NameLookups(boost::asio::execution_context& context);
  NameLookups(boost::asio::execution_context& context, std::shared_ptr<LookupThreads> threads);

  [[nodiscard]] const std::shared_ptr<LookupThreads>& threads() const { return threads_; }

 private:
  /// Before the context's queue is emptied: until then, and no longer, it may be posted to.
  void shutdown() override;

  const std::shared_ptr<LookupThreads> threads_;
};

/// As Asio's own, but for two things: a wait ends when it is to end, and a name that nobody answers
/// for holds up no other. On one executor, which runs one thing at a time; one wait at a time.
class NameResolver {
 public:
  using Addresses = std::vector<boost::asio::ip::address>;

  explicit NameResolver(boost::asio::any_io_executor executor);
  NameResolver(const NameResolver&) = delete;
  NameResolver& operator=(const NameResolver&) = delete;

  /// The addresses of `host`; none if there is an `error`: the operating system's, a LookupError,
  /// or operation_aborted after cancel() or the coroutine's own cancellation. What is an address
  /// already is not looked up. The object must live until it has returned.
  boost::asio::awaitable<Addresses> resolve(std::string host, std::chrono::milliseconds limit,
                                            boost::system::error_code& error);
  /// Ends the wait that goes on, if one does.
  void cancel();

 private:
  const boost::asio::any_io_executor executor_;
  std::shared_ptr<Bell> bell_;  ///< of the wait that goes on
  bool cancelled_ = false;
};

}  // namespace icom
