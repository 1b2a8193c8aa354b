// Linacs that a site has and the gateway does not: who is told of them.
#pragma once

#include <string>

namespace icom::ingest {

/// Thread-safe.
class Newcomers {
 public:
  virtual ~Newcomers() = default;
  /// An agent with the token of `site` has a Linac that no site of the gateway has. `serial` and
  /// `address` may be anything. Gives what the site's operator is told: why it is not taken now,
  /// and what to do. Must not wait for anything but the disk.
  virtual std::string note(const std::string& site, const std::string& serial,
                           const std::string& address) = 0;
};

}  // namespace icom::ingest
