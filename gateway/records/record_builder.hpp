// From frames in order to records (deliveries). No I/O, no clock. docs/storage.md, "Records".
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/icom/delivered_mu.hpp"
#include "common/icom/values.hpp"
#include "gateway/records/frame_place.hpp"

namespace icom::records {

/// A part of a record: ends where the Field ID changes or Delivery MU falls back.
struct Beam {
  std::string field_id;  ///< raw, as the Linac sent it
  std::int64_t first_time = 0;
  std::int64_t last_time = 0;
  std::int64_t frames = 0;
  double delivered_mu = 0;
  friend bool operator==(const Beam&, const Beam&) = default;
};

/// An interlock that was on at some time during a record.
struct Interlock {
  std::string text;  ///< raw, as the Linac sent it
  std::int64_t first_time = 0;
  std::int64_t last_time = 0;
  std::int64_t frames = 0;  ///< with it on
  friend bool operator==(const Interlock&, const Interlock&) = default;
};

/// A record tells of so many different interlocks; a stream that names more is broken, and its
/// frames hold them all.
inline constexpr std::size_t kMaxInterlocks = 100;

/// The same for beams: what follows counts to the last one.
inline constexpr std::size_t kMaxBeams = 1'000;

struct Record {
  std::string patient_id;    ///< raw
  std::string patient_name;  ///< raw; the first one in its frames that is not empty
  FramePlace first;
  FramePlace last;
  std::optional<FramePlace> next;  ///< the frame that ended it; nothing while it is open
  std::int64_t frames = 0;
  std::int64_t gaps = 0;  ///< inside or at its ends, with frames missing or possibly so
  double delivered_mu = 0;
  bool kept = false;  ///< MU were delivered, or not one frame's MU could be read
  std::vector<Beam> beams;
  std::vector<Interlock> interlocks;  ///< in the order in which they were first on

  [[nodiscard]] bool complete() const { return next.has_value() && gaps == 0; }
  friend bool operator==(const Record&, const Record&) = default;
};

/// A frame as the builder needs it. Borrows.
struct RecordFrame {
  FramePlace place;
  const FrameFacts& facts;
  bool incomplete_before =
      false;  ///< frames are missing, or may be, between the frame before and this one
};

/// One Linac's records, from its frames in order. Not thread-safe.
class RecordBuilder {
 public:
  /// Returns the record that this frame ended, if it did.
  std::optional<Record> add(const RecordFrame& frame);
  /// The record that the last frame belongs to, if any. Valid until the next add().
  [[nodiscard]] const Record* open() const { return open_ ? &record_ : nullptr; }

 private:
  void begin(const RecordFrame& frame);
  void extend(const RecordFrame& frame);
  void extend_beam(const RecordFrame& frame);
  void extend_interlocks(const RecordFrame& frame);

  bool open_ = false;
  Record record_;
  DeliveredMu delivered_;
  bool any_mu_read_ = false;
  DeliveredMu beam_delivered_;
  std::optional<double> beam_mu_;  // of the beam's last frame that had one
};

}  // namespace icom::records
