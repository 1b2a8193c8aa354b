#include "gateway/store/unread_frames.hpp"

#include <spdlog/spdlog.h>

#include <chrono>

#include "gateway/store/linac_name.hpp"

namespace icom::store {

UnreadFrames::UnreadFrames(std::int64_t linac)
    : linac_(linac),
      partly_read_limit_(1, std::chrono::hours(1)),
      without_patient_limit_(1, std::chrono::hours(1)) {}

void UnreadFrames::note(Database& database, const FrameFacts& facts) {
  if (facts.patient_unread) {
    ++without_patient_;
    if (without_patient_limit_.admit(std::chrono::steady_clock::now())) {
      spdlog::warn(
          "{} sends frames whose Patient ID cannot be read ({} since the gateway began with it): "
          "they end no record, and the record that they stand in counts as incomplete. Their bytes "
          "are kept; icom-gateway export --format jsonl shows what was understood",
          linac_name(database, linac_), without_patient_);
    }
  } else if (facts.has_items && !facts.items_end_exactly) {
    ++partly_read_;
    if (partly_read_limit_.admit(std::chrono::steady_clock::now())) {
      spdlog::warn(
          "{} sends frames that hold bytes which are no items ({} since the gateway began with "
          "it): the items before and after them are used. Their bytes are kept; icom-gateway "
          "export --format jsonl gives bytes_not_understood of each",
          linac_name(database, linac_), partly_read_);
    }
  }
}

}  // namespace icom::store
