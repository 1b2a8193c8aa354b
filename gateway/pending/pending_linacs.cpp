#include "gateway/pending/pending_linacs.hpp"

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <thread>

#include "common/config/address.hpp"
#include "common/config/name.hpp"
#include "common/os/edited_file.hpp"

namespace icom::pending {

namespace {

using Json = nlohmann::ordered_json;

/// An agent whose Linac waits asks again all the time: its last coming need not be known closer.
constexpr std::chrono::microseconds kNoteAgain = std::chrono::minutes(1);
/// 64 Linacs have 10 kB.
constexpr std::uint64_t kMaxFileBytes = 1U << 20U;
constexpr const char* kLockFile = ".lock";
constexpr const char* kExtension = ".json";
/// Somebody who holds the lock writes one small file.
constexpr std::chrono::milliseconds kLockWait{20};
constexpr int kLockTries = 50;

Json to_json(const PendingLinac& linac) {
  return {{"serial", linac.serial},
          {"address", linac.address},
          {"first_seen_us", linac.first_seen_us},
          {"last_seen_us", linac.last_seen_us},
          {"rejected", linac.rejected}};
}

PendingLinac from_json(const std::string& site, const Json& json) {
  return {site,
          json.at("serial").get<std::string>(),
          json.at("address").get<std::string>(),
          json.at("first_seen_us").get<std::int64_t>(),
          json.at("last_seen_us").get<std::int64_t>(),
          json.at("rejected").get<bool>()};
}

std::string text_of(const std::vector<PendingLinac>& linacs) {
  Json json = Json::array();
  for (const PendingLinac& linac : linacs) json.push_back(to_json(linac));
  return json.dump(2) + "\n";
}

}  // namespace

PendingLinacs::PendingLinacs(os::FileSystem& files, std::filesystem::path folder)
    : files_(files), folder_(std::move(folder)) {}

std::filesystem::path PendingLinacs::file_of(const std::string& site) const {
  return folder_ / (site + kExtension);
}

std::unique_ptr<os::File> PendingLinacs::lock(int tries) {
  std::unique_ptr<os::File> held;
  std::error_code error;
  while ((error = files_.lock(folder_ / kLockFile, held)) ==
             std::errc::resource_unavailable_try_again &&
         --tries > 0) {
    std::this_thread::sleep_for(kLockWait);
  }
  if (error) {
    throw std::runtime_error("cannot lock " + folder_.string() + ": " + error.message() +
                             "; try again, as the account that the gateway runs as");
  }
  return held;
}

std::vector<PendingLinac> PendingLinacs::read(const std::string& site) const {
  std::vector<PendingLinac> linacs;
  std::uint64_t size = 0;
  if (files_.file_size(file_of(site), size) == std::errc::no_such_file_or_directory) return linacs;
  const std::string text = os::read_text_file(files_, file_of(site), kMaxFileBytes);
  try {
    for (const Json& one : Json::parse(text)) linacs.push_back(from_json(site, one));
  } catch (const Json::exception&) {
    throw std::runtime_error(file_of(site).string() +
                             " is damaged: delete it; what waits is told again by the agents");
  }
  std::ranges::sort(linacs, {}, &PendingLinac::serial);
  return linacs;
}

std::error_code PendingLinacs::write(const std::string& site,
                                     const std::vector<PendingLinac>& linacs) {
  return os::write_atomically(files_, file_of(site), as_bytes(text_of(linacs)));
}

PendingState PendingLinacs::note(const std::string& site, const std::string& serial,
                                 const std::string& address, std::int64_t now_us) {
  if (!config::parse_name(serial) || !config::parse_address(address, 0)) {
    return PendingState::malformed;
  }
  try {
    if (files_.create_directories(folder_)) return PendingState::not_noted;
    const auto held = lock(1);
    std::vector<PendingLinac> linacs = read(site);
    const auto found = std::ranges::find(linacs, serial, &PendingLinac::serial);
    if (found == linacs.end()) {
      if (linacs.size() >= kMaxPendingPerSite) return PendingState::too_many;
      linacs.push_back({site, serial, address, now_us, now_us, false});
      return write(site, linacs) ? PendingState::not_noted : PendingState::waits;
    }
    const PendingState state = found->rejected ? PendingState::rejected : PendingState::waits;
    const bool seen_lately = std::abs(now_us - found->last_seen_us) < kNoteAgain.count();
    if (seen_lately && found->address == address) return state;
    found->address = address;
    found->last_seen_us = now_us;
    return write(site, linacs) ? PendingState::not_noted : state;
  } catch (const std::runtime_error&) {
    return PendingState::not_noted;
  }
}

std::vector<PendingLinac> PendingLinacs::list() const {
  std::vector<PendingLinac> all;
  std::vector<std::string> names;
  const std::error_code error = files_.list(folder_, names);
  if (error && error != std::errc::no_such_file_or_directory) {
    throw std::runtime_error("cannot read " + folder_.string() + ": " + error.message() +
                             "; use the account that the gateway runs as");
  }
  for (const std::filesystem::path name : names) {
    if (name.extension() != kExtension) continue;
    const auto of_site = read(name.stem().string());
    all.insert(all.end(), of_site.begin(), of_site.end());
  }
  return all;
}

/// Whoever decides may be another account than the gateway's, whose file it stays.
void PendingLinacs::rewrite(const std::string& site, const std::vector<PendingLinac>& linacs) {
  if (const auto error = os::rewrite_atomically(files_, file_of(site), as_bytes(text_of(linacs)))) {
    throw std::runtime_error("cannot write " + file_of(site).string() + ": " + error.message());
  }
}

void PendingLinacs::forget(const std::string& site, const std::string& serial) {
  if (read(site).empty()) return;
  const auto held = lock(kLockTries);
  std::vector<PendingLinac> linacs = read(site);
  const auto is_it = [&serial](const PendingLinac& one) { return one.serial == serial; };
  if (std::erase_if(linacs, is_it) > 0) rewrite(site, linacs);
}

bool PendingLinacs::reject(const std::string& site, const std::string& serial) {
  if (read(site).empty()) return false;
  const auto held = lock(kLockTries);
  std::vector<PendingLinac> linacs = read(site);
  const auto found = std::ranges::find(linacs, serial, &PendingLinac::serial);
  if (found == linacs.end()) return false;
  found->rejected = true;
  rewrite(site, linacs);
  return true;
}

}  // namespace icom::pending
