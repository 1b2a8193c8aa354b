#include "common/os/service_manager.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <string>

#include "common/os/handle.hpp"
#include "tests/unit/os/temporary_directory.hpp"

namespace icom::os {
namespace {

/// The service manager's end: a datagram socket under that name.
class Manager {
 public:
  explicit Manager(const std::string& name) : socket_(::socket(AF_UNIX, SOCK_DGRAM, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, name.data(), name.size());
    if (name.front() == '@') address.sun_path[0] = '\0';
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    EXPECT_EQ(::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), size), 0);
    ::setenv("NOTIFY_SOCKET", name.c_str(), 1);
  }
  /// The next word; empty: there is none.
  [[nodiscard]] std::string hear() const {
    std::array<char, 256> word{};
    const ssize_t size = ::recv(socket_.get(), word.data(), word.size(), MSG_DONTWAIT);
    return size < 0 ? "" : std::string(word.data(), static_cast<std::size_t>(size));
  }

 private:
  Connection socket_;
};

TEST(ServiceManagerTest, HearsEachWordUnderAPath) {
  const TemporaryDirectory folder;
  const Manager manager((folder.path() / "notify").string());
  const auto reports = ServiceManager::from_environment();
  reports.ready();
  EXPECT_EQ(manager.hear(), "READY=1");
  reports.alive();
  EXPECT_EQ(manager.hear(), "WATCHDOG=1");
  reports.stopping();
  EXPECT_EQ(manager.hear(), "STOPPING=1");
  reports.needs(std::chrono::seconds(15));
  EXPECT_EQ(manager.hear(), "EXTEND_TIMEOUT_USEC=15000000");
}

TEST(ServiceManagerTest, HearsEachWordUnderAnAbstractName) {
  const Manager manager("@icom-test-" + std::to_string(::getpid()));
  ServiceManager::from_environment().ready();
  EXPECT_EQ(manager.hear(), "READY=1");
}

TEST(ServiceManagerTest, IsNotHandedOnToProgramsThatAreStarted) {
  const TemporaryDirectory folder;
  const Manager manager((folder.path() / "notify").string());
  ServiceManager::from_environment();
  EXPECT_EQ(::getenv("NOTIFY_SOCKET"), nullptr);
  ServiceManager::from_environment().ready();
  EXPECT_EQ(manager.hear(), "");
}

TEST(ServiceManagerTest, OneThatHangsHoldsNobodyUp) {
  const TemporaryDirectory folder;
  const Manager manager((folder.path() / "notify").string());
  const auto reports = ServiceManager::from_environment();
  for (int i = 0; i < 10'000; ++i) reports.alive();  // more than any socket holds
  EXPECT_EQ(manager.hear(), "WATCHDOG=1");
}

}  // namespace
}  // namespace icom::os
