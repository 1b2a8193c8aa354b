// Whether the archive's folder answers, and the lines that say so.
#pragma once

#include <chrono>
#include <cstdint>
#include <list>
#include <mutex>
#include <optional>
#include <string>

namespace icom::archive {

/// A share may refuse, or say nothing at all: then the thread that asked it hangs, and somebody
/// else has to notice. Said once, then once in a while as long as it lasts. Thread-safe.
class ShareWatch {
 public:
  using Clock = std::chrono::steady_clock;
  /// What a share that works may take for one file.
  static constexpr std::chrono::seconds kPatience{15};
  /// Between two lines about a trouble that lasts.
  static constexpr std::chrono::hours kAgain{1};
  /// Between two lines where the reason is another one each time.
  static constexpr std::chrono::minutes kBetweenReasons{1};

  /// A thread is in calls to the share as long as this lives.
  class Call {
   public:
    explicit Call(ShareWatch& watch, Clock::time_point since = Clock::now());
    ~Call();
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;

   private:
    ShareWatch& watch_;
    std::list<Clock::time_point>::iterator since_;
  };

  /// How the last attempt to bring the archive in step went: what failed, or empty.
  void attempted(const std::string& problem);
  [[nodiscard]] std::string last_problem() const;
  /// True while a call has not been answered within kPatience.
  [[nodiscard]] bool is_silent(Clock::time_point now) const;

  /// The line to log now, if there is one. `waiting`: records without their file. To be asked about
  /// once a second.
  struct Line {
    bool trouble = true;  ///< rather than its end
    std::string text;
  };
  std::optional<Line> line(Clock::time_point now, std::uint64_t waiting);

 private:
  enum class Kind { well, refuses, silent };
  [[nodiscard]] bool silent(Clock::time_point now) const;

  mutable std::mutex mutex_;
  std::list<Clock::time_point> calls_;  ///< when each began, the oldest first
  std::string problem_;
  Kind said_ = Kind::well;
  std::string said_problem_;
  Clock::time_point said_at_;
  std::string since_;  ///< when the trouble was first said, UTC
};

}  // namespace icom::archive
