// A forward that listens at the hosting site, as `ssh -R`.
#pragma once

#include "agent/forward/port_forward.hpp"

namespace icom::forward {

class RemoteForward final : public PortForward {
 public:
  using PortForward::PortForward;

 private:
  boost::asio::awaitable<void> listen(RunPtr run) override;
  boost::asio::awaitable<void> join(RunPtr run, ssh::Channel client);
};

}  // namespace icom::forward
