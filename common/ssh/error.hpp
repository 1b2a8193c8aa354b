// What can go wrong with a tunnel: a category to branch on, and a sentence for the operator.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace icom::ssh {

/// Who has to act. Callers branch on this, never on the text.
enum class Category {
  settings,        ///< a file or value of this machine's is unusable: the operator here
  network,         ///< name not found, nothing listens, the connection broke: retry
  host_key,        ///< the server is unknown or not the one that was pinned: somebody must look
  authentication,  ///< the server does not take this user with this key: the operator there
  refused,         ///< the server cannot open this channel or port, or nothing listens there: retry
  prohibited,  ///< the server's rules forbid this channel: as they were when the session logged in
  protocol,    ///< the two sides share no algorithm, or one broke the rules of SSH
  timeout,     ///< a deadline passed, or the connection made no progress: retry
  closed,      ///< the session was ended by this side before the call could finish
};

[[nodiscard]] std::string_view to_string(Category category);

/// what() is one sentence: what failed, where, and what to do. It holds no secret and no text of a
/// Linac.
class Error : public std::runtime_error {
 public:
  Error(Category category, const std::string& sentence);
  /// Of Category::host_key: `offer` and what is to be done make up what().
  static Error of_host_key(const std::string& offer, const std::string& what_to_do);
  [[nodiscard]] Category category() const noexcept { return category_; }
  /// `host:22 offers the host key ssh-ed25519 SHA256:...`, for whoever has another way to mend that
  /// than a line of known_hosts. Empty of any other category.
  [[nodiscard]] const std::string& offer() const noexcept { return offer_; }

 private:
  Category category_;
  std::string offer_;
};

}  // namespace icom::ssh
