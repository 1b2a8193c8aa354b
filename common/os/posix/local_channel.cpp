#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "common/os/handle.hpp"
#include "common/os/local_channel.hpp"
#include "common/os/path_text.hpp"

namespace icom::os {

namespace asio = boost::asio;

namespace {

/// A socket's address holds 107 characters, a path may be longer: the folder is named by a
/// descriptor. Lives as long as the address is used.
class ShortPath {
 public:
  explicit ShortPath(const std::filesystem::path& socket)
      : folder_(::open(socket.parent_path().empty() ? "." : socket.parent_path().c_str(),
                       O_PATH | O_DIRECTORY | O_CLOEXEC)),
        name_(socket.filename()) {
    if (!folder_.valid()) error_.assign(errno, boost::system::generic_category());
  }
  [[nodiscard]] boost::system::error_code error() const { return error_; }
  [[nodiscard]] asio::local::stream_protocol::endpoint endpoint() const {
    return {"/proc/self/fd/" + std::to_string(folder_.get()) + "/" + name_.native()};
  }

 private:
  FileHandle folder_;
  std::filesystem::path name_;
  boost::system::error_code error_;
};

}  // namespace

LocalAcceptor open_channel(const asio::any_io_executor& executor,
                           const std::filesystem::path& socket) {
  const ShortPath path(socket);
  if (path.error()) throw boost::system::system_error(path.error(), utf8(socket));
  LocalAcceptor acceptor(executor);
  acceptor.open();
  // Linux gives the socket's file this mode when it is bound: there is no moment at which others
  // may use it.
  ::fchmod(acceptor.native_handle(), S_IRUSR | S_IWUSR);
  std::error_code nothing_there;
  std::filesystem::remove(socket, nothing_there);
  acceptor.bind(path.endpoint());
  acceptor.listen();
  return acceptor;
}

boost::system::error_code connect_channel(LocalChannel& channel,
                                          const std::filesystem::path& socket) {
  const ShortPath path(socket);
  boost::system::error_code error = path.error();
  // One that is stopped, and has as many waiting as the kernel takes, must not hold this one up.
  if (!error) channel.open(asio::local::stream_protocol(), error);
  if (!error) channel.native_non_blocking(true, error);
  if (error) return error;
  const auto endpoint = path.endpoint();
  // Not Asio's connect(), which takes "no room" for "under way".
  if (::connect(channel.native_handle(), endpoint.data(),
                static_cast<socklen_t>(endpoint.size())) != 0) {
    error.assign(errno, boost::system::system_category());
  }
  return error;
}

bool is_own_or_root(LocalChannel& channel) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(channel.native_handle(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) {
    return false;
  }
  return peer.uid == 0 || peer.uid == ::geteuid();
}

}  // namespace icom::os
