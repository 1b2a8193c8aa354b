#include "gateway/serve/pending_newcomers.hpp"

#include <spdlog/spdlog.h>

#include "common/log/printable.hpp"
#include "common/os/utc_clock.hpp"
#include "common/os/utc_text.hpp"

namespace icom::serve {

using pending::PendingState;

namespace {

std::string told(const std::string& site, const std::string& serial, PendingState state) {
  const std::string linac = "Linac " + log::printable(serial);
  const std::string approve = "icom-gateway approve " + site + ' ' + log::printable(serial);
  switch (state) {
    case PendingState::waits:
      return linac + " waits for approval at the gateway: " + approve;
    case PendingState::rejected:
      return linac +
             " was rejected at the gateway: take it out of the site's file, or have it "
             "approved all the same: " +
             approve;
    case PendingState::too_many:
      return linac + " is not registered at the gateway, and too many Linacs of site " + site +
             " wait for approval there: icom-gateway pending";
    case PendingState::malformed:
      return linac + " cannot be registered: its serial or its address is malformed";
    case PendingState::approved:
      return linac + " is approved at the gateway, which takes it within seconds: nothing to do";
    case PendingState::not_noted:
      break;
  }
  return linac +
         " waits for approval at the gateway, which cannot write that down: have its folder "
         "`registration` looked at, and then " +
         approve;
}

}  // namespace

std::vector<std::string> PendingNewcomers::note(const std::string& site,
                                                const std::vector<ingest::Newcomer>& linacs) {
  std::vector<pending::Announced> announced;
  for (const ingest::Newcomer& linac : linacs) announced.push_back({linac.serial, linac.address});
  const pending::Noted noted = pending_.note(site, announced, os::utc_now_us());
  if (!noted.failure.empty()) {
    const std::lock_guard lock(mutex_);
    if (failures_.admit(std::chrono::steady_clock::now())) {
      spdlog::error("{}: Linacs that wait for approval cannot be noted, which is tried again: {}",
                    site, noted.failure);
    }
  }
  for (const pending::PendingLinac& gone : noted.made_room) {
    constexpr std::int64_t kMicroseconds = 1'000'000;
    spdlog::warn(
        "{}: Linac {} at {} does not wait for approval any more: no agent has told of it since {}, "
        "and more Linacs wait than a site may have",
        site, gone.serial, gone.address, os::utc_text(gone.last_seen_us / kMicroseconds));
  }
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < linacs.size(); ++i) {
    texts.push_back(told(site, linacs[i].serial, noted.states.at(i)));
  }
  return texts;
}

void PendingNewcomers::withdraw(const std::string& site, const std::vector<std::string>& serials) {
  for (const pending::PendingLinac& gone : pending_.withdraw(site, serials)) {
    spdlog::info(
        "{}: Linac {} at {} does not wait for approval any more: its site's file does not have it",
        site, gone.serial, gone.address);
  }
}

}  // namespace icom::serve
