#include "agent/fanout/site_fan_out.hpp"

#include <algorithm>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <utility>

#include "common/asio/as_tuple.hpp"
#include "common/os/utc_clock.hpp"

namespace icom::fanout {

namespace asio = boost::asio;
using asio::awaitable;

namespace {

constexpr std::chrono::seconds kStatusEach{1};

}  // namespace

SiteFanOut::Follower::Follower(os::FileSystem& files, const std::filesystem::path& spool)
    : reader(files, spool) {
  reader.skip_to_end();
}

/// Whether the next entry stood in the Linac's stream, and came on the connection that is open.
bool SiteFanOut::Follower::is_live(const spool::Entry& entry) {
  if (std::exchange(run, entry.run) != entry.run) live = LiveStream();
  const bool frame = entry.kind == EntryKind::frame;
  return live.take(entry.kind, is_late_connection(entry.kind, entry.bytes),
                   frame ? identify(entry.bytes) : std::nullopt);
}

SiteFanOut::SiteFanOut(const asio::any_io_executor& executor, os::FileSystem& files,
                       FanOutStatus identity, std::function<void(const FanOutStatus&)> publish,
                       const Limits& limits)
    : executor_(executor),
      files_(files),
      identity_(std::move(identity)),
      publish_(std::move(publish)),
      server_(executor, limits),
      watch_(executor),
      stop_bell_(executor) {}

void SiteFanOut::apply(const config::SiteSettings& site) {
  std::erase_if(followers_, [&site](const auto& one) {
    return std::ranges::none_of(site.fan_out.ports,
                                [&](const auto& port) { return port.serial == one.first; });
  });
  for (const auto& port : site.fan_out.ports) {
    if (followers_.contains(port.serial)) continue;
    const auto spool = site.spool.directory / port.serial;
    watch_.add(spool);
    followers_.try_emplace(port.serial, files_, spool);
  }
  server_.apply(site.fan_out);
}

awaitable<void> SiteFanOut::run() {
  using asio::experimental::awaitable_operators::operator||;
  co_await (follow() || tell_status() || wait_for_stop());
  co_await server_.stop();
  publish_(status());
}

void SiteFanOut::stop() {
  stopping_ = true;
  stop_bell_.ring();
}

awaitable<void> SiteFanOut::wait_for_stop() {
  while (!stopping_) co_await stop_bell_.wait_until(Bell::Clock::time_point::max());
}

awaitable<void> SiteFanOut::follow() {
  asio::steady_timer pause(executor_);
  for (;;) {
    bool more = false;
    for (auto& [serial, follower] : followers_) more = hand_on(serial, follower) || more;
    if (more) {
      pause.expires_after(kBetweenHelpings);
      co_await pause.async_wait(kAsTuple);
    } else {
      co_await watch_.wait();
    }
  }
}

/// Hands on what the spool has, a helping at most. True: there may be more.
bool SiteFanOut::hand_on(const std::string& serial, Follower& follower) {
  std::size_t bytes = 0;
  while (bytes < kHelping) {
    const auto entry = follower.reader.next();
    if (!entry) return false;
    const bool frame = entry->kind == EntryKind::frame;
    if (frame) ++follower.frames;
    bytes += entry->bytes.size();
    if (!follower.is_live(*entry)) continue;
    if (server_.has_clients(serial)) server_.publish(serial, Piece::copy_of(entry->bytes, frame));
  }
  return true;
}

awaitable<void> SiteFanOut::tell_status() {
  using Clock = std::chrono::steady_clock;
  asio::steady_timer pause(executor_);
  FanOutStatus told;
  auto told_at = Clock::time_point{};
  for (;;) {
    FanOutStatus now = status();
    const bool same = now.ports == told.ports;
    if (!same || Clock::now() - told_at >= kFanOutFileEach) {
      publish_(now);
      told = std::move(now);
      told_at = Clock::now();
    }
    pause.expires_after(kStatusEach);
    co_await pause.async_wait(kAsTuple);
  }
}

FanOutStatus SiteFanOut::status() const {
  FanOutStatus status = identity_;
  status.written_us = os::utc_now_us();
  for (const PortStatus& port : server_.status()) {
    PortReport& report = status.ports.emplace_back();
    report.serial = port.serial;
    report.listen = port.listen;
    report.listening = port.listening;
    report.problem = port.problem;
    report.clients = port.clients;
    report.clients_total = port.clients_total;
    report.cut_off = port.cut_off;
    report.refused = port.refused;
    report.sent_bytes = port.sent_bytes;
    const auto follower = followers_.find(port.serial);
    if (follower != followers_.end()) report.frames = follower->second.frames;
  }
  return status;
}

}  // namespace icom::fanout
