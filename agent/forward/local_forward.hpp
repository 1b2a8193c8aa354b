// A forward that listens at the site, as `ssh -L`.
#pragma once

#include "agent/forward/port_forward.hpp"

namespace icom::forward {

class LocalForward final : public PortForward {
 public:
  using PortForward::PortForward;

 private:
  boost::asio::awaitable<void> listen(RunPtr run) override;
  boost::asio::awaitable<void> join(RunPtr run, boost::asio::ip::tcp::socket client);
};

}  // namespace icom::forward
