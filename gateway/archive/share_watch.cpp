#include "gateway/archive/share_watch.hpp"

#include "common/os/utc_clock.hpp"
#include "common/os/utc_text.hpp"

namespace icom::archive {

ShareWatch::Call::Call(ShareWatch& watch, Clock::time_point since) : watch_(watch) {
  const std::lock_guard lock(watch_.mutex_);
  since_ = watch_.calls_.insert(watch_.calls_.end(), since);
}

ShareWatch::Call::~Call() {
  const std::lock_guard lock(watch_.mutex_);
  watch_.calls_.erase(since_);
}

void ShareWatch::attempted(const std::string& problem) {
  const std::lock_guard lock(mutex_);
  problem_ = problem;
}

std::string ShareWatch::last_problem() const {
  const std::lock_guard lock(mutex_);
  return problem_;
}

bool ShareWatch::is_silent(Clock::time_point now) const {
  const std::lock_guard lock(mutex_);
  return silent(now);
}

bool ShareWatch::silent(Clock::time_point now) const {
  return !calls_.empty() && now - calls_.front() > kPatience;
}

std::optional<ShareWatch::Line> ShareWatch::line(Clock::time_point now, std::uint64_t waiting) {
  const std::lock_guard lock(mutex_);
  const Kind kind = silent(now) ? Kind::silent : problem_.empty() ? Kind::well : Kind::refuses;
  const bool same_kind = kind == said_;
  const bool same = same_kind && (kind != Kind::refuses || problem_ == said_problem_);
  if (kind == Kind::well && same_kind) return std::nullopt;
  if (same && now - said_at_ < kAgain) return std::nullopt;
  if (same_kind && !same && now - said_at_ < kBetweenReasons) return std::nullopt;
  if (said_ == Kind::well) since_ = os::utc_text(os::utc_now_seconds());
  said_ = kind;
  said_problem_ = problem_;
  said_at_ = now;
  if (kind == Kind::well) return Line{false, "the archive is in step with the store again"};
  const std::string why = kind == Kind::silent
                              ? "its folder does not answer: look at the share and its server; "
                                "nothing else waits for it"
                              : problem_;
  return Line{true, "the archive is behind since " + since_ + ", " + std::to_string(waiting) +
                        " records wait: " + why};
}

}  // namespace icom::archive
