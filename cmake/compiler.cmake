# Warnings, sanitizers, compiler cache and linker: everything that every target shares.

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  # Paths relative to the root: a clone elsewhere finds what another has compiled.
  set(ICOM_CCACHE ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${CCACHE_PROGRAM})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${ICOM_CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${ICOM_CCACHE})
endif()

find_program(LLD_PROGRAM ld.lld)
if(LLD_PROGRAM)
  add_link_options(-fuse-ld=lld)
endif()

set(ICOM_SANITIZE "" CACHE STRING "Sanitizers to build with, as -fsanitize takes them")
if(ICOM_SANITIZE)
  add_compile_options(-fsanitize=${ICOM_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${ICOM_SANITIZE})
  if(ICOM_SANITIZE MATCHES undefined)
    # A null pointer is AddressSanitizer's to report; checked at each use, the two cost a third of the compilation.
    add_compile_options(-fno-sanitize=null,vptr)
  endif()
endif()

add_library(icom_warnings INTERFACE)
target_compile_options(icom_warnings INTERFACE -Wall -Wextra -Wconversion -Wshadow -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12 takes members of inlined std::optionals for uninitialised ones; clang-tidy finds the real cases.
  target_compile_options(icom_warnings INTERFACE -Wno-maybe-uninitialized)
  # It also sees one half of Asio's pair of new and delete for coroutine frames where only that half is inlined.
  target_compile_options(icom_warnings INTERFACE -Wno-mismatched-new-delete)
  if(CMAKE_UNITY_BUILD)
    # In a batch each source is an included file, whose types may not use its own unnamed namespace, it thinks.
    target_compile_options(icom_warnings INTERFACE -Wno-subobject-linkage)
  endif()
  if(ICOM_SANITIZE MATCHES thread)
    target_compile_options(icom_warnings INTERFACE -Wno-tsan)
  endif()
else()
  # A Clang that is newer than the standard library finds that library's own use of what it has deprecated (std::stable_sort).
  target_compile_options(icom_warnings INTERFACE -Wno-deprecated-declarations)
  # Part of -Wconversion for it alone.
  target_compile_options(icom_warnings INTERFACE -Wno-sign-conversion)
endif()
