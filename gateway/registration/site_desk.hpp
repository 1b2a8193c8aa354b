// The desk: sites enrol here, and renew their keys and tokens. docs/protocol.md, "The desk", says
// at which step either side may die, and what becomes of it.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "common/link/desk_seal.hpp"
#include "gateway/ingest/desk.hpp"
#include "gateway/registration/desk_log.hpp"
#include "gateway/registration/places.hpp"
#include "gateway/registration/site_book.hpp"

namespace icom::registration {

/// Answers one request at a time. Everything is decided by what is on disk: an enrolment file that
/// a command makes counts at once. For one thread, but for stop().
class SiteDesk final : public ingest::Desk {
 public:
  struct Hooks {
    std::function<void(const std::string& site)> changed;  ///< its tokens: read them again
    /// After `changed`: another machine has become the site; the link of the one before is to end.
    std::function<void(const std::string& site)> replaced;
    std::function<std::int64_t()> now;  ///< seconds since 1970, UTC
  };
  SiteDesk(Places places, Hooks hooks);

  std::variant<std::vector<std::string>, link::DeskAnswer> secrets_for(
      const link::DeskRequest& request) override;
  link::DeskAnswer refuse_proof(const link::DeskRequest& hello) override;
  link::DeskAnswer answer(const link::DeskRequest& request,
                          const link::DeskSecret& secret) override;
  /// From now on no answer waits for another process. Thread-safe.
  void stop() { stopping_ = true; }

 private:
  link::DeskAnswer guarded(const link::DeskRequest& request,
                           const std::function<link::DeskAnswer()>& work);
  link::DeskAnswer find_secrets(const link::DeskRequest& request,
                                std::vector<std::string>& secrets) const;
  link::DeskAnswer decide(const link::DeskRequest& request, const link::DeskSecret& secret);
  link::DeskAnswer enrol(const std::string& site, const std::string& code_hash,
                         const link::Enrol& enrol);
  link::DeskAnswer rotate(const std::string& site, const std::string& given_token,
                          const link::Rotate& rotate);
  link::DeskAnswer finish(const std::string& site, const std::string& given_token,
                          const link::FinishRotation& finish);

  enum class Given : std::uint8_t { wrong, current, next };
  [[nodiscard]] Given token_given(const std::string& site, const std::string& token) const;
  void write_next_token(const std::string& site, const std::string& token) const;
  /// False if that was done already.
  [[nodiscard]] bool promote_next_token(const std::string& site) const;
  /// A record has changed: what follows from it.
  void settle(const std::string& site);

  Places places_;
  SiteBook book_;
  Hooks hooks_;
  DeskLog log_;
  std::atomic<bool> stopping_ = false;
};

}  // namespace icom::registration
