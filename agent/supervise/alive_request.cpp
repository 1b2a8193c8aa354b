#include "agent/supervise/alive_request.hpp"

#include <string>

#include "agent/forward/status_files.hpp"
#include "common/control/client.hpp"

namespace icom::supervise {

using boost::asio::awaitable;
using std::chrono::milliseconds;

namespace {

/// Looks that are farther apart than this show that we did not run ourselves.
constexpr std::chrono::seconds kBlind{4};

}  // namespace

awaitable<bool> listener_answers(std::filesystem::path folder, milliseconds within) {
  const auto reply = co_await control::ask(folder / control::kListenerSocket,
                                           std::string(control::kAlive), control::kAlive, within);
  // Whatever it says, or that it hangs up, takes a thread that runs.
  co_return reply.kind != control::Reply::Kind::silent;
}

bool FileChanges::answers(const std::optional<Written>& file,
                          std::chrono::steady_clock::time_point now) {
  const bool blind = now - asked_ > kBlind;
  asked_ = now;
  if (!file) return true;
  if (blind || file->at_us != seen_us_) {
    seen_us_ = file->at_us;
    changed_ = now;
  }
  // Asked twice in a row by whoever wants to be sure, a second apart.
  return now - changed_ < forward::file_lives(file->each_ms) - std::chrono::seconds(2);
}

}  // namespace icom::supervise
