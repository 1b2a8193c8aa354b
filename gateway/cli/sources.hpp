// Where what is shown is read.
#pragma once

#include <filesystem>

namespace icom::cli {

struct Sources {
  std::filesystem::path store;              ///< its folder
  std::filesystem::path sites;              ///< the folder of the sites' files
  std::filesystem::path registration = {};  ///< what the gateway remembers of sites; a folder
};

}  // namespace icom::cli
