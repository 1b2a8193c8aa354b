# libssh2 as deploy/libssh2/build made it, or else Debian's own. Whether it is of the version of Debian's package looks
# deploy/install-packages.
set(ICOM_LIBSSH2 "/usr/local/lib/icom/libssh2" CACHE PATH "Where deploy/libssh2/build has put its libssh2; empty: Debian's own is linked")
add_library(icom_libssh2 INTERFACE)
if(ICOM_LIBSSH2 AND EXISTS "${ICOM_LIBSSH2}/built")
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${ICOM_LIBSSH2}/built")
  target_include_directories(icom_libssh2 SYSTEM INTERFACE "${ICOM_LIBSSH2}/include")
  target_link_libraries(icom_libssh2 INTERFACE "${ICOM_LIBSSH2}/lib/libssh2.a" OpenSSL::Crypto)
  # Its licence asks for this beside the programs. A copy: what is installed comes out of the build, wherever it is installed from.
  configure_file("${ICOM_LIBSSH2}/copyright" "${CMAKE_BINARY_DIR}/libssh2-copyright" COPYONLY)
  install(FILES "${CMAKE_BINARY_DIR}/libssh2-copyright" DESTINATION share/doc/icom-gateway COMPONENT agent)
else()
  message(STATUS "libssh2: Debian's own; with that of deploy/libssh2/build (then configure anew) port forwards are faster")
  pkg_check_modules(LIBSSH2 REQUIRED IMPORTED_TARGET libssh2>=1.10)
  target_link_libraries(icom_libssh2 INTERFACE PkgConfig::LIBSSH2)
  set(ICOM_LIBSSH2_IS_DEBIANS ON)
endif()
