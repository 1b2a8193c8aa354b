# What comes from Debian: for all, for the agent, for the gateway. docs/dependencies.md says why each is here.
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(spdlog REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(Protobuf REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(CLI11 REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(date REQUIRED)
pkg_check_modules(ZSTD REQUIRED IMPORTED_TARGET libzstd)
pkg_check_modules(XXHASH REQUIRED IMPORTED_TARGET libxxhash)

if(ICOM_AGENT)
  include(cmake/libssh2.cmake)
endif()

if(ICOM_GATEWAY)
  find_package(SQLite3 REQUIRED)
  pkg_check_modules(LZMA REQUIRED IMPORTED_TARGET liblzma)
  find_path(ICOM_TOMLPLUSPLUS toml++/toml.h REQUIRED)  # its headers alone: Debian's library of it is not linked
  add_library(icom_tomlplusplus INTERFACE)
  target_include_directories(icom_tomlplusplus SYSTEM INTERFACE "${ICOM_TOMLPLUSPLUS}")
endif()

add_library(icom_project_version INTERFACE)
target_compile_definitions(icom_project_version INTERFACE ICOM_VERSION="${PROJECT_VERSION}")
