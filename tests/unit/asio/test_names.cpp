#include "tests/unit/asio/test_names.hpp"

#include <gtest/gtest.h>

#include <boost/asio/error.hpp>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <stdexcept>

#include "common/asio/name_resolver.hpp"

namespace icom {

namespace asio = boost::asio;

struct TestNames::State {
  LookupAnswer look_up(const std::string& host);

  mutable std::mutex mutex;
  mutable std::condition_variable changed;
  std::map<std::string, std::size_t> asked;
  std::map<std::string, LookupAnswer> answers;
  std::map<std::string, bool> throws;
  std::size_t going_on = 0;
  bool over = false;
};

LookupAnswer TestNames::State::look_up(const std::string& host) {
  std::unique_lock lock(mutex);
  ++asked[host];
  ++going_on;
  changed.wait(lock, [&] { return over || answers.contains(host) || throws[host]; });
  --going_on;
  changed.notify_all();
  if (throws[host]) throw std::runtime_error("of this name nothing is known");
  if (answers.contains(host)) return answers.at(host);
  return {{}, asio::error::host_not_found};
}

TestNames::TestNames(std::size_t most)
    : state_(std::make_shared<State>()),
      threads_(std::make_shared<LookupThreads>(
          [state = state_](const std::string& host) { return state->look_up(host); }, most)) {}

TestNames::~TestNames() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->over = true;
  }
  state_->changed.notify_all();
  wait_until_none_goes_on();
}

void TestNames::answer_for(asio::io_context& io) {
  asio::make_service<NameLookups>(io, threads_);
}

void TestNames::answer(const std::string& host, const std::string& address) {
  const std::lock_guard lock(state_->mutex);
  state_->answers[host].addresses.push_back(asio::ip::make_address(address));
  state_->changed.notify_all();
}

void TestNames::answer(const std::string& host, boost::system::error_code error) {
  const std::lock_guard lock(state_->mutex);
  state_->answers[host].error = error;
  state_->changed.notify_all();
}

void TestNames::throw_for(const std::string& host) {
  const std::lock_guard lock(state_->mutex);
  state_->throws[host] = true;
}

std::size_t TestNames::asked(const std::string& host) const {
  const std::lock_guard lock(state_->mutex);
  const auto found = state_->asked.find(host);
  return found == state_->asked.end() ? 0 : found->second;
}

void TestNames::wait_until_none_goes_on() const {
  std::unique_lock lock(state_->mutex);
  const bool none = state_->changed.wait_for(lock, std::chrono::seconds(20),
                                             [this] { return state_->going_on == 0; });
  EXPECT_TRUE(none) << "a lookup still goes on";
}

}  // namespace icom
