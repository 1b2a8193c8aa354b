# Libraries and programs of ours.

# icom_library(name SOURCES ... LINK ... PRIVATE ...): a static library of ours, headers reached from the root.
function(icom_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK;PRIVATE" ${ARGN})
  icom_platform_sources(sources ${ARG_SOURCES})
  add_library(${name} STATIC ${sources})
  target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PUBLIC ${ARG_LINK} PRIVATE icom_warnings ${ARG_PRIVATE})
endfunction()

# icom_program(name SOURCES ... LINK ...): an executable of ours.
function(icom_program name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  icom_platform_sources(sources ${ARG_SOURCES})
  add_executable(${name} ${sources})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE ${ARG_LINK} icom_warnings)
endfunction()
