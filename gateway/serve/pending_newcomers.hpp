// Has Linacs that the gateway does not know wait for approval.
#pragma once

#include <string>

#include "gateway/ingest/newcomers.hpp"
#include "gateway/pending/pending_linacs.hpp"

namespace icom::serve {

/// `pending` outlives it. Thread-safe.
class PendingNewcomers final : public ingest::Newcomers {
 public:
  explicit PendingNewcomers(pending::PendingLinacs& pending) : pending_(pending) {}
  std::string note(const std::string& site, const std::string& serial,
                   const std::string& address) override;

 private:
  pending::PendingLinacs& pending_;
};

}  // namespace icom::serve
