#include "gateway/registration/proved_sites.hpp"

#include <spdlog/spdlog.h>

#include <chrono>
#include <exception>

#include "gateway/registration/site_book.hpp"

namespace icom::registration {

/// A command that hangs with the lock must hold up neither the desk nor the gateway's stop.
constexpr std::chrono::seconds kPatience{1};

void ProvedSites::proved(const std::string& site) {
  try {
    const SiteBook book(places_.registration);
    const SiteBook::Lock lock = book.lock(kPatience, [this] { return stopping_.load(); });
    SiteRecord record = book.find(site).value_or(SiteRecord{site, {}, {}, {}, {}});
    if (record.proved) return;
    record.proved = now_();
    book.save(record);
    spdlog::info(
        "{}: its agent proves that it knows the token; from now on none that sends it in "
        "clear is taken",
        site);
  } catch (const std::exception& error) {
    spdlog::error("{}: that its agent has proved itself cannot be written down: {}", site,
                  error.what());
  }
}

}  // namespace icom::registration
