// Texts of frames as a record has them. docs/storage.md, "Records".
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace icom::records {

/// Of a Patient ID, a name, a Field ID, an interlock. A frame of 2 MiB costs a few bytes on the
/// wire and would otherwise leave 2 MiB in each of a record's rows. The frames hold all of it.
inline constexpr std::size_t kMaxTextBytes = 256;

/// The beginning of a text, at most kMaxTextBytes. Ends where a character does, if it is UTF-8.
std::string_view cut_text(std::string_view text);

/// A Patient ID as a record has it: itself, or if it is longer than kMaxTextBytes its beginning,
/// `~` and 16 hexadecimal digits of its XXH3-64, so that different patients stay different. What
/// this returns it leaves as it is.
std::string record_patient_id(std::string_view id);

}  // namespace icom::records
