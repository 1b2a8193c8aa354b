// icom-gateway export
#pragma once

#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <optional>
#include <string>

namespace icom::cli {

enum class ExportFormat {
  xz,   ///< the frames as they were received, one after the other, compressed
  csv,  ///< a row a frame: every value under its name, leaf and jaw positions, unknown items under
        ///< their tag
  jsonl,  ///< an object a frame, with the same and the units' structure kept
};

/// Nothing for a name that is no format.
std::optional<ExportFormat> parse_format(const std::string& name);

/// Throws std::runtime_error if there is no such record or it cannot be read.
void export_record(const std::filesystem::path& store, std::int64_t record, ExportFormat format,
                   std::ostream& out);

}  // namespace icom::cli
