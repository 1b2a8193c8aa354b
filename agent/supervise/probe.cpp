#include "agent/supervise/probe.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <exception>

#include "agent/listen/linac_connection.hpp"
#include "common/icom/frame_identity.hpp"
#include "common/icom/values.hpp"
#include "common/os/local_clock.hpp"
#include "common/os/utc_clock.hpp"
#include "common/zone/time_zone.hpp"

namespace icom::supervise {

namespace asio = boost::asio;

namespace {

constexpr std::size_t kRoom = std::size_t{64} << 10U;

/// What a machine calls itself is shown, but it may hold anything.
std::string printable(std::string_view text) {
  std::string out(text.substr(0, 32));
  std::replace_if(
      out.begin(), out.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return out;
}

/// Seconds that clocks in `zone` (empty: this machine's own) are ahead of UTC now. nullopt: this
/// machine does not know the zone.
std::optional<std::int64_t> offset_now(const std::string& zone) {
  const std::int64_t now = os::utc_now_seconds();
  if (zone.empty()) return os::local_offset_at(now);
  const auto known = TimeZone::find(zone);
  return known ? std::optional(known->offset_at(now)) : std::nullopt;
}

class Probe final : public listen::StreamSink {
 public:
  Probe(const config::Address& linac, std::chrono::milliseconds duration, const std::string& zone)
      : duration_(duration),
        zone_offset_(offset_now(zone)),
        timer_(io_),
        connection_(io_, linac, listen::ListenerTimings{}, *this) {
    report_.timezone = zone;
  }

  ProbeReport run() {
    asio::co_spawn(io_, connection_.run(), [this](const std::exception_ptr& failure) {
      timer_.cancel();
      if (failure) std::rethrow_exception(failure);
    });
    io_.run();
    report_.framer = framer_.counts();
    return report_;
  }

  void connected() override {
    report_.answered = true;
    began_ = Clock::now();
    timer_.expires_after(duration_);
    timer_.async_wait([this](boost::system::error_code cancelled) {
      if (!cancelled) leave();
    });
  }
  std::span<std::byte> room() override { return framer_.writable(kRoom); }
  void received(std::size_t count) override {
    report_.bytes += count;
    framer_.commit(count);
    while (const auto piece = framer_.next()) look_at(*piece);
  }
  void paused() override {
    while (const auto piece = framer_.paused()) look_at(*piece);
  }
  void disconnected(std::string_view reason) override {
    if (!leaving_) report_.failure = reason;
    report_.observed = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - began_);
    report_.convention = framer_.learnt_convention();
    while (const auto piece = framer_.finish()) look_at(*piece);
    connection_.stop();
  }
  [[nodiscard]] bool patient_open() const override { return false; }  // it leaves soon anyway
  [[nodiscard]] bool brought_frame() const override { return framer_.counts().frames > 0; }
  void connect_failed(std::string_view reason) override {
    report_.failure = reason;
    connection_.stop();
  }

 private:
  using Clock = std::chrono::steady_clock;

  void leave() {
    leaving_ = true;
    connection_.stop();
  }
  void look_at(const Piece& piece) {
    if (piece.kind != Piece::Kind::frame) return;
    const auto facts = facts_of(piece.bytes);
    if (facts.machine_id) report_.machine_id = printable(*facts.machine_id);
    report_.patient_selected = facts.patient_id.has_value();
    const auto identity = identify(piece.bytes);
    if (identity && zone_offset_) {
      // A Linac's time is its local one, counted as if it were UTC.
      report_.clock_ahead_seconds = identity->time - (std::time(nullptr) + *zone_offset_);
    }
  }

  const std::chrono::milliseconds duration_;
  const std::optional<std::int64_t> zone_offset_;
  asio::io_context io_{1};
  asio::steady_timer timer_;
  Framer framer_;
  ProbeReport report_;
  Clock::time_point began_;
  bool leaving_ = false;
  listen::LinacConnection connection_;
};

}  // namespace

double ProbeReport::frames_per_second() const {
  const auto seconds = std::chrono::duration<double>(observed).count();
  return seconds > 0 ? static_cast<double>(framer.frames) / seconds : 0;
}

ProbeReport probe(const config::Address& linac, std::chrono::milliseconds duration,
                  const std::string& zone) {
  return Probe(linac, duration, zone).run();
}

}  // namespace icom::supervise
