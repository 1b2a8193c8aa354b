// The sites and Linacs that may send, and the secrets by which a site is known.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/ingest/credentials.hpp"
#include "gateway/store/store.hpp"

namespace icom::ingest {

struct RegisteredLinac {
  std::string serial;
  store::LinacId id = 0;
  std::string address{};  ///< HOST:PORT, as the gateway's file of the site has it; may be empty
};

struct RegisteredSite {
  std::string site;
  Credentials credentials;
  std::vector<RegisteredLinac> linacs;
  std::string broken{};  ///< what is wrong with its file, and where; it is refused then

  [[nodiscard]] const RegisteredLinac* find(std::string_view serial) const;
};

/// Thread-safe.
class SiteRegistry {
 public:
  explicit SiteRegistry(std::vector<RegisteredSite> sites);
  /// Null if there is no such site. What is given stays as it is, for as long as somebody holds it.
  [[nodiscard]] std::shared_ptr<const RegisteredSite> find(std::string_view site) const;
  /// The site that has this Linac; null if none has.
  [[nodiscard]] std::shared_ptr<const RegisteredSite> owner_of(std::string_view serial) const;
  [[nodiscard]] std::size_t size() const;
  /// Whether any site may still send its token in clear.
  [[nodiscard]] bool takes_clear_tokens() const;
  /// These take the place of all that there were. Who has asked before knows nothing of it.
  void replace(std::vector<RegisteredSite> sites);

 private:
  using Sites = std::map<std::string, std::shared_ptr<const RegisteredSite>, std::less<>>;
  static Sites by_name(std::vector<RegisteredSite> sites);

  mutable std::mutex mutex_;
  Sites sites_;
};

}  // namespace icom::ingest
