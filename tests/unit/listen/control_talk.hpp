// A test's end of a listener's control channel. Every wait has a deadline.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "agent/listen/handover.hpp"

namespace icom::listen {

class ControlTalk {
 public:
  /// Waits until a listener answers there.
  explicit ControlTalk(const std::filesystem::path& folder);
  ~ControlTalk();
  ControlTalk(const ControlTalk&) = delete;
  ControlTalk& operator=(const ControlTalk&) = delete;

  bool say(const std::string& line);
  /// Nothing: the listener is gone, or says nothing.
  std::optional<std::string> hear();
  /// The first `bytes` of a handover, and the descriptor.
  bool take(std::size_t bytes, ByteVector& got, os::Connection& connection);
  /// All of it.
  std::optional<Handover> take();
  void hang_up();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace icom::listen
