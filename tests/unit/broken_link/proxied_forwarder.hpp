// The agent's forwarder with one Linac, and a connection to the gateway that may break.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <exception>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "agent/forward/forwarder.hpp"
#include "tests/unit/broken_link/cutting_proxy.hpp"
#include "tests/unit/broken_link/one_linac_gateway.hpp"
#include "tests/unit/os/faulting_file_system.hpp"

namespace icom::test {

/// Runs from its making until finish(), on an executor of its own.
class ProxiedForwarder {
 public:
  struct Options {
    std::function<void()> before_connecting = [] {};
    /// For what is unacknowledged when it stops.
    std::chrono::milliseconds drain = forward::SessionTimings().drain;
  };

  /// `files` must outlive this.
  ProxiedForwarder(os::FaultingFileSystem& files, const std::string& serial,
                   const std::filesystem::path& spool, std::uint16_t gateway, CuttingProxy::Cut cut,
                   const Options& options)
      : proxy_(io_, gateway, cut) {
    linacs_.push_back(std::make_unique<forward::LinacStream>(files, serial, 1, spool));
    forward::ForwarderSurroundings surroundings;
    surroundings.connect = [this, before = options.before_connecting] {
      before();
      return connect_link(proxy_.endpoint());
    };
    surroundings.caller = [] { return forward::Caller{"nbcc", kLinkToken, "test"}; };
    surroundings.listeners = [] { return link::Status(); };
    surroundings.publish = [](const forward::ForwardStatus&) {};
    surroundings.random = [] { return 0.0; };
    forward::ForwarderTimings timings;
    timings.session.status = std::chrono::hours(1);
    timings.session.drain = options.drain;
    forwarder_.emplace(io_.get_executor(), linacs_, forward::ForwardStatus{},
                       std::move(surroundings), timings);
    boost::asio::co_spawn(io_, forwarder_->run(), [this](const std::exception_ptr& failure) {
      EXPECT_EQ(failure, nullptr);
      running_ = false;
      proxy_.stop();
    });
  }
  ProxiedForwarder(const ProxiedForwarder&) = delete;
  ProxiedForwarder& operator=(const ProxiedForwarder&) = delete;

  void wake() { forwarder_->wake(); }
  [[nodiscard]] bool has_cut() const { return proxy_.has_cut(); }
  [[nodiscard]] bool all_is_acknowledged() const {
    const auto status = linacs_[0].status({});
    return status.accepted && linacs_[0].unsent_bytes() == 0 &&
           status.entries_sent == status.entries_acked;
  }
  void run_until(const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!condition()) {
      if (std::chrono::steady_clock::now() > deadline) {
        ADD_FAILURE() << "nothing goes on";
        return;
      }
      io_.run_one_for(std::chrono::milliseconds(1));
    }
  }
  /// Stops, and waits for what is left to do.
  void finish() {
    forwarder_->stop();
    run_until([this] { return !running_; });
    io_.run_for(std::chrono::seconds(5));
  }

 private:
  boost::asio::io_context io_;
  CuttingProxy proxy_;
  forward::LinacStreams linacs_;
  std::optional<forward::Forwarder> forwarder_;
  bool running_ = true;
};

}  // namespace icom::test
