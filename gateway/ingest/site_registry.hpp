// The sites and Linacs that may send, and the secrets by which a site is known.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/ingest/credentials.hpp"
#include "gateway/store/store.hpp"

namespace icom::ingest {

struct RegisteredLinac {
  std::string serial;
  store::LinacId id = 0;
};

struct RegisteredSite {
  std::string site;
  Credentials credentials;
  std::vector<RegisteredLinac> linacs;

  [[nodiscard]] const RegisteredLinac* find(std::string_view serial) const;
};

/// Immutable, and so thread-safe.
class SiteRegistry {
 public:
  explicit SiteRegistry(std::vector<RegisteredSite> sites);
  /// Null if there is no such site. Lives as long as the registry.
  [[nodiscard]] const RegisteredSite* find(std::string_view site) const;

 private:
  std::map<std::string, RegisteredSite, std::less<>> sites_;
};

}  // namespace icom::ingest
