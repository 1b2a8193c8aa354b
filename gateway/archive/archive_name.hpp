// Names of files and folders made from text that a Linac sent. docs/storage.md, "Names in the
// archive".
#pragma once

#include <string>
#include <string_view>

namespace icom::archive {

/// Longest name made, in bytes: below the 255 of common file systems, with room for a temporary
/// suffix.
inline constexpr std::size_t kMaxNameBytes = 200;

/// `text` as one path component that is safe on Linux, Windows and SMB shares: never empty, no
/// separator, no `.` or
/// `..`, no device name, valid UTF-8, at most kMaxNameBytes. Text that is already safe is returned
/// as it is. Otherwise what is unsafe is replaced and `~` with 16 hex digits of the text's hash is
/// appended, so that different texts keep different names; the same text always gets the same name.
std::string safe_name(std::string_view text);

/// The folder of a patient: `<PatientID>_<PatientName>`. The ID part is made safe on its own,
/// because readers look for `<PatientID>_*`. Different pairs of ID and name have different folders:
/// where the ID part holds a `_` of its own, `~` and 16 hex digits of both texts' hash follow.
std::string patient_folder(std::string_view patient_id, std::string_view patient_name);

/// The patient's folder for records of this site alone, `<PatientID>_<PatientName>~<16 hex
/// digits>`: that of no other site, and no patient_folder().
std::string patient_folder_of_site(std::string_view patient_id, std::string_view patient_name,
                                   std::string_view site);

}  // namespace icom::archive
