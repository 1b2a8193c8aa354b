#include "gateway/pending/pending_linacs.hpp"

#include <algorithm>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <thread>

#include "common/config/address.hpp"
#include "common/config/name.hpp"
#include "common/os/edited_file.hpp"
#include "common/os/lock_holder.hpp"
#include "common/os/users.hpp"

namespace icom::pending {

namespace {

using Json = nlohmann::ordered_json;

/// An agent whose Linac waits is heard of all the time: its last coming need not be known closer.
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

bool is_well_formed(const Announced& linac) {
  return config::parse_name(linac.serial) && config::parse_address(linac.address, 0);
}

/// Since an agent has told of it last. A time to come was written by a clock that was wrong.
std::chrono::microseconds age_of(const PendingLinac& linac, std::int64_t now_us) {
  return std::chrono::microseconds(std::abs(now_us - linac.last_seen_us));
}

/// Precondition: there is one.
std::vector<PendingLinac>::iterator oldest_of(std::vector<PendingLinac>& linacs,
                                              std::int64_t now_us) {
  return std::ranges::max_element(
      linacs, {}, [now_us](const PendingLinac& linac) { return age_of(linac, now_us); });
}

}  // namespace

PendingLinacs::PendingLinacs(os::FileSystem& files, std::filesystem::path folder,
                             ApprovedOf approved_of)
    : files_(files), folder_(std::move(folder)), approved_of_(std::move(approved_of)) {}

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
  if (error == std::errc::resource_unavailable_try_again) {
    throw std::runtime_error(os::lock_holder(folder_ / kLockFile) + " holds " +
                             (folder_ / kLockFile).string() +
                             ": is that an icom-gateway command that hangs? End it");
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

Noted PendingLinacs::note(const std::string& site, const std::vector<Announced>& announced,
                          std::int64_t now_us) {
  try {
    return note_in_file(site, announced, now_us);
  } catch (const std::runtime_error& error) {
    return {std::vector(announced.size(), PendingState::not_noted), {}, error.what()};
  }
}

Noted PendingLinacs::note_in_file(const std::string& site, const std::vector<Announced>& announced,
                                  std::int64_t now_us) {
  if (const auto error = files_.create_directories(folder_)) throw std::system_error(error);
  const auto held = lock(1);
  std::vector<PendingLinac> linacs = read(site);
  Noted noted;
  const auto approved = approved_of_ ? approved_of_(site) : std::vector<std::string>();
  const auto is_approved = [&approved](const std::string& serial) {
    return std::ranges::find(approved, serial) != approved.end();
  };
  bool changed =
      std::erase_if(linacs, [&](const PendingLinac& one) { return is_approved(one.serial); }) > 0;
  // First those that are known, so that none of them makes room for a new one.
  for (const Announced& one : announced) {
    noted.states.push_back(PendingState::malformed);
    if (!is_well_formed(one)) continue;
    noted.states.back() = PendingState::too_many;
    const auto found = std::ranges::find(linacs, one.serial, &PendingLinac::serial);
    if (found == linacs.end()) continue;
    noted.states.back() = found->rejected ? PendingState::rejected : PendingState::waits;
    const bool seen_lately = age_of(*found, now_us) < kNoteAgain;
    if (seen_lately && found->address == one.address) continue;
    found->address = one.address;
    found->last_seen_us = now_us;
    changed = true;
  }
  std::vector<std::size_t> added;
  for (std::size_t i = 0; i < announced.size(); ++i) {
    if (noted.states[i] != PendingState::too_many) continue;
    if (is_approved(announced[i].serial)) {
      noted.states[i] = PendingState::approved;
      continue;
    }
    if (linacs.size() >= kMaxPendingPerSite) {
      const auto oldest = oldest_of(linacs, now_us);
      if (age_of(*oldest, now_us) < kMakesRoomAfter) continue;
      noted.made_room.push_back(*oldest);
      linacs.erase(oldest);
    }
    linacs.push_back({site, announced[i].serial, announced[i].address, now_us, now_us, false});
    noted.states[i] = PendingState::waits;
    added.push_back(i);
  }
  const auto error = changed || !added.empty() ? write(site, linacs) : std::error_code();
  if (error) {
    noted.failure = "cannot write " + file_of(site).string() + ": " + error.message();
    noted.made_room.clear();
    for (const std::size_t i : added) noted.states[i] = PendingState::not_noted;
  }
  return noted;
}

std::vector<PendingLinac> PendingLinacs::withdraw(const std::string& site,
                                                  std::span<const std::string> serials) {
  try {
    return withdraw_from_file(site, serials);
  } catch (const std::runtime_error&) {
    return {};
  }
}

std::vector<PendingLinac> PendingLinacs::withdraw_from_file(const std::string& site,
                                                            std::span<const std::string> serials) {
  const auto goes = [&](const PendingLinac& one) {
    return !one.rejected && std::ranges::find(serials, one.serial) != serials.end();
  };
  if (serials.empty() || std::ranges::none_of(read(site), goes)) return {};
  const auto held = lock(1);
  std::vector<PendingLinac> linacs = read(site);
  const auto going = std::ranges::stable_partition(linacs, std::not_fn(goes));
  std::vector<PendingLinac> gone(going.begin(), going.end());
  linacs.erase(going.begin(), going.end());
  if (gone.empty() || write(site, linacs)) return {};
  return gone;
}

std::vector<PendingLinac> PendingLinacs::list() const {
  std::vector<std::string> problems;
  auto all = list(problems);
  if (!problems.empty()) throw std::runtime_error(problems.front());
  return all;
}

std::vector<PendingLinac> PendingLinacs::of_site(const std::string& site) const {
  const os::ActingForOwner owner(folder_);
  return read(site);
}

std::vector<PendingLinac> PendingLinacs::list(std::vector<std::string>& problems) const {
  const os::ActingForOwner owner(folder_);
  std::vector<PendingLinac> all;
  std::vector<std::string> names;
  const std::error_code error = files_.list(folder_, names);
  if (error && error != std::errc::no_such_file_or_directory) {
    throw std::runtime_error("cannot read " + folder_.string() + ": " + error.message() +
                             "; use the account that the gateway runs as");
  }
  for (const std::filesystem::path name : names) {
    if (name.extension() != kExtension) continue;
    try {
      const auto waiting = read(name.stem().string());
      all.insert(all.end(), waiting.begin(), waiting.end());
    } catch (const std::runtime_error& unreadable) {
      problems.emplace_back(unreadable.what());
    }
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
  const os::ActingForOwner owner(folder_);
  forget_all(site, {&serial, 1});
}

void PendingLinacs::forget_all(const std::string& site, std::span<const std::string> serials) {
  const auto is_one = [&](const PendingLinac& one) {
    return std::ranges::find(serials, one.serial) != serials.end();
  };
  if (std::ranges::none_of(read(site), is_one)) return;
  const auto held = lock(kLockTries);
  std::vector<PendingLinac> linacs = read(site);
  if (std::erase_if(linacs, is_one) > 0) rewrite(site, linacs);
}

bool PendingLinacs::reject(const std::string& site, const std::string& serial) {
  const os::ActingForOwner owner(folder_);
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
