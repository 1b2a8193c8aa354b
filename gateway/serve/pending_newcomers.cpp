#include "gateway/serve/pending_newcomers.hpp"

#include "common/log/printable.hpp"
#include "common/os/utc_clock.hpp"

namespace icom::serve {

using pending::PendingState;

std::string PendingNewcomers::note(const std::string& site, const std::string& serial,
                                   const std::string& address) {
  const std::string linac = "Linac " + log::printable(serial);
  const std::string approve = "icom-gateway approve " + site + ' ' + log::printable(serial);
  switch (pending_.note(site, serial, address, os::utc_now_us())) {
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
    case PendingState::not_noted:
      break;
  }
  return linac +
         " waits for approval at the gateway, which cannot write that down: have its folder "
         "`registration` looked at, and then " +
         approve;
}

}  // namespace icom::serve
