#include "agent/listen/folder_watch.hpp"

#include <spdlog/spdlog.h>

#include <system_error>

#include "common/os/path_text.hpp"
#include "common/os/utc_clock.hpp"

namespace icom::listen {

using spool::FolderState;

FolderState FolderWatch::look(spool::SpoolWriter& writer) {
  std::error_code failure;
  const auto state = writer.look_at_folder(failure);
  lost_ = state == FolderState::gone || state == FolderState::taken;
  const auto admitted = [this](const std::string& line) {
    return lines_.admit(line, log::RateLimit::Clock::now()).has_value();
  };
  switch (state) {
    case FolderState::same:
      break;
    case FolderState::made_anew:
      lines_.forget();
      ++made_anew_;
      made_anew_us_ = os::utc_now_us();
      spdlog::error(
          "{} was removed or replaced while this listener writes there: it is made anew, and the "
          "segment that was being written is kept. What stood in others and was not sent yet is "
          "lost with them. Nothing is to be deleted in a spool directory while listeners run",
          os::utf8(folder_));
      break;
    case FolderState::gone:
      if (admitted("gone: " + failure.message())) {
        spdlog::error(
            "{} was removed while this listener writes there, and cannot be made anew: {}. What is "
            "received is kept as long as this process lives, and is written there as soon as that "
            "can be: correct the rights of the spool directory, or its disk, and do not end this "
            "process before",
            os::utf8(folder_), failure.message());
      }
      break;
    case FolderState::taken:
      if (admitted("taken")) {
        spdlog::error(
            "{} was removed while this listener writes there, and another listener has made it "
            "anew: "
            "this one leaves the Linac once no beam is on, for the other one. What it receives "
            "until "
            "then is LOST",
            os::utf8(folder_));
      }
      break;
  }
  return state;
}

}  // namespace icom::listen
