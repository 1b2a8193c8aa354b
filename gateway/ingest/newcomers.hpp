// Linacs that a site has and the gateway does not: who is told of them.
#pragma once

#include <string>
#include <vector>

namespace icom::ingest {

/// As an agent tells of it: both may be anything.
struct Newcomer {
  std::string serial;
  std::string address;

  friend bool operator==(const Newcomer&, const Newcomer&) = default;
};

/// Thread-safe.
class Newcomers {
 public:
  virtual ~Newcomers() = default;
  /// An agent with the token of `site` has these Linacs, which no site of the gateway has; told
  /// when it comes, and again and again while it stays. Gives for each what the site's operator is
  /// told: why it is not taken now, and what to do. Must not wait for anything but the disk.
  virtual std::vector<std::string> note(const std::string& site,
                                        const std::vector<Newcomer>& linacs) = 0;
  /// The agent has spools of these Linacs, which no site of the gateway has either, and its own
  /// settings do not have them any more: such as one under a mistyped serial. Told and bound as
  /// note().
  virtual void withdraw(const std::string& site, const std::vector<std::string>& serials) = 0;
};

}  // namespace icom::ingest
