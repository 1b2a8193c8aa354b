// Which numbers the accounts have that the settings name.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/os/users.hpp"

namespace icom::fanout {

/// The machine's directory service: files, LDAP, whatever it is set up for. Both block for as long
/// as that likes, and are called in a thread of their own. What they throw counts as no answer.
struct AccountDirectory {
  std::function<std::optional<os::UserId>(const std::string& name)> number = os::user_id;
  std::function<std::string(os::UserId user)> name = os::user_name;
};

struct AccountTimings {
  std::chrono::milliseconds answer = std::chrono::seconds(2);  ///< that anybody waits for one
  /// Between two lookups for accounts that are not listed; and between the last one and one for
  /// those that are.
  std::chrono::milliseconds again = std::chrono::seconds(10);
};

/// What is known of accounts. A name that no account has is logged, once. No call waits: what is
/// asked of the directory service is known once it has answered, and what it said before counts
/// until then. For one thread.
class Accounts {
 public:
  explicit Accounts(AccountDirectory directory = {}, const AccountTimings& timings = {});

  /// From now on these names count; what numbers they have is looked up.
  void use(std::vector<std::string> names);
  /// Somebody who is none of them has come: the account may have been made since. Looks them up
  /// again, and what it is called, unless that was done lately.
  void ask_about(os::UserId user);
  /// Somebody has been let in by what is known: it may be known no longer. tend() looks the names
  /// up again.
  void note_visit() { visited_ = true; }
  /// To be called again and again while somebody is in. A lookup for the sake of a visit begins
  /// here, once the last one is long enough ago.
  void tend();
  /// How many lookups have been answered: another count means that another account may have a name.
  [[nodiscard]] std::uint64_t answers();
  /// A lookup is under way, and is worth being waited for.
  [[nodiscard]] bool expects_answer();

  [[nodiscard]] std::optional<os::UserId> number(const std::string& name);
  /// Its name; its number as long as that is not known.
  [[nodiscard]] std::string text(os::UserId user);

 private:
  using Clock = std::chrono::steady_clock;

  /// Shared with the thread that gets it.
  struct Answer {
    std::mutex mutex;
    bool there = false;
    std::map<std::string, std::optional<os::UserId>> numbers;
    std::map<os::UserId, std::string> names;
  };

  void look_up(std::optional<os::UserId> user);
  void take_answer();
  void note_missing(const std::string& name, bool is_missing);

  const AccountDirectory directory_;
  const AccountTimings timings_;
  std::vector<std::string> used_;
  std::map<std::string, os::UserId> numbers_;
  std::set<std::string> missing_;            ///< of the names that are used; logged
  std::map<os::UserId, std::string> names_;  ///< of those that were refused
  std::shared_ptr<Answer> answer_;           ///< null: none is expected
  Clock::time_point asked_{};
  Clock::time_point asked_about_{};
  bool visited_ = false;  ///< since the last lookup began
  std::uint64_t answers_ = 0;
  std::shared_ptr<std::atomic<int>> threads_ = std::make_shared<std::atomic<int>>(0);
};

}  // namespace icom::fanout
