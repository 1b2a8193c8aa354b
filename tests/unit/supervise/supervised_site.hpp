// A supervisor over processes in memory: listeners l1, l2, ... and the forwarder f.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "agent/supervise/supervisor.hpp"
#include "tests/unit/asio/test_names.hpp"
#include "tests/unit/supervise/fake_process_host.hpp"

namespace icom::supervise::testing {

class SupervisedSite : public ::testing::Test {
 protected:
  SupervisedSite() {
    restart_.first = std::chrono::milliseconds(1);
    restart_.most = std::chrono::milliseconds(4);
    restart_.poll = std::chrono::milliseconds(1);
    restart_.ask_again = std::chrono::milliseconds(1);
    restart_.ask_for = std::chrono::milliseconds(5);
    stop_.listeners = std::chrono::milliseconds(20);
    stop_.drain = std::chrono::milliseconds(40);
    stop_.forwarder = std::chrono::milliseconds(60);
    stop_.all = std::chrono::milliseconds(200);
    stop_.poll = std::chrono::milliseconds(1);
    names_.answer_for(io_);
  }
  ~SupervisedSite() override {
    host_.stubborn.clear();
    elsewhere_.clear();
    if (running_) {
      supervisor_->stop();
      supervisor_->kill();
      run_until([this] { return !running_; });
    }
  }

  ChildPlan plan(const std::string& name) {
    ChildPlan plan;
    plan.name = name;
    plan.command.program = name;
    plan.runs_elsewhere = [this, name] { return elsewhere_.contains(name); };
    plan.elsewhere = [this, name] { return elsewhere_.contains(name) ? elsewhere_.at(name) : 0; };
    if (name == "f" && would_cut_off_) {
      plan.would_cut_off = [this](std::chrono::milliseconds) { return would_cut_off_(); };
    }
    if (channels_.contains(name)) plan.ask_to_stop = [this, name] { return stop_by_channel(name); };
    if (name.starts_with('l')) {
      plan.ask_to_leave = [this, name](std::chrono::milliseconds) { return ask(name); };
      plan.unwanted = [this, name] { return unwanted_.contains(name); };
      plan.want = [this, name] { unwanted_.erase(name); };
      plan.connected_to = "192.168.17." + name.substr(1);
      plan.successor = Command{.program = "new " + name, .arguments = {}};
    }
    return plan;
  }
  /// A listener that is asked leaves as soon as it may.
  boost::asio::awaitable<bool> ask(std::string name) {
    ++asked_;
    if (deaf_ > 0) {
      --deaf_;
      co_return false;
    }
    Bell bell(io_.get_executor());
    if (!host_.runs(name)) name = "new " + name;
    while ((!may_leave_ || in_a_beam_.contains(name)) && runs(name)) {
      co_await bell.wait_until(Bell::Clock::now() + std::chrono::milliseconds(1));
    }
    if (!answers_) co_return false;
    if (marks_) unwanted_.insert(name.substr(name.find('l')));
    if (host_.runs(name)) host_.end(name, {});
    co_return true;
  }
  /// One that answers there ends.
  boost::asio::awaitable<std::optional<ProcessId>> stop_by_channel(std::string name) {
    host_.events.push_back("ask " + name);
    const bool answers = channels_.at(name);
    const bool is_other = elsewhere_.contains(name);
    const ProcessId process = is_other ? elsewhere_.at(name) : host_.process(name);
    if (!answers || process == 0) co_return std::nullopt;
    if (is_other) {
      elsewhere_.erase(name);
    } else {
      host_.end(name, {});
    }
    co_return process;
  }
  [[nodiscard]] bool runs(const std::string& name) const {
    return host_.runs(name) || elsewhere_.contains(name.substr(name.find('l')));
  }
  void start() {
    make();
    run();
  }
  void make() {
    supervisor_ = std::make_unique<Supervisor>(
        io_.get_executor(), host_, std::vector<ChildPlan>{plan("l1"), plan("l2")}, plan("f"),
        [this] { return drained_; }, restart_, stop_);
  }
  void run() {
    running_ = true;
    boost::asio::co_spawn(io_, supervisor_->run(), [this](const std::exception_ptr& failure) {
      running_ = false;
      EXPECT_EQ(failure, nullptr);
    });
    io_.restart();
    io_.poll();
  }
  void run_until(const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!condition()) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline) << "not within ten seconds";
      io_.restart();
      io_.run_one_for(std::chrono::milliseconds(20));
    }
  }

  TestNames names_;
  boost::asio::io_context io_;
  FakeProcessHost host_;
  RestartTimings restart_;
  StopTimings stop_;
  bool drained_ = true;
  bool running_ = false;
  bool answers_ = true;  ///< listeners that are asked to leave
  bool may_leave_ = true;
  std::set<std::string> in_a_beam_;  ///< listeners that may not leave, whatever the others may
  bool marks_ = false;               ///< one that leaves says so to whoever would start it again
  std::map<std::string, bool> channels_;  ///< programs that can be asked, and whether they answer
  int asked_ = 0;
  int deaf_ = 0;  ///< so many requests to leave are not answered
  std::set<std::string> unwanted_;
  std::map<std::string, ProcessId> elsewhere_;  ///< programs that somebody else runs
  std::function<std::optional<std::uint64_t>()> would_cut_off_;  ///< by the end of an adopted f
  std::unique_ptr<Supervisor> supervisor_;
};

}  // namespace icom::supervise::testing
