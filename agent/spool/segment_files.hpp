// A spool's directory: which segments are there, and the header that each begins with. Layout:
// docs/storage.md, "The spool".
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>
#include <system_error>
#include <vector>

#include "common/icom/bytes.hpp"
#include "common/os/file_system.hpp"

namespace icom::spool {

inline constexpr std::size_t kSegmentHeaderSize = 48;
inline constexpr std::uint32_t kSpoolFormat = 1;

/// Of the name of a segment.
inline constexpr std::string_view kSegmentEnding = ".spool";

using SegmentHeaderBytes = std::array<std::byte, kSegmentHeaderSize>;

/// Which kinds of frames a segment holds.
struct FrameKinds {
  bool with_patient = false;
  bool without_patient = false;

  friend bool operator==(const FrameKinds&, const FrameKinds&) = default;
};

struct SegmentHeader {
  std::uint64_t run = 0;
  std::uint64_t number = 0;
  std::uint64_t first_seq = 0;  ///< every entry of the run before this one is in an earlier segment
  /// Of the run's segment before this one, where there is one: so that nobody needs to read it to
  /// know.
  std::optional<FrameKinds> before = std::nullopt;
};

SegmentHeaderBytes encode_segment_header(const SegmentHeader& header);
/// Nothing if damaged or of another format. Precondition: at least kSegmentHeaderSize bytes.
std::optional<SegmentHeader> decode_segment_header(Bytes bytes);

/// `<directory>/000000000042.spool`
std::filesystem::path segment_path(const std::filesystem::path& directory, std::uint64_t number);

/// Where a segment is put together before it appears under its own name: whoever sees a segment
/// sees its header.
std::filesystem::path temporary_segment_path(const std::filesystem::path& segment);

/// Makes a segment that holds its header only. After an error there is none.
std::error_code create_segment(os::FileSystem& files, const std::filesystem::path& directory,
                               const SegmentHeader& header, std::unique_ptr<os::File>& file);

/// The same, with the first `bytes` of `from` behind its own header in the place of `from`'s.
/// `is_readable`: it was not `from` that failed.
std::error_code copy_segment(os::FileSystem& files, const std::filesystem::path& directory,
                             const SegmentHeader& header, os::File& from, std::uint64_t bytes,
                             std::unique_ptr<os::File>& file, bool& is_readable);

/// Removes what a process that was killed had half put together.
std::error_code remove_temporary_segments(os::FileSystem& files,
                                          const std::filesystem::path& directory);

/// The numbers of all segments in the directory, ascending. Other files are left out.
std::error_code list_segments(os::FileSystem& files, const std::filesystem::path& directory,
                              std::vector<std::uint64_t>& numbers);

}  // namespace icom::spool
