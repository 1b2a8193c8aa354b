#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <thread>
#include <tuple>
#include <vector>

#include "common/os/local_socket.hpp"
#include "common/os/posix/file.hpp"

namespace icom::os {

namespace {

using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

/// Callers that the kernel keeps waiting for accept().
constexpr int kBacklog = 16;
constexpr mode_t kSocketMode = 0660;
constexpr mode_t kSocketModeAtFirst = 0600;

[[noreturn]] void fail_with(int error, const std::string& what) {
  throw std::system_error(error, std::generic_category(), what);
}

void require_call(int outcome, const std::string& what) {
  if (outcome < 0) fail_with(errno, what);
}

/// An address holds 107 characters, a path may be longer: the folder is named by a descriptor.
sockaddr_un short_address(const FileHandle& folder, const std::string& name) {
  const std::string path = "/proc/self/fd/" + std::to_string(folder.get()) + "/" + name;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) fail_with(ENAMETOOLONG, name);
  path.copy(static_cast<char*>(address.sun_path), path.size());
  return address;
}

int connect_to(const Connection& socket, const sockaddr_un& address) {
  return ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

Connection new_socket() {
  return Connection(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
}

/// Of callers, of whom nobody has any to give. Kernels before Linux 6.16 do not know of it.
void take_no_descriptors(const Connection& socket) {
  constexpr int kPassRights = 83;  // SO_PASSRIGHTS, which Debian 12's headers do not have
  constexpr int kNone = 0;
  std::ignore = ::setsockopt(socket.get(), SOL_SOCKET, kPassRights, &kNone, sizeof kNone);
}

/// Nothing else: a file that somebody has put there is not ours.
void remove_socket(const FileHandle& folder, const std::string& name) {
  struct stat status {};
  if (::fstatat(folder.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 &&
      S_ISSOCK(status.st_mode)) {
    ::unlinkat(folder.get(), name.c_str(), 0);
  }
}

ucred credentials(int socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  require_call(::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size),
               "cannot see who is at the other end");
  return peer;
}

std::vector<UserId> peer_groups(int socket) {
  std::vector<UserId> groups(64);
  for (;;) {
    auto size = static_cast<socklen_t>(groups.size() * sizeof(UserId));
    const int outcome = ::getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &size);
    const bool needs_room = outcome < 0 && errno == ERANGE;
    require_call(needs_room ? 0 : outcome, "cannot see which groups the other end is in");
    groups.resize(size / sizeof(UserId));
    if (!needs_room) return groups;
  }
}

}  // namespace

void LocalStream::wait(short for_what, milliseconds limit) const {
  const auto until = SteadyClock::now() + limit;
  for (auto left = limit;; left = std::chrono::ceil<milliseconds>(until - SteadyClock::now())) {
    if (left.count() <= 0) fail_with(ETIMEDOUT, "the other end of a local connection");
    pollfd ready{socket_.get(), for_what, 0};
    const int outcome = ::poll(&ready, 1, static_cast<int>(left.count()));
    if (outcome > 0) return;
    if (outcome < 0 && errno != EINTR) fail_with(errno, "a local connection");
  }
}

std::size_t LocalStream::read_some(std::span<std::byte> into, milliseconds limit) {
  for (;;) {
    wait(POLLIN, limit);
    const ssize_t got = ::recv(socket_.get(), into.data(), into.size(), MSG_DONTWAIT);
    if (got >= 0) return static_cast<std::size_t>(got);
    if (errno != EINTR && errno != EAGAIN) fail_with(errno, "a local connection");
  }
}

std::chrono::nanoseconds LocalStream::write_all(Bytes bytes, std::chrono::nanoseconds limit) {
  std::chrono::nanoseconds waited{0};
  while (!bytes.empty()) {
    const auto begun = SteadyClock::now();
    wait(POLLOUT, std::chrono::ceil<milliseconds>(limit - waited));
    waited += SteadyClock::now() - begun;
    const ssize_t sent =
        ::send(socket_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent >= 0) {
      bytes = bytes.subspan(static_cast<std::size_t>(sent));
    } else if (errno != EINTR && errno != EAGAIN) {
      fail_with(errno, "a local connection");
    }
  }
  return waited;
}

Account LocalStream::peer() const {
  const ucred peer = credentials(socket_.get());
  return {peer.uid, peer.gid, peer_groups(socket_.get()), std::to_string(peer.uid)};
}

LocalListener::LocalListener(const std::filesystem::path& path, UserId group) {
  OpenPlace place;
  if (const auto error = open_place(path, place)) {
    throw std::system_error(error,
                            place.name.empty() ? path.string() : path.parent_path().string());
  }
  folder_ = std::move(place.folder);
  name_ = place.name;
  const sockaddr_un address = short_address(folder_, name_);
  const Connection before = new_socket();
  if (connect_to(before, address) == 0 || errno == EAGAIN) fail_with(EADDRINUSE, path.string());
  if (errno == ECONNREFUSED) remove_socket(folder_, name_);
  socket_ = new_socket();
  require_call(socket_.get(), "cannot make a socket");
  // Linux gives the socket's name this mode when it is bound: nobody else gets in before that is
  // settled.
  require_call(::fchmod(socket_.get(), kSocketModeAtFirst), path.string());
  take_no_descriptors(socket_);
  require_call(::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address),
               path.string());
  struct stat status {};
  require_call(::fstatat(folder_.get(), name_.c_str(), &status, AT_SYMLINK_NOFOLLOW),
               path.string());
  inode_ = status.st_ino;
  const bool is_open = ::fchownat(folder_.get(), name_.c_str(), static_cast<uid_t>(-1), group,
                                  AT_SYMLINK_NOFOLLOW) == 0 &&
                       ::fchmodat(folder_.get(), name_.c_str(), kSocketMode, 0) == 0 &&
                       ::listen(socket_.get(), kBacklog) == 0;
  if (is_open) return;
  const int error = errno;
  ::unlinkat(folder_.get(), name_.c_str(), 0);
  fail_with(error, path.string());
}

