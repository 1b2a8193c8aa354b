// Where late frames were put whose records are to be built again. docs/storage.md, "Records".
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "gateway/records/frame_place.hpp"
#include "gateway/store/sqlite.hpp"

namespace icom::store {

struct LateRange {
  FramePlace from;
  FramePlace to;  ///< included
  friend bool operator==(const LateRange&, const LateRange&) = default;
};

/// Those of one Linac, in order, apart from each other, and at most kMost: beyond that the two
/// nearest become one, which names records between them that need not be built. The row of
/// the Linac names them, so a restart forgets none. Not thread-safe.
class LateRanges {
 public:
  static constexpr std::size_t kMost = 16;

  explicit LateRanges(std::int64_t linac) : linac_(linac) {}

  void load(Database& database);
  void add(const FramePlace& place);
  /// Everything from there on, whatever comes.
  void add_all_from(const FramePlace& place);
  /// From where on everything is to be built.
  [[nodiscard]] std::optional<FramePlace> all_from() const;
  [[nodiscard]] bool empty() const { return ranges_.empty(); }
  /// The earliest. Only if there is one.
  [[nodiscard]] const LateRange& first() const { return ranges_.front(); }
  /// Whether a range has a part in [from, end).
  [[nodiscard]] bool any_in(const FramePlace& from, const FramePlace& end) const;
  /// Nothing before `place` is to be built any more.
  void forget_before(const FramePlace& place);
  /// Nothing from `place` on is. True if something was.
  bool forget_from(const FramePlace& place);
  void forget_first() { ranges_.erase(ranges_.begin()); }
  void clear() { ranges_.clear(); }
  /// Brings the row up to date. Call before the commit.
  void save(Database& database);

 private:
  void join(std::size_t at);
  void join_nearest();

  std::int64_t linac_;
  std::vector<LateRange> ranges_;
  std::vector<LateRange> saved_;
};

}  // namespace icom::store
