// The gateway's records of sites, on disk: <registration>/sites/<site>.json.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/os/file_system.hpp"
#include "gateway/registration/site_record.hpp"

namespace icom::registration {

/// Several processes use the book: the running gateway, and the commands. Whoever changes it, or
/// the tokens or authorized_keys with it, holds its lock from before he looks until he is done.
/// Reading needs no lock: a record is replaced as a whole. All functions throw RegistrationError,
/// and find() os::MachineFault if nothing is wrong with the record. Thread-safe.
class SiteBook {
 public:
  /// Made where it is not there yet, by lock().
  explicit SiteBook(std::filesystem::path registration_folder);

  using Lock = std::unique_ptr<os::File>;
  /// Held until it goes. Waits for other processes, this long at most, and not longer than until
  /// `give_up` returns true; the error says who holds it.
  [[nodiscard]] Lock lock(std::chrono::milliseconds patience = std::chrono::seconds(10),
                          const std::function<bool()>& give_up = {}) const;

  /// Whether there is one, readable or not.
  [[nodiscard]] bool has(const std::string& site) const;
  /// Nothing if there is none.
  [[nodiscard]] std::optional<SiteRecord> find(const std::string& site) const;
  /// The sites that have one, readable or not, by name.
  [[nodiscard]] std::vector<std::string> sites() const;
  /// Durable when it returns. The lock is held.
  void save(const SiteRecord& record) const;
  /// What find() gave before, or what never was: for undoing. The lock is held.
  void restore(const std::string& site, const std::optional<SiteRecord>& record) const;

 private:
  [[nodiscard]] std::filesystem::path file_of(const std::string& site) const;
  std::filesystem::path folder_;
};

}  // namespace icom::registration
