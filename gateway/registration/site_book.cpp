#include "gateway/registration/site_book.hpp"

#include <span>
#include <thread>

#include "common/os/lock_holder.hpp"
#include "common/os/machine_fault.hpp"
#include "gateway/registration/places.hpp"

namespace icom::registration {
namespace {

constexpr std::chrono::milliseconds kLockRetry{20};
constexpr std::size_t kMaxRecord = 64U << 10U;

}  // namespace

SiteBook::SiteBook(std::filesystem::path registration_folder)
    : folder_(std::move(registration_folder)) {}

std::filesystem::path SiteBook::file_of(const std::string& site) const {
  return folder_ / "sites" / (site + ".json");
}

SiteBook::Lock SiteBook::lock(std::chrono::milliseconds patience,
                              const std::function<bool()>& give_up) const {
  make_private_folder(folder_ / "sites");
  auto& files = os::real_file_system();
  const std::filesystem::path name = folder_ / "lock";
  std::unique_ptr<os::File> made;  // so that a lock that root makes is the service's to hold, too
  if (const auto error = files.create_for(name, os::Access::owner, made);
      error && error != std::errc::file_exists) {
    throw RegistrationError("cannot make " + name.string() + " (" + error.message() + ")");
  }
  const auto until = std::chrono::steady_clock::now() + patience;
  for (;;) {
    Lock held;
    const auto error = files.lock(name, held);
    if (!error) return held;
    if (error != std::errc::resource_unavailable_try_again) {
      throw RegistrationError("cannot lock " + name.string() + " (" + error.message() + ")");
    }
    if (std::chrono::steady_clock::now() >= until || (give_up && give_up())) {
      throw RegistrationError(os::lock_holder(name) + " holds " + name.string() +
                              " for too long: is that an icom-gateway command that hangs? End it");
    }
    std::this_thread::sleep_for(kLockRetry);
  }
}

bool SiteBook::has(const std::string& site) const {
  std::error_code error;
  return std::filesystem::exists(file_of(site), error);
}

std::optional<SiteRecord> SiteBook::find(const std::string& site) const {
  const std::filesystem::path file = file_of(site);
  std::string text(kMaxRecord + 1, '\0');
  std::unique_ptr<os::File> opened;
  std::size_t size = 0;
  auto error = os::real_file_system().open_read(file, opened);
  if (error == std::errc::no_such_file_or_directory) return std::nullopt;
  if (!error) error = opened->read_at(0, std::as_writable_bytes(std::span(text)), size);
  if (os::is_machine_fault(error)) {
    throw os::MachineFault("cannot read " + file.string() + " now (" + error.message() + ")");
  }
  if (error || size > kMaxRecord) {
    throw RegistrationError("cannot read " + file.string() +
                            ": it must belong to the account that runs this");
  }
  text.resize(size);
  auto record = record_from_json(text);
  if (!record || record->site != site) {
    throw RegistrationError(file.string() + " is damaged: restore it, or remove it and enrol " +
                            site + " again");
  }
  return record;
}

std::vector<std::string> SiteBook::sites() const {
  std::vector<std::string> names;
  const auto error = os::real_file_system().list(folder_ / "sites", names);
  if (error && error != std::errc::no_such_file_or_directory) {
    throw RegistrationError("cannot read " + (folder_ / "sites").string() + " (" + error.message() +
                            ")");
  }
  std::vector<std::string> sites;
  for (const std::filesystem::path name : names) {
    if (name.extension() == ".json") sites.push_back(name.stem().string());
  }
  return sites;
}

void SiteBook::save(const SiteRecord& record) const {
  const std::string text = to_json(record);
  const auto error = os::write_atomically_for(os::real_file_system(), file_of(record.site),
                                              os::Access::owner, as_bytes(text));
  if (error) {
    throw RegistrationError("cannot write " + file_of(record.site).string() + " (" +
                            error.message() + ")");
  }
}

void SiteBook::restore(const std::string& site, const std::optional<SiteRecord>& record) const {
  if (record) return save(*record);
  os::real_file_system().remove(file_of(site));
}

}  // namespace icom::registration
