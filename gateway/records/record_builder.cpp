#include "gateway/records/record_builder.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace icom::records {

namespace {

// An item with an empty Patient ID is no patient, unless a name stands beside it: an emergency must
// not go unrecorded.
bool has_patient(const FrameFacts& facts) {
  return facts.patient_id &&
         (!facts.patient_id->empty() || (facts.patient_name && !facts.patient_name->empty()));
}

bool is_patient(std::string_view id, const Record& record) {
  return id.size() <= kMaxTextBytes ? id == record.patient_id
                                    : record_patient_id(id) == record.patient_id;
}

}  // namespace

bool is_amid_treatment(const FrameFacts& facts) {
  return has_patient(facts) && facts.delivery_mu.value_or(0) > 0;
}

std::optional<Record> RecordBuilder::add(const RecordFrame& frame) {
  std::optional<Record> ended;
  // Where a patient's ID could not be read, nobody can say that the patient is another, or gone.
  const bool unread = frame.facts.patient_unread;
  const bool patient = unread || has_patient(frame.facts);
  if (open_ && !unread && (!patient || !is_patient(*frame.facts.patient_id, record_))) {
    record_.gaps += frame.incomplete_before ? 1 : 0;
    record_.next = frame.place;
    leave_out_interlocks();
    open_ = false;
    ended = std::move(record_);
  }
  if (patient) {
    if (!open_) {
      begin(frame);
    }
    extend(frame);
  }
  return ended;
}

void RecordBuilder::begin(const RecordFrame& frame) {
  open_ = true;
  record_ = {};
  record_.patient_id = record_patient_id(frame.facts.patient_id.value_or(std::string_view()));
  record_.first = frame.place;
  delivered_ = {};
  any_mu_read_ = false;
  known_interlocks_.clear();
}

void RecordBuilder::extend(const RecordFrame& frame) {
  record_.last = frame.place;
  ++record_.frames;
  record_.gaps += frame.incomplete_before ? 1 : 0;
  record_.gaps += frame.facts.patient_unread ? 1 : 0;
  if (record_.patient_name.empty() && frame.facts.patient_name) {
    record_.patient_name = cut_text(*frame.facts.patient_name);
  }
  delivered_.add(frame.facts.delivery_mu);
  any_mu_read_ = any_mu_read_ || frame.facts.delivery_mu.has_value();
  record_.delivered_mu = delivered_.total();
  record_.kept = delivered_.any_control_point_left() || !any_mu_read_;
  extend_beam(frame);
  extend_interlocks(frame);
}

void RecordBuilder::extend_interlocks(const RecordFrame& frame) {
  for (const std::string_view whole : frame.facts.interlocks) {
    const std::string_view text = cut_text(whole);
    auto known = known_interlocks_.find(text);
    if (known == known_interlocks_.end()) {
      const std::size_t index = record_.interlocks.size();
      if (index == kMaxInterlocks) {
        record_.interlocks_left_out = 1;  // at least
        continue;
      }
      record_.interlocks.push_back({.text = std::string(text),
                                    .first_time = frame.place.time,
                                    .first_epoch = frame.place.epoch});
      known = known_interlocks_.emplace(text, KnownInterlock{index}).first;
    }
    if (known->second.last_frame == record_.frames) {
      continue;  // named twice in one frame
    }
    known->second.last_frame = record_.frames;
    Interlock& interlock = record_.interlocks[known->second.index];
    interlock.last_time = frame.place.time;
    interlock.last_epoch = frame.place.epoch;
    ++interlock.frames;
  }
}

/// Otherwise each frame of a few bytes could make a hundred rows.
void RecordBuilder::leave_out_interlocks() {
  const auto most = static_cast<std::size_t>(record_.frames);
  if (record_.interlocks.size() > most) {
    record_.interlocks_left_out += std::ssize(record_.interlocks) - record_.frames;
    record_.interlocks.resize(most);
  }
}

void RecordBuilder::extend_beam(const RecordFrame& frame) {
  const bool field_unread =
      frame.facts.patient_unread && !frame.facts.field_id && !record_.beams.empty();
  const std::string field(field_unread
                              ? std::string_view(record_.beams.back().field_id)
                              : cut_text(frame.facts.field_id.value_or(std::string_view())));
  const std::optional<double> read = frame.facts.delivery_mu;
  const std::optional<double> mu = read && is_mu(*read) ? read : std::nullopt;
  const bool fell_back = mu && beam_mu_ && *mu < *beam_mu_;
  const bool ends = record_.beams.empty() || record_.beams.back().field_id != field || fell_back;
  if (ends && record_.beams.size() < kMaxBeams) {
    record_.beams.push_back(
        {.field_id = field, .first_time = frame.place.time, .first_epoch = frame.place.epoch});
    beam_delivered_ = {};
    beam_mu_.reset();
  }
  Beam& beam = record_.beams.back();
  beam.last_time = frame.place.time;
  beam.last_epoch = frame.place.epoch;
  ++beam.frames;
  beam_delivered_.add(mu);
  beam.delivered_mu = beam_delivered_.total();
  if (mu) {
    beam_mu_ = mu;
  }
}

}  // namespace icom::records
