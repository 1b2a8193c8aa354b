// What of the control socket is POSIX: its place in the file system, and the passing of
// descriptors.
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <system_error>

#include "agent/listen/control_socket.hpp"
#include "agent/listen/descriptor_passing.hpp"

namespace icom::listen {

namespace asio = boost::asio;

namespace {

/// A socket's address holds 107 characters, a spool's path may be longer: the folder is named by a
/// descriptor. Lives as long as the address is used.
class ShortPath {
 public:
  explicit ShortPath(const std::filesystem::path& folder)
      : folder_(::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)) {
    if (!folder_.valid()) error_.assign(errno, boost::system::generic_category());
  }
  [[nodiscard]] boost::system::error_code error() const { return error_; }
  [[nodiscard]] asio::local::stream_protocol::endpoint endpoint() const {
    return {"/proc/self/fd/" + std::to_string(folder_.get()) + "/" + kControlSocket};
  }

 private:
  os::FileHandle folder_;
  boost::system::error_code error_;
};

/// One byte, and room for one descriptor.
struct Message {
  explicit Message(std::byte* with) : byte{with, 1} {
    header.msg_iov = &byte;
    header.msg_iovlen = 1;
    header.msg_control = control.data();
    header.msg_controllen = control.size();
  }
  iovec byte;
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr header{};
};

template <typename Call>
bool succeeds(Call&& call) {
  ssize_t outcome = -1;
  do {
    outcome = call();
  } while (outcome < 0 && errno == EINTR);
  return outcome == 1;
}

}  // namespace

ControlAcceptor open_control_socket(const asio::any_io_executor& executor,
                                    const std::filesystem::path& folder) {
  const ShortPath path(folder);
  if (path.error()) throw boost::system::system_error(path.error(), folder.string());
  ControlAcceptor acceptor(executor);
  acceptor.open();
  // Linux gives the socket's file this mode when it is bound: there is no moment at which others
  // may use it.
  ::fchmod(acceptor.native_handle(), S_IRUSR | S_IWUSR);
  std::error_code nothing_there;
  std::filesystem::remove(folder / kControlSocket, nothing_there);
  acceptor.bind(path.endpoint());
  acceptor.listen();
  return acceptor;
}

boost::system::error_code connect_control(ControlStream& stream,
                                          const std::filesystem::path& folder) {
  const ShortPath path(folder);
  boost::system::error_code error = path.error();
  if (!error) stream.connect(path.endpoint(), error);
  return error;
}

bool send_descriptor(os::NativeSocket socket, std::byte with, os::NativeSocket descriptor) {
  Message message(&with);
  if (descriptor != kNoDescriptor) {
    cmsghdr* part = CMSG_FIRSTHDR(&message.header);
    part->cmsg_level = SOL_SOCKET;
    part->cmsg_type = SCM_RIGHTS;
    part->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(part), &descriptor, sizeof descriptor);
  } else {
    message.header.msg_control = nullptr;
    message.header.msg_controllen = 0;
  }
  return succeeds([&] { return ::sendmsg(socket, &message.header, MSG_NOSIGNAL | MSG_DONTWAIT); });
}

bool receive_descriptor(os::NativeSocket socket, std::byte& with, os::Connection& descriptor) {
  Message message(&with);
  descriptor.reset();
  constexpr int kHow = MSG_CMSG_CLOEXEC | MSG_DONTWAIT;
  if (!succeeds([&] { return ::recvmsg(socket, &message.header, kHow); })) return false;
  for (cmsghdr* part = CMSG_FIRSTHDR(&message.header); part != nullptr;
       part = CMSG_NXTHDR(&message.header, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    int number = -1;
    std::memcpy(&number, CMSG_DATA(part), sizeof number);
    descriptor = os::Connection(number);
  }
  return true;
}

bool await_descriptor(os::NativeSocket socket, std::byte& with, os::Connection& descriptor,
                      std::chrono::milliseconds within) {
  using SteadyClock = std::chrono::steady_clock;
  const auto give_up = SteadyClock::now() + within;
  for (auto left = within; left.count() > 0;) {
    pollfd readable{socket, POLLIN, 0};
    const int ready = ::poll(&readable, 1, static_cast<int>(left.count()));
    if (ready > 0) return receive_descriptor(socket, with, descriptor);
    if (ready < 0 && errno != EINTR) return false;
    left = std::chrono::ceil<std::chrono::milliseconds>(give_up - SteadyClock::now());
  }
  return false;
}

std::array<os::Connection, 2> descriptor_channel() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    throw std::system_error(errno, std::generic_category(), "cannot make a pair of sockets");
  }
  return {os::Connection(ends[0]), os::Connection(ends[1])};
}

}  // namespace icom::listen
