// Remembers which sites have proved that they know their token.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>

#include "gateway/ingest/proof_book.hpp"
#include "gateway/registration/places.hpp"

namespace icom::registration {

/// In the sites' records, one of which is made where a site has none. Thread-safe.
class ProvedSites final : public ingest::ProofBook {
 public:
  /// `now`: seconds since 1970, UTC.
  ProvedSites(Places places, std::function<std::int64_t()> now)
      : places_(std::move(places)), now_(std::move(now)) {}
  /// What goes wrong is logged: until it is noted, another greeting is taken after a restart.
  void proved(const std::string& site) override;
  /// From now on proved() waits for no other process.
  void stop() { stopping_ = true; }

 private:
  Places places_;
  std::function<std::int64_t()> now_;
  std::atomic<bool> stopping_ = false;
};

}  // namespace icom::registration
