#include "agent/forward/port_forwards.hpp"

#include <algorithm>
#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "agent/forward/tunnel_session.hpp"

namespace icom::forward {

namespace asio = boost::asio;

namespace {

constexpr std::chrono::milliseconds kStatusAge{500};
constexpr std::size_t kMostLocalLanes = 8;

}  // namespace

class PortForwards::Impl {
 public:
  explicit Impl(PortForwardsTimings timings)
      : timings_(timings),
        random_(machine_random()),
        work_(asio::make_work_guard(io_)),
        ticker_(io_),
        thread_([this] {
          io_.run();
          ended_ = true;
        }) {}

  ~Impl() {
    asio::post(io_, [this] { abort(); });
    thread_.join();
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  template <typename Action>
  void post(Action action) {
    asio::post(io_, std::move(action));
  }

  // On the thread.

  void apply(config::TunnelSettings tunnel, std::vector<config::ForwardSettings> wanted);
  void stop();
  void abort();

  // On any.

  [[nodiscard]] bool ended() const { return ended_; }
  [[nodiscard]] std::vector<PortForwardStatus> status() const {
    const std::lock_guard lock(mutex_);
    return published_;
  }

 private:
  struct Placed {
    std::shared_ptr<PortForward> forward;
    std::shared_ptr<ForwardLane> lane;
  };

  std::optional<Placed> keep(const config::ForwardSettings& wanted);
  Placed make(const config::ForwardSettings& wanted);
  std::shared_ptr<ForwardLane> lane_for(const config::ForwardSettings& forward);
  std::shared_ptr<ForwardLane> open_lane(const std::string& name);
  void remove_all();
  void drop_empty_lanes();
  void publish();
  void publish_later();

  PortForwardsTimings timings_;
  Backoff::Random random_;
  asio::io_context io_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  asio::steady_timer ticker_;
  bool stopping_ = false;
  bool ticking_ = false;

  config::TunnelSettings tunnel_;
  std::vector<Placed> forwards_;                               ///< in the settings' order
  std::map<std::string, std::shared_ptr<ForwardLane>> lanes_;  ///< by name
  std::vector<std::weak_ptr<ForwardLane>> ending_;  ///< stopped, maybe still saying goodbye

  std::atomic<bool> ended_ = false;
  mutable std::mutex mutex_;
  std::vector<PortForwardStatus> published_;

  std::thread thread_;  ///< the last: it uses all of the above
};

void PortForwards::Impl::apply(config::TunnelSettings tunnel,
                               std::vector<config::ForwardSettings> wanted) {
  if (stopping_) return;
  if (!(tunnel == tunnel_)) remove_all();
  tunnel_ = std::move(tunnel);

  std::vector<Placed> now;
  std::vector<const config::ForwardSettings*> missing;
  std::vector<std::optional<Placed>> places;
  for (const auto& one : wanted) places.push_back(keep(one));
  // First what goes, then what comes: a new one may want an old one's port.
  for (const auto& gone : forwards_) gone.lane->remove(gone.forward);
  forwards_.clear();
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    forwards_.push_back(places[i] ? std::move(*places[i]) : make(wanted[i]));
  }
  drop_empty_lanes();
  publish();
  publish_later();
}

/// Takes the forward that can go on as `wanted` out of forwards_.
std::optional<PortForwards::Impl::Placed> PortForwards::Impl::keep(
    const config::ForwardSettings& wanted) {
  const auto found = std::find_if(forwards_.begin(), forwards_.end(), [&](const Placed& placed) {
    return placed.forward->can_become(wanted);
  });
  if (found == forwards_.end()) return std::nullopt;
  Placed kept = std::move(*found);
  forwards_.erase(found);
  kept.forward->change(wanted);
  return kept;
}

PortForwards::Impl::Placed PortForwards::Impl::make(const config::ForwardSettings& wanted) {
  Placed placed{PortForward::make(io_.get_executor(), wanted, timings_.forward), lane_for(wanted)};
  placed.lane->add(placed.forward);
  return placed;
}

std::shared_ptr<ForwardLane> PortForwards::Impl::lane_for(const config::ForwardSettings& forward) {
  const std::string remote = "remote";
  if (forward.direction == config::ForwardDirection::remote) return open_lane(remote);
  const std::string name = "local " + forward.target.host;
  const std::size_t local_lanes = lanes_.size() - lanes_.count(remote);
  if (lanes_.contains(name) || local_lanes < kMostLocalLanes) return open_lane(name);
  auto lane = lanes_.begin();  // `local …` comes before `remote`
  std::advance(lane, std::hash<std::string>{}(name) % local_lanes);
  return lane->second;
}

std::shared_ptr<ForwardLane> PortForwards::Impl::open_lane(const std::string& name) {
  auto& lane = lanes_[name];
  if (!lane) {
    lane = std::make_shared<ForwardLane>(
        io_.get_executor(), [tunnel = tunnel_] { return connect_for_forwards(tunnel); }, random_,
        timings_.lane);
    asio::co_spawn(io_, lane->run(), asio::detached);
  }
  return lane;
}

void PortForwards::Impl::remove_all() {
  for (const auto& gone : forwards_) gone.lane->remove(gone.forward);
  forwards_.clear();
  drop_empty_lanes();
}

void PortForwards::Impl::drop_empty_lanes() {
  std::erase_if(ending_, [](const auto& lane) { return lane.expired(); });
  std::erase_if(lanes_, [this](const auto& entry) {
    if (!entry.second->empty()) return false;
    entry.second->stop();
    ending_.push_back(entry.second);
    return true;
  });
}

void PortForwards::Impl::stop() {
  stopping_ = true;
  ticker_.cancel();
  for (const auto& [name, lane] : lanes_) lane->stop();
  work_.reset();
  publish();
}

void PortForwards::Impl::abort() {
  stop();
  for (const auto& [name, lane] : lanes_) lane->abort();
  for (const auto& weak : ending_) {
    if (const auto lane = weak.lock()) lane->abort();
  }
  // What has ended by now says so; the rest is dropped.
  asio::post(io_, [this] { io_.stop(); });
}

void PortForwards::Impl::publish() {
  std::vector<PortForwardStatus> now;
  for (const auto& placed : forwards_) now.push_back(placed.forward->status());
  const std::lock_guard lock(mutex_);
  published_ = std::move(now);
}

void PortForwards::Impl::publish_later() {
  if (stopping_ || forwards_.empty() || std::exchange(ticking_, true)) return;
  ticker_.expires_after(kStatusAge);
  ticker_.async_wait([this](boost::system::error_code cancelled) {
    ticking_ = false;
    if (cancelled) return;
    publish();
    publish_later();
  });
}

PortForwards::PortForwards(PortForwardsTimings timings) : impl_(std::make_unique<Impl>(timings)) {}
PortForwards::~PortForwards() = default;

void PortForwards::apply(config::TunnelSettings tunnel,
                         std::vector<config::ForwardSettings> forwards) {
  impl_->post(
      [impl = impl_.get(), tunnel = std::move(tunnel), forwards = std::move(forwards)]() mutable {
        impl->apply(std::move(tunnel), std::move(forwards));
      });
}

std::vector<PortForwardStatus> PortForwards::status() const {
  return impl_->status();
}

void PortForwards::stop() {
  impl_->post([impl = impl_.get()] { impl->stop(); });
}

bool PortForwards::ended() const {
  return impl_->ended();
}

void PortForwards::abort() {
  impl_->post([impl = impl_.get()] { impl->abort(); });
}

}  // namespace icom::forward
