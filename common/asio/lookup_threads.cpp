#include "common/asio/lookup_threads.hpp"

#include <algorithm>
#include <boost/asio/error.hpp>
#include <boost/asio/execution/context.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <exception>
#include <system_error>
#include <utility>

#include "common/asio/lookup_error.hpp"
#include "common/os/detached_thread.hpp"

namespace icom {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

/// In words that say what is the matter, where Asio's own do not.
boost::system::error_code in_plain_words(const boost::system::error_code& error) {
  if (error == asio::error::host_not_found) return LookupError::no_name;
  if (error == asio::error::host_not_found_try_again) return LookupError::no_answer;
  return error;
}

LookupAnswer ask_operating_system(const std::string& host) {
  asio::io_context io;
  tcp::resolver resolver(io);
  LookupAnswer answer;
  const auto found = resolver.resolve(host, "", tcp::resolver::flags(), answer.error);
  answer.error = in_plain_words(answer.error);
  for (const auto& entry : found) answer.addresses.push_back(entry.endpoint().address());
  return answer;
}

/// Never throws: nobody would catch it.
LookupAnswer answer_of(const LookupThreads::Ask& ask, const std::string& host) {
  LookupAnswer answer;
  try {
    answer = ask(host);
  } catch (const std::exception&) {
    answer.error = asio::error::no_memory;
  }
  if (!answer.error && answer.addresses.empty()) answer.error = asio::error::host_not_found;
  return answer;
}

}  // namespace

LookupWait::LookupWait(asio::any_io_executor on)
    : executor(std::move(on)), bell(std::make_shared<Bell>(executor)) {}

LookupThreads::LookupThreads(Ask ask, std::size_t most) : ask_(std::move(ask)), most_(most) {}

std::shared_ptr<LookupThreads> LookupThreads::of_process() {
  // Never destroyed: a lookup may outlive main().
  static const auto* const forever =
      new auto(std::make_shared<LookupThreads>(ask_operating_system));
  return *forever;
}

boost::system::error_code LookupThreads::join(const std::string& host, LookupWait& wait) {
  const std::lock_guard lock(mutex_);
  if (const auto found = running_.find(host); found != running_.end()) {
    found->second.push_back(&wait);
    return {};
  }
  if (running_.size() >= most_) return LookupError::too_many;
  try {
    os::run_detached("lookup", [self = shared_from_this(), host] { self->look_up(host); });
  } catch (const std::system_error& error) {
    return error.code();
  }
  running_[host].push_back(&wait);
  return {};
}

/// In the name's own thread.
void LookupThreads::look_up(const std::string& host) {
  const LookupAnswer answer = answer_of(ask_, host);
  // Held while it is posted: an execution context whose end has begun has left by then, or waits
  // for this.
  const std::lock_guard lock(mutex_);
  const auto done = running_.extract(host);
  for (LookupWait* const wait : done.mapped()) {
    wait->answer = answer;
    asio::post(wait->executor, [bell = wait->bell] { bell->ring(); });
  }
}

void LookupThreads::leave(const LookupWait& wait) {
  const std::lock_guard lock(mutex_);
  for (auto& [host, waits] : running_) std::erase(waits, &wait);
}

void LookupThreads::leave_all(const asio::execution_context& context) {
  const std::lock_guard lock(mutex_);
  for (auto& [host, waits] : running_) {
    std::erase_if(waits, [&context](const LookupWait* wait) {
      return &asio::query(wait->executor, asio::execution::context_as<asio::execution_context&>) ==
             &context;
    });
  }
}

}  // namespace icom
