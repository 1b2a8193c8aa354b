#include "agent/listen/heartbeat.hpp"

namespace icom::listen {

Heartbeat::Heartbeat(const boost::asio::any_io_executor& executor, KeeperLink keeper)
    : keeper_(keeper), timer_(executor) {}

void Heartbeat::start(bool wanted) {
  wanted_ = wanted;
  if (wanted_) beat();
}

void Heartbeat::stop() {
  wanted_ = false;
  timer_.cancel();
}

void Heartbeat::busy() const {
  if (wanted_) keeper_.busy();
}

void Heartbeat::beat() {
  keeper_.beat();
  timer_.expires_after(kBeatEach);
  timer_.async_wait([this](boost::system::error_code error) {
    if (!error && wanted_) beat();
  });
}

}  // namespace icom::listen
