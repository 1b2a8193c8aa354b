// Starting and ending other programs, behind an interface, so that tests can have them in memory.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "common/os/handle.hpp"

namespace icom::os {

using ProcessId = std::int64_t;

/// By which a program knows the socket that is passed to it.
inline constexpr NativeSocket kPassedDescriptor = 3;

struct Command {
  std::filesystem::path program;
  std::vector<std::string> arguments;  ///< in UTF-8
  /// A socket of ours that it gets a copy of, as kPassedDescriptor.
  NativeSocket pass = kNoSocket;

  bool operator==(const Command&) const = default;
};

struct ProcessEnd {
  int exit_code = 0;
  int signal = 0;  ///< not 0: ended by it, and there is no exit code

  /// `exit code 1`, `signal 9`.
  [[nodiscard]] std::string text() const;
  /// By itself, as it was asked to.
  [[nodiscard]] bool proper() const { return exit_code == 0 && signal == 0; }
};

enum class ProcessSignal {
  terminate,  ///< asks it to end properly
  kill,       ///< ends it
  replace,    ///< to icom-agent run: new listeners take over from those that run
};

/// Not thread-safe: handlers are called on the executor of the host, where its functions must be
/// called too.
class ProcessHost {
 public:
  struct Handlers {
    std::function<void(std::string_view line)>
        line;                               ///< of its stdout or stderr, without the line's end
    std::function<void(ProcessEnd)> ended;  ///< once, after its last line
  };

  virtual ~ProcessHost() = default;

  /// Starts a program that outlives this one if this one is killed: it is in no group of ours, and
  /// its output never blocks it and never ends it, be nobody there to read. Throws
  /// std::system_error, naming the program.
  virtual ProcessId start(const Command& command, Handlers handlers) = 0;
  /// To one that this host has started. One that is gone is no error.
  virtual void send(ProcessId process, ProcessSignal signal) = 0;
  /// To one that another host has started. It may have ended, and another have its number: asks
  /// `is_it` while the number cannot change hands, and sends nothing unless that gives true. False:
  /// nothing was sent.
  virtual bool send_to_other(ProcessId process, ProcessSignal signal,
                             const std::function<bool()>& is_it) = 0;
  /// Whether it is at this moment in a call that ends only once a disk has answered; also for
  /// processes that another host has started. Does not wait.
  [[nodiscard]] virtual bool waits_for_disk(ProcessId process) const = 0;
  /// No handler of that process is called any more.
  virtual void forget(ProcessId process) = 0;
};

}  // namespace icom::os
