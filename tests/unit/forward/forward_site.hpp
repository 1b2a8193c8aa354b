// A site for tests of the forwarder: spools in a temporary folder, a fake gateway, one thread.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "agent/forward/forwarder.hpp"
#include "agent/spool/spool_watch.hpp"
#include "agent/spool/spool_writer.hpp"
#include "tests/unit/forward/fake_gateway.hpp"

namespace icom::forward::testing {

class ForwardSite : public ::testing::Test {
 protected:
  ForwardSite();
  ~ForwardSite() override;

  /// Before start(). The spool's folder is not made.
  void add_linac(const std::string& serial);
  /// Begins a run: a listener has started.
  void start_listener(const std::string& serial, spool::SpoolLimits limits = {});
  void stop_listener(const std::string& serial) { writers_.erase(serial); }
  /// A frame with this text as its bytes; noted as what has to arrive.
  void write(const std::string& serial, const std::string& text);
  void write_many(const std::string& serial, int count, std::size_t size = 100);

  void start();
  void stop();
  /// Runs everything until the condition holds; false, with a failure noted, if that takes ten
  /// seconds.
  bool run_until(const std::function<bool()>& condition, const char* what);
  /// Everything written is at the gateway, in order, once, and the forwarder knows it.
  bool run_until_all_arrived();
  bool all_arrived() const;
  [[nodiscard]] std::size_t arrived(const std::string& serial) const;
  [[nodiscard]] std::size_t segments(const std::string& serial) const;
  [[nodiscard]] const LinacForwardStatus& status_of(const std::string& serial) const;

  boost::asio::io_context io_;
  FakeGateway gateway_{io_};
  std::string token_ = "the token of the site";
  ForwarderTimings timings_;
  ForwardStatus published_;  ///< the last one
  std::vector<ForwardStatus> all_published_;
  std::map<std::string, std::vector<std::string>> written_;
  bool running_ = false;
  LinacStreams linacs_;
  std::unique_ptr<Forwarder> forwarder_;

 private:
  std::filesystem::path folder_;
  std::map<std::string, std::unique_ptr<spool::SpoolWriter>> writers_;
  spool::SpoolWatch watch_{io_.get_executor()};
};

}  // namespace icom::forward::testing
