#include <sys/socket.h>
#include <sys/un.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "common/os/handle.hpp"
#include "common/os/service_manager.hpp"

namespace icom::os {

namespace {

constexpr const char* kSocketVariable = "NOTIFY_SOCKET";

}  // namespace

ServiceManager ServiceManager::from_environment() {
  const char* const socket = std::getenv(kSocketVariable);
  if (socket == nullptr) return {};
  ServiceManager manager{std::string(socket)};
  ::unsetenv(kSocketVariable);
  return manager;
}

void ServiceManager::leave_in_environment() const {
  if (!socket_.empty()) ::setenv(kSocketVariable, socket_.c_str(), 1);
}

void ServiceManager::needs(std::chrono::microseconds time) const {
  say("EXTEND_TIMEOUT_USEC=" + std::to_string(time.count()));
}

void ServiceManager::say(std::string_view state) const {
  sockaddr_un address{};
  if (socket_.empty() || socket_.size() >= sizeof address.sun_path) return;
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, socket_.data(), socket_.size());
  if (socket_.front() == '@') address.sun_path[0] = '\0';
  const Connection sender(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!sender.valid()) return;
  // A path may be followed by its zero; an abstract name may not.
  const auto size = offsetof(sockaddr_un, sun_path) + socket_.size();
  ::sendto(sender.get(), state.data(), state.size(), MSG_NOSIGNAL,
           // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): how sockets are named
           reinterpret_cast<const sockaddr*>(&address), static_cast<socklen_t>(size));
}

}  // namespace icom::os
