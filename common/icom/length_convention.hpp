// What the length field of a frame counts, as the stream itself shows it. docs/protocol.md,
// "Framing".
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

namespace icom {

/// A convention is the constant `frame size - length field`: 0 where the field counts the whole
/// message, 4 where it leaves out itself, 27 where it counts the items only. It is learnt when
/// consecutive frames agree on it under at least two different length fields: a field that never
/// changes proves nothing, however many frames have the same size. It is dropped after kPatience
/// consecutive frames that disagree, so that one lying field does not cost it. What is known
/// without that proof is suspected.
class LengthConvention {
 public:
  static constexpr int kPatience = 2;

  /// A frame whose `size` something else than the length alone has shown. Returns true if the
  /// learnt convention was dropped.
  bool observe(std::uint32_t length_field, std::size_t size);
  /// What another one knows of the same stream: as learnt as it was there.
  void adopt(std::int64_t constant, bool learnt);
  /// The connection is over: what was learnt is suspected of the next one.
  void doubt();

  [[nodiscard]] std::optional<std::int64_t> constant() const { return learnt_; }
  /// What the latest frame, or run of frames, would make the convention; not proven, since all of
  /// them may have had one length field, or have come on another connection.
  [[nodiscard]] std::optional<std::int64_t> suspected() const {
    return candidate_ ? std::optional(candidate_->constant) : std::nullopt;
  }
  /// Whether suspected() was learnt on an earlier connection, and no frame has disagreed since.
  [[nodiscard]] bool learnt_before() const { return candidate_ && candidate_->learnt_before; }
  /// The size of a frame with this length field, once the convention is learnt; may be any number,
  /// also a negative one.
  [[nodiscard]] std::optional<std::int64_t> predict(std::uint32_t length_field) const;

 private:
  struct Candidate {
    std::int64_t constant;
    std::optional<std::uint32_t> first_field;  // of a frame of this connection
    bool learnt_before = false;
  };
  std::optional<std::int64_t> learnt_;
  std::optional<Candidate> candidate_;
  int disagreeing_ = 0;  // consecutive frames that do not follow learnt_
};

}  // namespace icom
