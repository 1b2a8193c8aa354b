// Answers accounts that may read what is recorded, and may not open the store.
#pragma once

#include <atomic>
#include <cstddef>
#include <filesystem>
#include <list>
#include <string>
#include <thread>
#include <vector>

#include "common/log/rate_limit.hpp"
#include "common/os/child_program.hpp"
#include "common/os/local_socket.hpp"

namespace icom::readers {

/// Listens at a socket on a thread of its own. Each caller whom the kernel says to be root, this
/// very account or in the group is answered by a process of its own, `icom-gateway answer`: what
/// one asks for, however much it is, takes neither memory nor a thread of the gateway's, and ends
/// when it has taken too long. What is open in the gateway is not open there.
class ReaderServer {
 public:
  /// At once, of all accounts and of one of them: the next one is refused, which tells it so.
  static constexpr std::size_t kMost = 8;
  static constexpr std::size_t kMostOfAnAccount = 4;

  /// `group` has to be one of this process's. Throws std::system_error where the socket cannot be
  /// made.
  ReaderServer(const std::filesystem::path& socket, os::UserId group, std::filesystem::path store,
               std::filesystem::path sites, std::filesystem::path registration);
  /// Ends what is being answered.
  ~ReaderServer();
  ReaderServer(const ReaderServer&) = delete;
  ReaderServer& operator=(const ReaderServer&) = delete;

 private:
  struct Answering {
    Answering(os::UserId caller, const std::vector<std::string>& arguments, int stream)
        : account(caller), process(arguments, stream) {}
    os::UserId account;
    os::ChildProgram process;
  };

  void run();
  void admit(os::LocalStream caller);
  /// Why it is not answered; empty if it is to be.
  [[nodiscard]] std::string refusal(const os::Account& caller) const;

  const os::UserId group_;
  const std::filesystem::path store_;
  const std::filesystem::path sites_;
  const std::filesystem::path registration_;
  os::LocalListener listener_;
  std::list<Answering> answering_;  ///< of the thread
  log::RateLimit fault_lines_{1, std::chrono::minutes(1)};
  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

}  // namespace icom::readers
