// icom-gateway export
#pragma once

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <optional>
#include <string>

#include "gateway/cli/linac_clocks.hpp"
#include "gateway/cli/sources.hpp"
#include "gateway/store/store_reader.hpp"

namespace icom::cli {

enum class ExportFormat {
  xz,   ///< the frames as they were received, one after the other, compressed
  csv,  ///< a row a frame: every value under its name, leaf and jaw positions, unknown items under
        ///< their tag
  jsonl,  ///< an object a frame, with the same and the units' structure kept
};

/// Nothing for a name that is no format.
std::optional<ExportFormat> parse_format(const std::string& name);

/// A record that is there. Not thread-safe.
class ExportedRecord {
 public:
  using EachFrame = std::function<void(const store::FrameKey&, Bytes)>;
  /// Throws std::runtime_error if there is no such record or the store cannot be read.
  ExportedRecord(const Sources& sources, std::int64_t record);
  /// In order. Throws std::runtime_error if one cannot be read.
  void each_frame(const EachFrame& use);
  /// What the frame's time stands for.
  ZonedTime time_of(const store::FrameKey& frame) { return clocks_.of(row_.linac, frame); }

 private:
  store::StoreReader reader_;
  LinacClocks clocks_;
  store::RecordRow row_;
};

/// Throws what ExportedRecord::each_frame() throws.
void export_record(ExportedRecord& record, ExportFormat format, std::ostream& out);

}  // namespace icom::cli
