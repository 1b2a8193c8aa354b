#include "agent/listen/given_up.hpp"

namespace icom::listen {

GivenUpPart& GivenUpPart::operator+=(const GivenUpPart& more) {
  frames += more.frames;
  frames_with_patient += more.frames_with_patient;
  junk_bytes += more.junk_bytes;
  return *this;
}

GivenUp& GivenUp::operator+=(const GivenUp& more) {
  queue += more.queue;
  spool += more.spool;
  return *this;
}

GivenUpPart given_up_by(const QueueCounts& queue) {
  return {queue.dropped_frames, queue.dropped_frames_with_patient, queue.dropped_junk_bytes};
}

GivenUpPart given_up_by(const spool::SpoolWriterCounts& spool) {
  return {spool.given_up_frames, spool.given_up_frames_with_patient, spool.given_up_junk_bytes};
}

bool GivenUpLines::admit(const GivenUpPart& so_far, Clock::time_point now) {
  if (so_far == told_ || !lines_.admit(now)) return false;
  told_ = so_far;
  return true;
}

std::string text_of(const GivenUpPart& part) {
  std::string text = std::to_string(part.frames) + " frames, " +
                     std::to_string(part.frames_with_patient) + " of them with a patient";
  if (part.junk_bytes > 0) text += ", and " + std::to_string(part.junk_bytes) + " bytes of junk";
  return text;
}

std::string text_of(const GivenUp& given_up) {
  std::string text;
  if (!given_up.queue.none()) {
    text += text_of(given_up.queue) + " before they came to the spool, whose disk was too slow; ";
  }
  if (!given_up.spool.none()) {
    text += text_of(given_up.spool) + " in the spool, which was at its bound or its disk full; ";
  }
  return text + "holes in the spool tell the gateway how many frames";
}

}  // namespace icom::listen
