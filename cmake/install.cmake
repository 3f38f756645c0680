# `cmake --install`: the library with its public headers, for find_package and for pkg-config (component `dev`), and the program
# (component `server`).
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

set(cmake_dir ${CMAKE_INSTALL_LIBDIR}/cmake/microframe)
install(TARGETS microframe EXPORT microframe-targets
        LIBRARY COMPONENT dev NAMELINK_COMPONENT dev
        ARCHIVE COMPONENT dev)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/microframe TYPE INCLUDE COMPONENT dev)
install(EXPORT microframe-targets NAMESPACE microframe:: DESTINATION ${cmake_dir} COMPONENT dev)

get_target_property(type microframe TYPE)
set(MICROFRAME_IS_SHARED OFF)
if(type STREQUAL "SHARED_LIBRARY")
  set(MICROFRAME_IS_SHARED ON)
endif()
configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/microframe-config.cmake.in
                              ${PROJECT_BINARY_DIR}/microframe-config.cmake INSTALL_DESTINATION ${cmake_dir})
# Until 1.0 a new minor version may break what the one before could do.
write_basic_package_version_file(${PROJECT_BINARY_DIR}/microframe-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/microframe-config.cmake ${PROJECT_BINARY_DIR}/microframe-config-version.cmake
        DESTINATION ${cmake_dir} COMPONENT dev)

# Of a shared library nobody need know what it is made with. With a static one, plain `pkg-config --libs` says it all.
set(MICROFRAME_PC_REQUIRES)
set(MICROFRAME_PC_LIBS)
if(NOT MICROFRAME_IS_SHARED)
  set(MICROFRAME_PC_REQUIRES libuv liburing openssl zlib libcrypt)
  set(MICROFRAME_PC_LIBS -pthread)
  foreach(part_package CLUSTER:hiredis JWKS:libcurl METRICS:prometheus-cpp-core)
    string(REPLACE ":" ";" part_package ${part_package})
    list(GET part_package 0 part)
    list(GET part_package 1 package)
    if(MICROFRAME_${part})
      list(APPEND MICROFRAME_PC_REQUIRES ${package})
    endif()
  endforeach()
  list(JOIN MICROFRAME_PC_REQUIRES " " MICROFRAME_PC_REQUIRES)
endif()
# Relative, so that the tree may be installed or moved anywhere.
file(RELATIVE_PATH MICROFRAME_PC_TO_PREFIX ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
string(REGEX REPLACE "/$" "" MICROFRAME_PC_TO_PREFIX ${MICROFRAME_PC_TO_PREFIX})
configure_file(${PROJECT_SOURCE_DIR}/cmake/microframe.pc.in ${PROJECT_BINARY_DIR}/microframe.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/microframe.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT dev)

if(MICROFRAME_CLI)
  install(TARGETS microframe_server COMPONENT server)
endif()
