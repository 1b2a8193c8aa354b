#include "common/control/program_answers.hpp"

#include <memory>
#include <string_view>
#include <utility>

#include "common/control/protocol.hpp"
#include "common/os/process.hpp"

namespace icom::control {

using boost::asio::awaitable;

namespace {

/// JSON may be written over several lines, which an answer is not.
std::string in_one_line(std::string text) {
  for (char& c : text) {
    if (c == '\n' || c == '\r') c = ' ';
  }
  return text;
}

}  // namespace

std::string with_process(std::string_view word) {
  return std::string(word) + " " + std::to_string(os::process_id());
}

void answer_for(Server& server, ProgramAnswers program, Answer replace_answer) {
  const auto about = std::make_shared<const ProgramAnswers>(std::move(program));
  server.answers(kAlive, [about](Call& call) -> awaitable<void> {
    const std::string trouble = in_one_line(about->trouble());
    co_await write_line(call.channel, std::string(kAlive) + (trouble.empty() ? "" : " ") + trouble,
                        kStep);
  });
  server.answers(kStatus, [about](Call& call) -> awaitable<void> {
    co_await write_line(call.channel, std::string(kStatus) + " " + in_one_line(about->status()),
                        kStep);
  });
  server.answers(kStop, [about](Call& call) -> awaitable<void> {
    co_await write_line(call.channel, with_process(kStopping), kStep);
    about->stop();
  });
  server.answers(kReload, [about](Call& call) -> awaitable<void> {
    const std::string why = about->reload ? about->reload() : about->no_reload;
    if (!why.empty()) {
      co_await refuse(call, in_one_line(why));
    } else {
      co_await write_line(call.channel, std::string(kReloaded), kStep);
    }
  });
  if (replace_answer) {
    server.answers(kReplace, std::move(replace_answer));
    return;
  }
  server.answers(kReplace, [about](Call& call) -> awaitable<void> {
    const std::string why = about->replace ? about->replace(call.argument) : about->no_replace;
    if (!why.empty()) {
      co_await refuse(call, in_one_line(why));
    } else {
      co_await write_line(call.channel, with_process(kReplacing), kStep);
    }
  });
}

}  // namespace icom::control
