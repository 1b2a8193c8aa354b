#include "agent/listen/keeper_link.hpp"

#include "agent/listen/descriptor_passing.hpp"
#include "agent/listen/goodbye.hpp"

namespace icom::listen {

KeepersGreeting KeeperLink::greeting() const {
  std::byte with{};
  KeepersGreeting greeting;
  if (socket_ < 0 || !receive_descriptor(socket_, with, greeting.left)) return {};
  greeting.wants_beats = with == kWantsBeats;
  if (greeting.left.valid() && !can_go_on(greeting.left.get())) greeting.left.reset();
  os::Descriptor none;
  greeting.heir = receive_descriptor(socket_, with, none) && with == kHeir;
  return greeting;
}

os::Descriptor KeeperLink::left_by_that_one(std::chrono::milliseconds within) const {
  std::byte with{};
  os::Descriptor left;
  if (socket_ < 0 || !send_descriptor(socket_, kWhatIsLeft, kNoDescriptor)) return {};
  if (!await_descriptor(socket_, with, left, within)) return {};
  if (left.valid() && !can_go_on(left.get())) left.reset();
  return left;
}

bool KeeperLink::keep(int connection) const {
  return socket_ >= 0 && send_descriptor(socket_, kKept, connection);
}

void KeeperLink::drop() const {
  if (socket_ >= 0) send_descriptor(socket_, kKept, kNoDescriptor);
}

void KeeperLink::beat() const {
  if (socket_ >= 0) send_descriptor(socket_, kAlive, kNoDescriptor);
}

void KeeperLink::busy() const {
  if (socket_ >= 0) send_descriptor(socket_, kBusy, kNoDescriptor);
}

}  // namespace icom::listen
