// What a listener has received and not kept for want of room, as its log tells it.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "agent/listen/entry_queue.hpp"
#include "agent/spool/spool_writer.hpp"
#include "common/log/rate_limit.hpp"

namespace icom::listen {

struct GivenUpPart {
  std::uint64_t frames = 0;
  std::uint64_t frames_with_patient = 0;
  std::uint64_t junk_bytes = 0;

  GivenUpPart& operator+=(const GivenUpPart& more);
  [[nodiscard]] bool none() const { return frames + junk_bytes == 0; }
  friend bool operator==(const GivenUpPart&, const GivenUpPart&) = default;
};

struct GivenUp {
  GivenUpPart queue;  ///< dropped: the disk did not take them as fast as they came
  GivenUpPart spool;  ///< the oldest there: it was at its bound, or its disk full

  GivenUp& operator+=(const GivenUp& more);
  [[nodiscard]] bool none() const { return queue.none() && spool.none(); }
};

GivenUpPart given_up_by(const QueueCounts& queue);
GivenUpPart given_up_by(const spool::SpoolWriterCounts& spool);

/// "23770 frames, 23770 of them with a patient"; with the bytes of junk, if there are any.
std::string text_of(const GivenUpPart& part);
/// Of both that are not none(), and that holes in the spool tell of the frames.
std::string text_of(const GivenUp& given_up);

/// When to say that more was given up: at once, then once a minute for as long as it goes on. Not
/// thread-safe; no clock of its own.
class GivenUpLines {
 public:
  using Clock = log::RateLimit::Clock;

  /// `so_far`: since the start.
  bool admit(const GivenUpPart& so_far, Clock::time_point now);

 private:
  log::RateLimit lines_{1, std::chrono::minutes(1)};
  GivenUpPart told_;
};

}  // namespace icom::listen
