// Where what is shown is read.
#pragma once

#include <filesystem>

namespace icom::cli {

struct Sources {
  std::filesystem::path store;  ///< its folder
  std::filesystem::path sites;  ///< the folder of the sites' files
};

}  // namespace icom::cli
