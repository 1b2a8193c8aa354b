// Whose work is done next on a thread that all sites share.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace icom::ingest {

/// One piece of work of a site at a time, and after one that took long the site's next has to wait
/// ten times as long, for kMostPause at most. So a site that announces ten thousand runs again and
/// again has a tenth of the thread that looks them up, and each other site waits for one of its
/// announcements at most. An ordinary one takes microseconds. The same holds for the requests at
/// the desk, which take as long as the disk. Thread-safe.
class SiteTurns {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds kMostPause{2};

  /// Given back by its end. The turns outlive it.
  class Turn {
   public:
    Turn(SiteTurns& turns, std::string site) : turns_(&turns), site_(std::move(site)) {}
    ~Turn() {
      if (turns_ != nullptr) turns_->end(site_, took_);
    }
    Turn(Turn&& other) noexcept
        : turns_(std::exchange(other.turns_, nullptr)),
          site_(std::move(other.site_)),
          took_(other.took_) {}
    Turn& operator=(Turn&&) = delete;
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

    /// What the site is to wait for.
    void charge(Clock::duration took) { took_ = took; }

   private:
    SiteTurns* turns_;
    std::string site_;
    Clock::duration took_{};
  };

  explicit SiteTurns(std::function<Clock::time_point()> now = Clock::now) : now_(std::move(now)) {}

  /// Nothing while it is not this site's turn: to be asked again a little later.
  std::optional<Turn> begin(const std::string& site);

 private:
  struct Site {
    bool has_turn = false;
    Clock::time_point not_before{};
  };
  void end(const std::string& site, Clock::duration took);

  std::function<Clock::time_point()> now_;
  std::mutex mutex_;                   ///< guards what follows
  std::map<std::string, Site> sites_;  ///< those that had one: registered ones, not many
};

}  // namespace icom::ingest
