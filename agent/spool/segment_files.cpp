#include "agent/spool/segment_files.hpp"

#include <xxhash.h>

#include <algorithm>
#include <charconv>
#include <span>
#include <string>

namespace icom::spool {

namespace {

constexpr std::string_view kMagic = "ICOMSPL\n";
constexpr std::string_view kTemporarySuffix = ".tmp";
constexpr std::size_t kNumberDigits = 12;
constexpr std::size_t kCopiedAtOnce = std::size_t{1} << 20U;

/// Of a segment's header, what stands at which byte.
struct SegmentHeaderAt {
  static constexpr std::size_t kFormat = 8;
  static constexpr std::size_t kBefore = 12;
  static constexpr std::size_t kRun = 16;
  static constexpr std::size_t kNumber = 24;
  static constexpr std::size_t kFirstSeq = 32;
  static constexpr std::size_t kChecksum = 40;
};
static_assert(SegmentHeaderAt::kChecksum + sizeof(std::uint64_t) == kSegmentHeaderSize);

// Bits of the field at SegmentHeaderAt::kBefore; 0: nothing is known.
constexpr std::uint32_t kKnown = 1;
constexpr std::uint32_t kWithPatient = 2;
constexpr std::uint32_t kWithoutPatient = 4;

std::uint32_t bits_of(const std::optional<FrameKinds>& kinds) {
  if (!kinds) return 0;
  return kKnown | (kinds->with_patient ? kWithPatient : 0U) |
         (kinds->without_patient ? kWithoutPatient : 0U);
}

std::optional<FrameKinds> kinds_of(std::uint32_t bits) {
  if ((bits & kKnown) == 0) return std::nullopt;
  return FrameKinds{.with_patient = (bits & kWithPatient) != 0,
                    .without_patient = (bits & kWithoutPatient) != 0};
}

std::optional<std::uint64_t> segment_number(std::string_view name) {
  if (name.size() != kNumberDigits + kSegmentEnding.size() || !name.ends_with(kSegmentEnding))
    return std::nullopt;
  std::uint64_t number = 0;
  const char* const end = name.data() + kNumberDigits;
  const auto parsed = std::from_chars(name.data(), end, number);
  if (parsed.ec != std::errc{} || parsed.ptr != end) return std::nullopt;
  return number;
}

}  // namespace

SegmentHeaderBytes encode_segment_header(const SegmentHeader& header) {
  SegmentHeaderBytes bytes{};
  std::byte* const at = bytes.data();
  const Bytes magic = as_bytes(kMagic);
  std::copy(magic.begin(), magic.end(), at);
  store_little_endian(at + SegmentHeaderAt::kFormat, kSpoolFormat);
  store_little_endian(at + SegmentHeaderAt::kBefore, bits_of(header.before));
  store_little_endian(at + SegmentHeaderAt::kRun, header.run);
  store_little_endian(at + SegmentHeaderAt::kNumber, header.number);
  store_little_endian(at + SegmentHeaderAt::kFirstSeq, header.first_seq);
  store_little_endian(at + SegmentHeaderAt::kChecksum,
                      std::uint64_t{XXH3_64bits(at, SegmentHeaderAt::kChecksum)});
  return bytes;
}

std::optional<SegmentHeader> decode_segment_header(Bytes bytes) {
  const std::byte* const at = bytes.data();
  if (as_text(bytes.first(kMagic.size())) != kMagic ||
      load_little_endian<std::uint64_t>(at + SegmentHeaderAt::kChecksum) !=
          XXH3_64bits(at, SegmentHeaderAt::kChecksum) ||
      load_little_endian<std::uint32_t>(at + SegmentHeaderAt::kFormat) != kSpoolFormat) {
    return std::nullopt;
  }
  return SegmentHeader{
      .run = load_little_endian<std::uint64_t>(at + SegmentHeaderAt::kRun),
      .number = load_little_endian<std::uint64_t>(at + SegmentHeaderAt::kNumber),
      .first_seq = load_little_endian<std::uint64_t>(at + SegmentHeaderAt::kFirstSeq),
      .before = kinds_of(load_little_endian<std::uint32_t>(at + SegmentHeaderAt::kBefore))};
}

std::filesystem::path segment_path(const std::filesystem::path& directory, std::uint64_t number) {
  std::string digits = std::to_string(number);
  digits.insert(0, kNumberDigits - std::min(kNumberDigits, digits.size()), '0');
  return directory / digits.append(kSegmentEnding);
}

std::filesystem::path temporary_segment_path(const std::filesystem::path& segment) {
  auto path = segment;
  return path += kTemporarySuffix;
}

namespace {

/// `fill`: what is to stand behind the header before the segment has its name.
template <typename Fill>
std::error_code make_segment(os::FileSystem& files, const std::filesystem::path& directory,
                             const SegmentHeader& header, const Fill& fill,
                             std::unique_ptr<os::File>& file) {
  const auto path = segment_path(directory, header.number);
  const auto temporary = temporary_segment_path(path);
  std::unique_ptr<os::File> created;
  auto error = files.create(temporary, created);
  if (error == std::errc::file_exists && !files.remove(temporary)) {
    error = files.create(temporary, created);
  }
  if (error) return error;
  const auto header_bytes = encode_segment_header(header);
  const Bytes part(header_bytes);
  std::size_t written = 0;
  error = created->append({&part, 1}, written);
  if (!error) error = fill(*created);
  if (!error) error = files.rename(temporary, path);
  if (error) {
    files.remove(temporary);
    return error;
  }
  file = std::move(created);
  return {};
}

}  // namespace

std::error_code create_segment(os::FileSystem& files, const std::filesystem::path& directory,
                               const SegmentHeader& header, std::unique_ptr<os::File>& file) {
  const auto nothing = [](os::File&) { return std::error_code(); };
  return make_segment(files, directory, header, nothing, file);
}

std::error_code copy_segment(os::FileSystem& files, const std::filesystem::path& directory,
                             const SegmentHeader& header, os::File& from, std::uint64_t bytes,
                             std::unique_ptr<os::File>& file, bool& is_readable) {
  is_readable = true;
  const auto copy = [&](os::File& to) -> std::error_code {
    ByteVector buffer(kCopiedAtOnce);
    for (std::uint64_t at = kSegmentHeaderSize; at < bytes;) {
      const auto size =
          static_cast<std::size_t>(std::min<std::uint64_t>(bytes - at, buffer.size()));
      std::size_t got = 0;
      auto error = from.read_at(at, std::span(buffer).first(size), got);
      if (!error && got < size) error = std::make_error_code(std::errc::io_error);
      is_readable = !error;
      if (error) return error;
      const Bytes part = Bytes(buffer).first(size);
      std::size_t written = 0;
      error = to.append({&part, 1}, written);
      if (error) return error;
      at += size;
    }
    return {};
  };
  return make_segment(files, directory, header, copy, file);
}

std::error_code remove_temporary_segments(os::FileSystem& files,
                                          const std::filesystem::path& directory) {
  std::vector<std::string> names;
  if (const auto error = files.list(directory, names)) return error;
  for (const auto& name : names) {
    if (!name.ends_with(kTemporarySuffix)) continue;
    const auto segment = std::string_view(name).substr(0, name.size() - kTemporarySuffix.size());
    if (segment_number(segment)) files.remove(directory / name);
  }
  return {};
}

std::error_code list_segments(os::FileSystem& files, const std::filesystem::path& directory,
                              std::vector<std::uint64_t>& numbers) {
  numbers.clear();
  std::vector<std::string> names;
  if (const auto error = files.list(directory, names)) return error;
  for (const auto& name : names) {
    if (const auto number = segment_number(name)) numbers.push_back(*number);
  }
  // The names all have the same number of digits: their order is that of the numbers.
  return {};
}

}  // namespace icom::spool
