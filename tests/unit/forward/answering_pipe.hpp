// Whoever answers at the other end of a link, without a network.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/forward/link_failure.hpp"
#include "agent/forward/message_pipe.hpp"

namespace icom::forward {

/// Answers each message that is written as a test says, with one or none; a read for which there is
/// no answer finds the connection broken.
class AnsweringPipe final : public MessagePipe {
 public:
  using Answer = std::function<std::optional<std::string>(const std::string& written)>;
  explicit AnsweringPipe(Answer answer) : answer_(std::move(answer)) {}

  boost::asio::awaitable<std::string> read() override {
    if (answers_.empty()) throw LinkFailure(FailureKind::network, "the connection broke");
    std::string next = std::move(answers_.front());
    answers_.pop_front();
    co_return next;
  }
  boost::asio::awaitable<void> write(std::string_view message) override {
    written.emplace_back(message);
    if (auto answer = answer_(written.back())) answers_.push_back(std::move(*answer));
    co_return;
  }
  boost::asio::awaitable<void> close(std::chrono::milliseconds /*deadline*/) override { co_return; }
  void abort() override {}

  std::vector<std::string> written;

 private:
  Answer answer_;
  std::deque<std::string> answers_;
};

}  // namespace icom::forward
