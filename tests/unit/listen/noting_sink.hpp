// What a connection to a Linac has told, for the tests that make one.
#pragma once

#include <array>
#include <chrono>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "agent/listen/stream_sink.hpp"
#include "common/icom/bytes.hpp"

namespace icom::listen {

class NotingSink : public StreamSink {
 public:
  void connected() override {
    ++connections;
    connected_at_ = std::chrono::steady_clock::now();
    if (when_connected) when_connected();
  }
  std::span<std::byte> room() override { return room_; }
  void received(std::size_t count) override { append(bytes, Bytes(room_).first(count)); }
  void paused() override {}
  void disconnected(std::string_view reason) override {
    ends.emplace_back(reason);
    lasted.push_back(std::chrono::steady_clock::now() - connected_at_);
  }
  void connect_failed(std::string_view reason) override { failures.emplace_back(reason); }
  [[nodiscard]] bool patient_open() const override { return has_patient; }
  [[nodiscard]] bool brought_frame() const override { return false; }
  void late(std::uint64_t /*number*/, Bytes some) override { append(late_bytes, some); }
  void late_over(std::uint64_t /*number*/) override { ++late_ends; }

  std::function<void()> when_connected;
  bool has_patient = false;
  int connections = 0;
  std::vector<std::string> ends;
  std::vector<std::chrono::nanoseconds> lasted;
  std::vector<std::string> failures;
  ByteVector bytes;
  ByteVector late_bytes;
  int late_ends = 0;

 private:
  std::chrono::steady_clock::time_point connected_at_;
  std::array<std::byte, 4096> room_{};
};

}  // namespace icom::listen
