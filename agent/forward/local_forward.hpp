// A forward that listens at the site, as `ssh -L`.
#pragma once

#include "agent/forward/port_forward.hpp"

namespace icom::forward {

class LocalForward final : public PortForward {
 public:
  using PortForward::PortForward;

  /// Opens a channel to the target and closes it. Where the server does not permit it, it does not
  /// connect there.
  boost::asio::awaitable<bool> permitted_in(std::shared_ptr<ssh::Session> session) override;
  void server_permits() override { end_refusal(); }

 private:
  boost::asio::awaitable<void> listen(RunPtr run) override;
  void moved(Run& /*run*/) override {}  // the port is ours
  boost::asio::awaitable<void> join(RunPtr run, boost::asio::ip::tcp::socket client);
};

}  // namespace icom::forward
