# Libraries and programs of ours.

# icom_library(name [BATCH batch] [HOT] SOURCES ... LINK ... PRIVATE ...): a static library of ours, headers reached from the root.
# HOT: each frame goes through it. It is optimised where sanitizers look on, too: all else is not then, which takes a third of the time to
# compile, and tests that feed it thousands of frames would last.
# BATCH: what is linked together anyway may be compiled together. Where sources are compiled in batches (CMakePresets.json), all libraries
# with the same `batch` are one, which spares each of them what compiling Asio's headers and templates costs; elsewhere this says
# nothing. A batch has libraries of one component that are linked by the same programs. Its libraries are INTERFACE ones then: options of
# one (target_compile_options and the like) are not for those.
function(icom_library name)
  cmake_parse_arguments(ARG "HOT" "BATCH" "SOURCES;LINK;PRIVATE" ${ARGN})
  icom_platform_sources(sources ${ARG_SOURCES})
  set(target ${name})
  if(CMAKE_UNITY_BUILD AND ARG_BATCH)
    set(target ${ARG_BATCH})
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE ${target})
    set_property(GLOBAL APPEND PROPERTY ICOM_LIBRARIES_OF_${target} ${name})
  endif()
  if(NOT TARGET ${target})
    add_library(${target} STATIC)
    target_include_directories(${target} PUBLIC ${PROJECT_SOURCE_DIR})
    target_link_libraries(${target} PRIVATE icom_warnings)
    set_property(GLOBAL APPEND PROPERTY ICOM_LIBRARIES ${target})
  endif()
  target_sources(${target} PRIVATE ${sources})
  if(ARG_HOT)
    icom_optimise_hot(${target})
  endif()
  # Those of one batch do not link each other, and some are not known yet: icom_link_libraries().
  set_property(GLOBAL APPEND PROPERTY ICOM_PUBLIC_LINKS_OF_${target} ${ARG_LINK})
  set_property(GLOBAL APPEND PROPERTY ICOM_PRIVATE_LINKS_OF_${target} ${ARG_PRIVATE})
endfunction()

function(icom_optimise_hot target)
  if(ICOM_SANITIZE AND CMAKE_BUILD_TYPE STREQUAL "Debug")
    target_compile_options(${target} PRIVATE -O1)
  endif()
endfunction()

# icom_link_libraries(): what every icom_library() so far is linked to. Called once, when all are known.
function(icom_link_libraries)
  get_property(libraries GLOBAL PROPERTY ICOM_LIBRARIES)
  foreach(library IN LISTS libraries)
    get_property(within GLOBAL PROPERTY ICOM_LIBRARIES_OF_${library})
    foreach(scope IN ITEMS PUBLIC PRIVATE)
      get_property(linked GLOBAL PROPERTY ICOM_${scope}_LINKS_OF_${library})
      list(REMOVE_DUPLICATES linked)
      list(REMOVE_ITEM linked "" ${within})
      target_link_libraries(${library} ${scope} ${linked})
    endforeach()
    icom_even_batches(${library})
  endforeach()
endfunction()

# As few batches as may be, of one size, so that no source is left over for one of its own.
function(icom_even_batches target)
  if(CMAKE_UNITY_BUILD AND CMAKE_UNITY_BUILD_BATCH_SIZE)
    get_target_property(sources ${target} SOURCES)
    list(LENGTH sources count)
    math(EXPR batches "(${count} + ${CMAKE_UNITY_BUILD_BATCH_SIZE} - 1) / ${CMAKE_UNITY_BUILD_BATCH_SIZE}")
    math(EXPR size "(${count} + ${batches} - 1) / ${batches}")
    set_target_properties(${target} PROPERTIES UNITY_BUILD_BATCH_SIZE ${size})
  endif()
endfunction()

# icom_program(name SOURCES ... LINK ...): an executable of ours.
function(icom_program name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  icom_platform_sources(sources ${ARG_SOURCES})
  add_executable(${name} ${sources})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE ${ARG_LINK} icom_warnings)
  icom_even_batches(${name})
endfunction()
