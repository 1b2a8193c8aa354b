#include "gateway/readers/reader_server.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <exception>
#include <utility>

#include "gateway/readers/answer_stream.hpp"

namespace icom::readers {

namespace {

using std::chrono::milliseconds;

/// So long a process that has answered may stay in the machine's list.
constexpr milliseconds kLookForEnded{1'000};
/// Between two callers: each costs a process and lines in the log.
constexpr milliseconds kPause{50};
constexpr int kFailed = 1;

}  // namespace

ReaderServer::ReaderServer(const std::filesystem::path& socket, os::UserId group,
                           std::filesystem::path store, std::filesystem::path sites,
                           std::filesystem::path registration)
    : group_(group),
      store_(std::move(store)),
      sites_(std::move(sites)),
      registration_(std::move(registration)),
      listener_(socket, group) {
  thread_ = std::thread([this] { run(); });
}

ReaderServer::~ReaderServer() {
  stop_ = true;
  listener_.close();
  thread_.join();
}

void ReaderServer::run() {
  while (!stop_) {
    auto caller = listener_.accept(kLookForEnded);
    std::erase_if(answering_, [](Answering& one) { return one.process.has_ended(); });
    if (!caller || stop_) continue;
    try {
      admit(std::move(*caller));
    } catch (const std::exception& error) {
      if (const auto unsaid = fault_lines_.admit(std::chrono::steady_clock::now())) {
        spdlog::warn("a reader is not answered: {} ({} like this not logged)", error.what(),
                     *unsaid);
      }
    }
    std::this_thread::sleep_for(kPause);
  }
  answering_.clear();
}

std::string ReaderServer::refusal(const os::Account& caller) const {
  const bool may_read = caller.user == 0 || caller.user == os::own_user() || caller.is_in(group_);
  if (!may_read) return "account " + caller.name + " is not in the group of readers";
  const auto of_account = std::ranges::count(answering_, caller.user, &Answering::account);
  if (answering_.size() < kMost && static_cast<std::size_t>(of_account) < kMostOfAnAccount) {
    return {};
  }
  return "the gateway answers as many readers as it can at once (" + std::to_string(kMost) +
         ", of one account " + std::to_string(kMostOfAnAccount) + "): try again later";
}

void ReaderServer::admit(os::LocalStream caller) {
  const os::Account account = caller.peer();
  const std::string why = refusal(account);
  if (!why.empty()) return send_refusal(caller, why, kFailed);
  try {
    // As gateway/cli/answer_options.cpp has them.
    answering_.emplace_back(
        account.user,
        std::vector<std::string>{"answer", "--store", store_.string(), "--sites", sites_.string(),
                                 "--registration", registration_.string()},
        caller.descriptor());
  } catch (const std::exception&) {
    send_refusal(caller, "the gateway cannot start another process now: try again", kFailed);
    throw;
  }
}

}  // namespace icom::readers
