#include "agent/listen/keeper_link.hpp"

#include "agent/listen/descriptor_passing.hpp"
#include "agent/listen/goodbye.hpp"

namespace icom::listen {

KeepersGreeting KeeperLink::greeting() const {
  std::byte with{};
  KeepersGreeting greeting;
  if (socket_ == os::kNoSocket || !receive_descriptor(socket_, with, greeting.left)) return {};
  greeting.wants_beats = with == kWantsBeats;
  if (greeting.left.valid() && !can_go_on(greeting.left.get())) greeting.left.reset();
  os::Connection none;
  greeting.heir = receive_descriptor(socket_, with, none) && with == kHeir;
  return greeting;
}

os::Connection KeeperLink::left_by_that_one(std::chrono::milliseconds within) const {
  std::byte with{};
  os::Connection left;
  if (socket_ == os::kNoSocket || !send_descriptor(socket_, kWhatIsLeft, kNoDescriptor)) return {};
  if (!await_descriptor(socket_, with, left, within)) return {};
  if (left.valid() && !can_go_on(left.get())) left.reset();
  return left;
}

bool KeeperLink::keep(os::NativeSocket connection) const {
  return socket_ != os::kNoSocket && send_descriptor(socket_, kKept, connection);
}

void KeeperLink::drop() const {
  if (socket_ != os::kNoSocket) send_descriptor(socket_, kKept, kNoDescriptor);
}

void KeeperLink::beat() const {
  if (socket_ != os::kNoSocket) send_descriptor(socket_, kAlive, kNoDescriptor);
}

void KeeperLink::busy() const {
  if (socket_ != os::kNoSocket) send_descriptor(socket_, kBusy, kNoDescriptor);
}

}  // namespace icom::listen
