# Which sources are of which platform: their names say so, posix_file.cpp or posix/file.cpp. Targets list those of all platforms.

# icom_platform_sources(out SOURCE...): those of `SOURCE...` that this platform compiles. posix: whatever has POSIX, linux and inotify:
# Linux alone, windows: Windows alone; every other name: everywhere.
function(icom_platform_sources out)
  set(others "")
  if(NOT UNIX)
    list(APPEND others posix)
  endif()
  if(NOT CMAKE_SYSTEM_NAME STREQUAL "Linux")
    list(APPEND others linux inotify)
  endif()
  if(NOT WIN32)
    list(APPEND others windows)
  endif()
  set(sources ${ARGN})
  list(JOIN others "|" others)
  list(FILTER sources EXCLUDE REGEX "(^|/)(${others})[_/][^/]*$")
  set(${out} ${sources} PARENT_SCOPE)
endfunction()
