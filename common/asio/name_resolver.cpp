#include "common/asio/name_resolver.hpp"

#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/execution/context.hpp>
#include <boost/asio/this_coro.hpp>
#include <utility>

#include "common/asio/lookup_error.hpp"

namespace icom {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

/// A wait that leaves when its scope ends, as when its coroutine is destroyed.
class JoinedWait {
 public:
  JoinedWait(std::shared_ptr<LookupThreads> threads, const asio::any_io_executor& executor)
      : threads_(std::move(threads)), wait_(executor) {}
  ~JoinedWait() { threads_->leave(wait_); }
  JoinedWait(const JoinedWait&) = delete;
  JoinedWait& operator=(const JoinedWait&) = delete;

  error_code join(const std::string& host) { return threads_->join(host, wait_); }
  [[nodiscard]] const std::shared_ptr<Bell>& bell() const { return wait_.bell; }
  /// Nothing if there is none yet.
  std::optional<LookupAnswer> leave() {
    threads_->leave(wait_);
    return std::move(wait_.answer);
  }

 private:
  const std::shared_ptr<LookupThreads> threads_;
  LookupWait wait_;
};

std::shared_ptr<LookupThreads> threads_of(const asio::any_io_executor& executor) {
  auto& context = asio::query(executor, asio::execution::context_as<asio::execution_context&>);
  return asio::use_service<NameLookups>(context).threads();
}

}  // namespace

NameLookups::NameLookups(asio::execution_context& context)
    : NameLookups(context, LookupThreads::of_process()) {}

NameLookups::NameLookups(asio::execution_context& context, std::shared_ptr<LookupThreads> threads)
    : service(context), threads_(std::move(threads)) {}

void NameLookups::shutdown() {
  threads_->leave_all(context());
}

NameResolver::NameResolver(asio::any_io_executor executor) : executor_(std::move(executor)) {}

asio::awaitable<NameResolver::Addresses> NameResolver::resolve(std::string host,
                                                               std::chrono::milliseconds limit,
                                                               error_code& error) {
  const auto until = Bell::Clock::now() + limit;
  const auto address = asio::ip::make_address(host, error);
  if (!error) co_return Addresses(1, address);

  JoinedWait wait(threads_of(executor_), executor_);
  error = wait.join(host);
  if (error) co_return Addresses();
  cancelled_ = false;
  bell_ = wait.bell();
  co_await wait.bell()->wait_until(until);
  bell_.reset();
  auto answer = wait.leave();
  const auto state = co_await asio::this_coro::cancellation_state;
  if (cancelled_ || state.cancelled() != asio::cancellation_type::none) {
    error = asio::error::operation_aborted;
  } else if (!answer) {
    error = LookupError::late;
  } else {
    error = answer->error;
  }
  if (error) co_return Addresses();
  co_return std::move(answer->addresses);
}

void NameResolver::cancel() {
  if (!bell_) return;
  cancelled_ = true;
  bell_->ring();
}

}  // namespace icom
