// What a site is known by.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace icom::ingest {

/// Copies are the same credentials: what is set in one counts in all, so a registry that takes the
/// place of another keeps the sites' credentials. Thread-safe.
class Credentials {
 public:
  /// Nobody is let in.
  Credentials() : Credentials(std::string()) {}
  /// One token; empty: none.
  explicit Credentials(std::string token);

  /// `revoked`: since when, for the site's operator; empty: it is not.
  void set(std::vector<std::string> tokens, std::string revoked);

  /// False: the gateway has no token that it can use.
  [[nodiscard]] bool usable() const;
  /// One of the tokens. Takes the same time wherever they differ.
  [[nodiscard]] bool token_is(std::string_view token) const;
  [[nodiscard]] std::string revoked() const;

 private:
  struct State {
    std::mutex mutex;
    std::vector<std::string> tokens;
    std::string revoked;
  };
  std::shared_ptr<State> state_;
};

}  // namespace icom::ingest