LocalListener::~LocalListener() {
  struct stat status {};
  if (::fstatat(folder_.get(), name_.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 &&
      status.st_ino == inode_) {
    ::unlinkat(folder_.get(), name_.c_str(), 0);
  }
  close_promptly(std::move(socket_));  // with those that wait, and what they have sent
}

std::optional<LocalStream> LocalListener::accept(milliseconds limit) {
  pollfd ready{socket_.get(), POLLIN, 0};
  if (::poll(&ready, 1, static_cast<int>(limit.count())) <= 0) return std::nullopt;
  Connection caller(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  if (caller.valid()) return LocalStream(std::move(caller));
  // Out of descriptors, as a rule: the caller waits, and whoever asks for the next one at once
  // would only take the processor.
  constexpr milliseconds kAfterAFailure{100};
  if (errno != EINVAL && errno != ECONNABORTED) std::this_thread::sleep_for(kAfterAFailure);
  return std::nullopt;
}

void LocalListener::close() {
  ::shutdown(socket_.get(), SHUT_RDWR);
}

LocalStream connect_local(const std::filesystem::path& path, milliseconds limit) {
  OpenPlace place;
  if (const auto error = open_place(path, place)) throw std::system_error(error, path.string());
  const sockaddr_un address = short_address(place.folder, place.name);
  constexpr milliseconds kAgain{20};
  const auto until = SteadyClock::now() + limit;
  Connection socket = new_socket();
  require_call(socket.get(), "cannot make a socket");
  while (connect_to(socket, address) != 0) {
    if (errno == EINTR) continue;
    // Too many wait to be let in.
    if (errno != EAGAIN) fail_with(errno, path.string());
    if (SteadyClock::now() >= until) fail_with(ETIMEDOUT, path.string());
    std::this_thread::sleep_for(kAgain);
  }
  struct stat folder {};
  require_call(::fstat(place.folder.get(), &folder), path.string());
  const uid_t theirs = credentials(socket.get()).uid;
  if (theirs != 0 && theirs != folder.st_uid) {
    throw NotBelieved("what listens at " + path.string() + " is of account " +
                      std::to_string(theirs) +
                      ", whose folder it is not in, so it is not believed");
  }
  return LocalStream(std::move(socket));
}

}  // namespace icom::os
