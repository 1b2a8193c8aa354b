#include "common/fanout/accounts.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <exception>
#include <system_error>
#include <utility>

#include "common/log/printable.hpp"
#include "common/os/detached_thread.hpp"

namespace icom::fanout {

namespace {

/// Lookups that have not returned, however long ago they were begun. A directory service that hangs
/// is not asked more often than that.
constexpr int kMostThreads = 4;
/// Whoever has many accounts must not fill our memory.
constexpr std::size_t kMostNames = 64;

}  // namespace

Accounts::Accounts(AccountDirectory directory, const AccountTimings& timings)
    : directory_(std::move(directory)), timings_(timings) {}

void Accounts::use(std::vector<std::string> names) {
  used_ = std::move(names);
  std::erase_if(missing_, [this](const std::string& name) {
    return std::ranges::find(used_, name) == used_.end();
  });
  if (!used_.empty()) look_up(std::nullopt);
}

void Accounts::ask_about(os::UserId user) {
  const auto now = Clock::now();
  if (expects_answer()) return;
  if (asked_about_ != Clock::time_point{} && now - asked_about_ < timings_.again) return;
  asked_about_ = now;
  look_up(user);
}

void Accounts::tend() {
  if (!visited_ || used_.empty() || expects_answer()) return;
  if (Clock::now() - asked_ >= timings_.again) look_up(std::nullopt);
}

std::uint64_t Accounts::answers() {
  take_answer();
  return answers_;
}

bool Accounts::expects_answer() {
  take_answer();
  return answer_ && Clock::now() - asked_ < timings_.answer;
}

std::optional<os::UserId> Accounts::number(const std::string& name) {
  take_answer();
  const auto found = numbers_.find(name);
  return found == numbers_.end() ? std::nullopt : std::optional(found->second);
}

std::string Accounts::text(os::UserId user) {
  take_answer();
  const auto found = names_.find(user);
  return found == names_.end() ? std::to_string(user) : found->second;
}

void Accounts::look_up(std::optional<os::UserId> user) {
  if (threads_->load() >= kMostThreads) return;
  auto answer = std::make_shared<Answer>();
  const auto work = [answer, user, names = used_, directory = directory_, threads = threads_] {
    std::map<std::string, std::optional<os::UserId>> numbers;
    std::map<os::UserId, std::string> named;
    const auto unless_it_fails = [](const auto& ask) {
      try {
        ask();
      } catch (const std::exception&) {  // what was known before counts
      }
    };
    for (const std::string& name : names) {
      unless_it_fails([&] { numbers[name] = directory.number(name); });
    }
    if (user) unless_it_fails([&] { named[*user] = directory.name(*user); });
    const std::lock_guard lock(answer->mutex);
    answer->numbers = std::move(numbers);
    answer->names = std::move(named);
    answer->there = true;
    --*threads;
  };
  ++*threads_;
  try {
    os::run_detached("accounts", work);
  } catch (const std::system_error&) {  // no thread can be had; the next one who comes asks again
    --*threads_;
    return;
  }
  answer_ = std::move(answer);
  asked_ = Clock::now();
  visited_ = false;
}

void Accounts::take_answer() {
  if (!answer_) return;
  {
    const std::lock_guard lock(answer_->mutex);
    if (!answer_->there) return;
    for (const auto& [name, number] : answer_->numbers) {
      note_missing(name, !number);
      if (number) {
        numbers_[name] = *number;
      } else {
        numbers_.erase(name);
      }
    }
    if (names_.size() >= kMostNames) names_.clear();
    names_.merge(answer_->names);
  }
  answer_.reset();
  ++answers_;
}

void Accounts::note_missing(const std::string& name, bool is_missing) {
  if (!is_missing) {
    missing_.erase(name);
  } else if (missing_.insert(name).second) {
    spdlog::warn("fan-out: this machine has no account {}: correct fan_out.users, or make it",
                 log::printable(name));
  }
}

}  // namespace icom::fanout
