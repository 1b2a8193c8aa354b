// The desk: sites enrol here, and renew their keys and tokens. docs/protocol.md, "The desk", says
// at which step either side may die, and what becomes of it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "common/link/desk.pb.h"
#include "gateway/ingest/desk.hpp"
#include "gateway/registration/places.hpp"
#include "gateway/registration/site_book.hpp"

namespace icom::registration {

/// Answers one request at a time. Everything is decided by what is on disk: an enrolment file that
/// a command makes counts at once.
class SiteDesk final : public ingest::Desk {
 public:
  struct Hooks {
    std::function<void(const std::string& site)> changed;  ///< its tokens: read them again
    /// After `changed`: another machine has become the site; the link of the one before is to end.
    std::function<void(const std::string& site)> replaced;
    std::function<std::int64_t()> now;  ///< seconds since 1970, UTC
  };
  SiteDesk(Places places, Hooks hooks);

  link::DeskAnswer answer(const link::DeskRequest& request) override;

 private:
  link::DeskAnswer decide(const link::DeskRequest& request);
  link::DeskAnswer enrol(const std::string& site, const link::Enrol& enrol);
  link::DeskAnswer rotate(const std::string& site, const link::Rotate& rotate);
  link::DeskAnswer finish(const std::string& site, const link::FinishRotation& finish);

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
};

}  // namespace icom::registration
