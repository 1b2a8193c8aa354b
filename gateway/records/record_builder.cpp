#include "gateway/records/record_builder.hpp"

#include <algorithm>
#include <utility>

namespace icom::records {

namespace {

// An item with an empty Patient ID is no patient, unless a name stands beside it: an emergency must
// not go unrecorded.
bool has_patient(const FrameFacts& facts) {
  return facts.patient_id &&
         (!facts.patient_id->empty() || (facts.patient_name && !facts.patient_name->empty()));
}

}  // namespace

std::optional<Record> RecordBuilder::add(const RecordFrame& frame) {
  std::optional<Record> ended;
  const bool patient = has_patient(frame.facts);
  if (open_ && (!patient || *frame.facts.patient_id != record_.patient_id)) {
    record_.gaps += frame.incomplete_before ? 1 : 0;
    record_.next = frame.place;
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
  record_.patient_id = *frame.facts.patient_id;
  record_.first = frame.place;
  delivered_ = {};
  any_mu_read_ = false;
}

void RecordBuilder::extend(const RecordFrame& frame) {
  record_.last = frame.place;
  ++record_.frames;
  record_.gaps += frame.incomplete_before ? 1 : 0;
  if (record_.patient_name.empty() && frame.facts.patient_name) {
    record_.patient_name = *frame.facts.patient_name;
  }
  delivered_.add(frame.facts.delivery_mu);
  any_mu_read_ = any_mu_read_ || frame.facts.delivery_mu.has_value();
  record_.delivered_mu = delivered_.total();
  record_.kept = delivered_.any_control_point_left() || !any_mu_read_;
  extend_beam(frame);
  extend_interlocks(frame);
}

void RecordBuilder::extend_interlocks(const RecordFrame& frame) {
  const auto& texts = frame.facts.interlocks;
  for (auto text = texts.begin(); text != texts.end(); ++text) {
    if (std::find(texts.begin(), text, *text) != text) {
      continue;  // named twice in one frame
    }
    auto known = std::ranges::find(record_.interlocks, *text, &Interlock::text);
    if (known == record_.interlocks.end()) {
      if (record_.interlocks.size() == kMaxInterlocks) {
        continue;
      }
      known = record_.interlocks.insert(
          known, {.text = std::string(*text), .first_time = frame.place.time});
    }
    known->last_time = frame.place.time;
    ++known->frames;
  }
}

void RecordBuilder::extend_beam(const RecordFrame& frame) {
  const std::string_view field = frame.facts.field_id.value_or(std::string_view());
  const std::optional<double> mu = frame.facts.delivery_mu;
  const bool fell_back = mu && beam_mu_ && *mu < *beam_mu_;
  const bool ends = record_.beams.empty() || record_.beams.back().field_id != field || fell_back;
  if (ends && record_.beams.size() < kMaxBeams) {
    record_.beams.push_back({.field_id = std::string(field), .first_time = frame.place.time});
    beam_delivered_ = {};
    beam_mu_.reset();
  }
  Beam& beam = record_.beams.back();
  beam.last_time = frame.place.time;
  ++beam.frames;
  beam_delivered_.add(mu);
  beam.delivered_mu = beam_delivered_.total();
  if (mu) {
    beam_mu_ = mu;
  }
}

}  // namespace icom::records
