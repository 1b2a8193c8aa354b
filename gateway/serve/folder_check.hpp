// How a folder is that the gateway writes in.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include "gateway/serve/check_report.hpp"

namespace icom::serve {

struct FolderState {
  bool answers = true;  ///< if not, nothing else is known
  bool exists = false;
  bool is_folder = false;
  std::error_code write_error{};        ///< why no file can be made in it
  bool can_be_synced = true;            ///< if not, a power cut may undo a rename
  bool all_may_write = false;           ///< not only owner and group
  std::string free_space;               ///< for people
  bool is_nearly_full = false;          ///< less is free than a few days of a large group take
  std::vector<std::string> odd;         ///< of `inner`: what is neither a folder nor absent
  std::vector<std::string> unwritable;  ///< of `inner`: folders in which no file can be made
};

/// Looks at it for `limit` at most: a share may not answer, and then a thread is left behind that
/// waits for it. Makes a file in it, and removes it; likewise in `inner`,
/// paths of folders in it, where they are there.
FolderState look_at_folder(const std::filesystem::path& folder, std::vector<std::string> inner,
                           std::chrono::milliseconds limit);

/// What a share that works may take to answer.
inline constexpr std::chrono::seconds kFolderAnswerTime{5};

/// Says in the report how it is; `where_absent` is what to do where it is not there. Whether it can
/// be written in. `state` was looked at for kFolderAnswerTime.
bool report_folder(CheckReport& report, const std::string& what,
                   const std::filesystem::path& folder, const std::string& where_absent,
                   const FolderState& state);

}  // namespace icom::serve
