#include "gateway/fanout/gateway_fan_out.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <exception>
#include <utility>

namespace icom::fanout {

namespace asio = boost::asio;

GatewayFanOut::GatewayFanOut(const Options& options)
    : options_(options),
      work_(asio::make_work_guard(io_)),
      server_(io_.get_executor(), options.limits),
      pause_(io_) {}

GatewayFanOut::~GatewayFanOut() {
  stop();
}

void GatewayFanOut::apply(const config::FanOutSettings& settings, const Serials& serials) {
  const std::lock_guard lock(mutex_);
  const auto has_port = [&settings](const std::string& serial) {
    return std::ranges::any_of(settings.ports,
                               [&serial](const auto& port) { return port.serial == serial; });
  };
  std::erase_if(linacs_, [&](const auto& one) {
    const auto known = serials.find(one.first);
    return known == serials.end() || !has_port(known->second);
  });
  for (const auto& [linac, serial] : serials) {
    if (has_port(serial)) linacs_[linac].serial = serial;
  }
  warn_of_strangers(settings, serials);
  asio::post(io_, [this, settings] { server_.apply(settings); });
}

void GatewayFanOut::warn_of_strangers(const config::FanOutSettings& settings,
                                      const Serials& serials) {
  std::set<std::string> strangers;
  for (const config::FanOutPort& port : settings.ports) {
    const bool known = std::ranges::any_of(
        serials, [&port](const auto& one) { return one.second == port.serial; });
    if (known) continue;
    strangers.insert(port.serial);
    if (!strangers_.contains(port.serial)) {
      spdlog::warn("fan_out: no site has a Linac {}: its port {} is silent until one has",
                   port.serial, port.listen.text());
    }
  }
  strangers_ = std::move(strangers);
}

void GatewayFanOut::start() {
  if (!thread_.joinable()) thread_ = std::thread([this] { io_.run(); });
}

void GatewayFanOut::stop() {
  if (!thread_.joinable()) return;
  asio::co_spawn(
      io_, [this] { return server_.stop(); }, [this](const std::exception_ptr&) { io_.stop(); });
  thread_.join();
}

std::vector<GatewayFanOut::Copy> GatewayFanOut::copies_of(const store::IncomingBatch& batch) {
  {
    const std::lock_guard lock(mutex_);
    if (!linacs_.contains(batch.linac)) return {};
  }
  std::vector<Copy> copies;
  copies.reserve(batch.entries.size());
  for (const store::IncomingEntry& entry : batch.entries) {
    const bool frame = entry.kind == EntryKind::frame;
    Copy& copy = copies.emplace_back();
    copy.place = {.kind = entry.kind,
                  .run = entry.run,
                  .seq = entry.seq,
                  .hash = entry.identity.hash,
                  .time = entry.identity.time,
                  .late = is_late_connection(entry.kind, entry.bytes)};
    // Of other kinds the feed has to know, and nobody gets them.
    if (frame || entry.kind == EntryKind::junk) copy.piece = Piece::copy_of(entry.bytes, frame);
  }
  return copies;
}

void GatewayFanOut::hand_over(store::LinacId linac, std::vector<Copy> copies) {
  if (copies.empty()) return;
  const std::lock_guard lock(mutex_);
  const auto found = linacs_.find(linac);
  if (found == linacs_.end()) return;
  Linac& to = found->second;
  for (Copy& copy : copies) {
    if (!to.feed.take(copy.place)) continue;
    to.waiting_bytes += copy.piece.bytes->size();
    to.waiting.push_back(std::move(copy.piece));
  }
  if (to.waiting_bytes > options_.max_waiting_bytes) {
    to.waiting.clear();
    to.waiting_bytes = 0;
    to.overflowed = true;
  }
  if (!std::exchange(giving_, true)) asio::post(io_, [this] { give_to_clients(); });
}

/// A helping to each Linac's clients; the rest, if there is any, after a pause.
void GatewayFanOut::give_to_clients() {
  for (const Helping& helping : take_helpings()) {
    if (helping.cut_off) {
      server_.cut_off(helping.serial, "its Linac's frames come faster than they can be given out");
    }
    for (const Piece& piece : helping.pieces) server_.publish(helping.serial, piece);
  }
  const std::lock_guard lock(mutex_);
  giving_ = std::ranges::any_of(linacs_, [](const auto& one) {
    return !one.second.waiting.empty() || one.second.overflowed;
  });
  if (!giving_) return;
  pause_.expires_after(kBetweenHelpings);
  pause_.async_wait([this](boost::system::error_code cancelled) {
    if (!cancelled) give_to_clients();
  });
}

std::vector<GatewayFanOut::Helping> GatewayFanOut::take_helpings() {
  const std::lock_guard lock(mutex_);
  std::vector<Helping> helpings;
  for (auto& [id, linac] : linacs_) {
    if (!linac.waiting.empty() || linac.overflowed) take_helping(linac, helpings.emplace_back());
  }
  return helpings;
}

void GatewayFanOut::take_helping(Linac& from, Helping& to) {
  to.serial = from.serial;
  to.cut_off = std::exchange(from.overflowed, false);
  if (!server_.has_clients(from.serial)) {
    from.waiting.clear();
    from.waiting_bytes = 0;
  }
  for (std::size_t taken = 0; !from.waiting.empty() && taken < kHelping;) {
    const std::size_t size = from.waiting.front().bytes->size();
    to.pieces.push_back(std::move(from.waiting.front()));
    from.waiting.pop_front();
    from.waiting_bytes -= size;
    taken += size;
  }
}

bool FanOutSink::submit(store::IncomingBatch&& batch) {
  const store::LinacId linac = batch.linac;
  auto copies = fan_out_.copies_of(batch);
  if (!sink_.submit(std::move(batch))) return false;
  fan_out_.hand_over(linac, std::move(copies));
  return true;
}

}  // namespace icom::fanout
