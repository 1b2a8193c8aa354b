// From frames in order to records (deliveries). No I/O, no clock. docs/storage.md, "Records".
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/icom/delivered_mu.hpp"
#include "common/icom/values.hpp"
#include "gateway/records/frame_place.hpp"
#include "gateway/records/record_text.hpp"

namespace icom::records {

/// A part of a record: ends where the Field ID changes or Delivery MU falls back.
struct Beam {
  std::string field_id;  ///< raw, as the Linac sent it, but for cut_text()
  std::int64_t first_time = 0;
  std::int64_t last_time = 0;
  std::int64_t frames = 0;
  double delivered_mu = 0;
  std::int64_t first_epoch = 0;  ///< of the first frame; 0 where it is not known
  std::int64_t last_epoch = 0;   ///< likewise of the last one
  friend bool operator==(const Beam&, const Beam&) = default;
};

/// An interlock that was on at some time during a record.
struct Interlock {
  std::string text;  ///< raw, as the Linac sent it, but for cut_text()
  std::int64_t first_time = 0;
  std::int64_t last_time = 0;
  std::int64_t frames = 0;       ///< with it on
  std::int64_t first_epoch = 0;  ///< as of a beam
  std::int64_t last_epoch = 0;
  friend bool operator==(const Interlock&, const Interlock&) = default;
};

/// A record tells of so many different interlocks; a stream that names more is broken, and its
/// frames hold them all.
inline constexpr std::size_t kMaxInterlocks = 100;

/// The same for beams: what follows counts to the last one.
inline constexpr std::size_t kMaxBeams = 1'000;

struct Record {
  std::string
      patient_id;  ///< raw, but for record_patient_id(); empty where no frame's could be read
  std::string patient_name;  ///< the first one in its frames that is not empty; cut_text()
  FramePlace first;
  FramePlace last;
  std::optional<FramePlace> next;  ///< the frame that ended it; nothing while it is open
  std::int64_t frames = 0;
  /// Inside or at its ends, with frames missing or possibly so; and frames whose Patient ID could
  /// not be read (FrameFacts::patient_unread).
  std::int64_t gaps = 0;
  double delivered_mu = 0;
  bool kept = false;  ///< MU were delivered, or not one frame's MU could be read
  std::vector<Beam> beams;
  /// In the order in which they were first on; once it is closed, no more than it has frames.
  std::vector<Interlock> interlocks;
  std::int64_t interlocks_left_out =
      0;  ///< different ones; beyond kMaxInterlocks: at least so many

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

/// Whether a patient's treatment was under way before this frame: MU are delivered already. Of the
/// first frame of a Linac this says that the beginning of its record is missing.
[[nodiscard]] bool is_amid_treatment(const FrameFacts& facts);

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
  void leave_out_interlocks();

  bool open_ = false;
  Record record_;
  DeliveredMu delivered_;
  bool any_mu_read_ = false;
  DeliveredMu beam_delivered_;
  std::optional<double> beam_mu_;  // of the beam's last frame that had one

  /// What looks up an interlock by its text: a frame of 1 MiB names up to 80,000, so each may cost
  /// one lookup and no more.
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>()(text);
    }
  };
  struct KnownInterlock {
    std::size_t index = 0;         // in record_.interlocks
    std::int64_t last_frame = -1;  // of the record, the last that names it
  };
  std::unordered_map<std::string, KnownInterlock, TextHash, std::equal_to<>> known_interlocks_;
};

}  // namespace icom::records
