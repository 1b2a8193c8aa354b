#include "agent/listen/keeper_link.hpp"

#include "agent/listen/descriptor_passing.hpp"
#include "agent/listen/goodbye.hpp"

namespace icom::listen {

os::Descriptor KeeperLink::take() const {
  std::byte with{};
  os::Descriptor left;
  if (socket_ < 0 || !receive_descriptor(socket_, with, left)) return {};
  if (!left.valid() || !can_go_on(left.get())) return {};
  return left;
}

bool KeeperLink::keep(int connection) const {
  return socket_ >= 0 && send_descriptor(socket_, kKept, connection);
}

void KeeperLink::drop() const {
  if (socket_ >= 0) send_descriptor(socket_, kKept, kNoDescriptor);
}

}  // namespace icom::listen
