// A forward that listens at the hosting site, as `ssh -R`.
#pragma once

#include "agent/forward/port_forward.hpp"

namespace icom::forward {

class RemoteForward final : public PortForward {
 public:
  using PortForward::PortForward;

  /// Listens there and stops it again.
  boost::asio::awaitable<bool> permitted_in(std::shared_ptr<ssh::Session> session) override;
  void server_permits() override {}  // listening shows it

 private:
  boost::asio::awaitable<void> listen(RunPtr run) override;
  void moved(Run& run) override;
  boost::asio::awaitable<void> join(RunPtr run, ssh::Channel client);
};

}  // namespace icom::forward
