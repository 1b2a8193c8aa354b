// What a site is known by.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/link/proof.hpp"

namespace icom::ingest {

/// Copies are the same credentials: what is set in one counts in all, so a registry that takes the
/// place of another keeps the sites' credentials. Thread-safe.
class Credentials {
 public:
  /// Nobody is let in.
  Credentials() : Credentials(std::string()) {}
  /// One token; empty: none.
  explicit Credentials(std::string token);

  /// `revoked`: since when, for the site's operator; empty: it is not. `proved`: see note_proved();
  /// what was noted stays noted.
  void set(std::vector<std::string> tokens, std::string revoked, bool proved = false);

  /// The machine keeps the gateway from reading what the site is known by, and it was never read:
  /// why. set() ends it.
  void set_unknown(std::string why);
  /// Empty, unless that is so.
  [[nodiscard]] std::string unknown() const;

  /// False: the gateway has no token that it can use.
  [[nodiscard]] bool usable() const;
  /// One of the tokens. Takes the same time wherever they differ.
  [[nodiscard]] bool token_is(std::string_view token) const;
  /// The token under which this is the agent's proof.
  [[nodiscard]] std::optional<std::string> proved_token(std::string_view proof,
                                                        const link::Transcript& transcript) const;
  /// An agent of the site has proved itself, which counts in all copies. True if that is news.
  bool note_proved() const;
  /// Whether a token in clear is still taken: until an agent of the site has proved itself.
  [[nodiscard]] bool takes_clear_token() const;
  [[nodiscard]] std::string revoked() const;

 private:
  struct State {
    std::mutex mutex;
    std::vector<std::string> tokens;
    std::string revoked;
    std::string unknown;
    bool proved = false;
  };
  std::shared_ptr<State> state_;
};

}  // namespace icom::ingest
