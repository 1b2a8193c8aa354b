#include "gateway/serve/connections_writer.hpp"

#include <spdlog/spdlog.h>

#include <chrono>
#include <exception>
#include <utility>

namespace icom::serve {

namespace {

constexpr std::chrono::seconds kLookAtBoard{1};
constexpr std::int64_t kSeenAgainUs = std::chrono::microseconds(registration::kSeenAgain).count();

/// Nothing of it has to be written yet: only the time at which it was seen is another.
bool is_fresh(const registration::SiteConnection& noted, const registration::SiteConnection& now) {
  const std::int64_t age = now.seen_us - noted.seen_us;
  return noted.is_connected && now.is_connected && noted.since_us == now.since_us && age >= 0 &&
         age < kSeenAgainUs;
}

}  // namespace

registration::SiteConnection noted_as(const ingest::SitePresence& presence, std::int64_t now_us) {
  const bool is_connected = presence.agents > 0;
  return {is_connected, presence.since_us, is_connected ? now_us : presence.until_us};
}

ConnectionsWriter::ConnectionsWriter(std::filesystem::path registration,
                                     const ingest::LinkStatusBoard& board,
                                     std::function<std::int64_t()> now,
                                     std::function<bool()> may_write)
    : registration_(std::move(registration)),
      board_(board),
      now_(std::move(now)),
      may_write_(std::move(may_write)) {}

void ConnectionsWriter::start() {
  if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
}

void ConnectionsWriter::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

void ConnectionsWriter::run() {
  read_last();
  std::unique_lock lock(mutex_);
  while (true) {
    const bool is_last = stopping_;
    lock.unlock();
    write_if_changed();
    if (is_last) return;
    lock.lock();
    changed_.wait_for(lock, kLookAtBoard, [this] { return stopping_; });
  }
}

/// Whoever was connected when the gateway ended is not now.
void ConnectionsWriter::read_last() {
  try {
    noted_ = registration::read_connections(registration_);
  } catch (const std::exception& error) {
    spdlog::warn("when sites were connected before this start is not known: {}", error.what());
  }
  for (auto& [site, noted] : noted_) {
    if (noted.is_connected) is_written_ = false;
    noted.is_connected = false;
  }
}

void ConnectionsWriter::write_if_changed() {
  const std::int64_t now_us = now_();
  for (const auto& [site, presence] : board_.sites()) {
    const registration::SiteConnection now = noted_as(presence, now_us);
    registration::SiteConnection& noted = noted_[site];
    if (now == noted || is_fresh(noted, now)) continue;
    noted = now;
    is_written_ = false;
  }
  if (is_written_ || (may_write_ && !may_write_())) return;
  try {
    registration::write_connections(registration_, noted_);
    is_written_ = true;
  } catch (const std::exception& error) {
    if (const auto unsaid = fault_lines_.admit(std::chrono::steady_clock::now())) {
      spdlog::error(
          "when sites are connected cannot be noted, which is tried again: {} ({} like this not "
          "logged)",
          error.what(), *unsaid);
    }
  }
}

}  // namespace icom::serve
