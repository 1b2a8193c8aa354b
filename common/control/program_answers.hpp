// What every program of ours answers on its control channel.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "common/control/server.hpp"

namespace icom::control {

/// Called on the server's executor. `status` and `stop` are never empty. Where `reload` or
/// `replace` is, the request is refused with the text beside it, which says what to do instead.
struct ProgramAnswers {
  /// Why the program cannot do its work now; empty: it can.
  std::function<std::string()> trouble = [] { return std::string(); };
  /// A JSON object.
  std::function<std::string()> status;
  /// Begins to stop, as at a SIGTERM.
  std::function<void()> stop;
  /// Reads the settings again; why they are not taken, in one line; empty: they are.
  std::function<std::string()> reload;
  std::string no_reload{};
  /// Begins to make room for the installed program; why it does not; empty: it does. `argument`
  /// says what may be cut off for that.
  std::function<std::string(const std::string& argument)> replace;
  std::string no_replace{};
};

/// `WORD PID`, of this process.
std::string with_process(std::string_view word);

/// Before Server::open(). `drain` is each program's own; so is `replace` where `replace_answer` is
/// given.
void answer_for(Server& server, ProgramAnswers program, Answer replace_answer = nullptr);

}  // namespace icom::control
