# `cpack`, for `./dev package`: libmicroframe-dev (a static library) and microframe (the program) as packages for Debian.
set(doc_dir ${CMAKE_INSTALL_DATAROOTDIR}/doc)
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${doc_dir}/libmicroframe-dev RENAME copyright COMPONENT dev)
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${doc_dir}/microframe RENAME copyright COMPONENT server)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME microframe)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "real-time WebSocket messaging in C++20")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_COMPONENTS_ALL dev server)
set(CPACK_STRIP_FILES ON)
set(CPACK_PRE_BUILD_SCRIPTS ${PROJECT_SOURCE_DIR}/cmake/finish_package.cmake)
set(CPACK_VERBATIM_VARIABLES ON)

set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_MAINTAINER "microframe <maintainers@microframe.invalid>")
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)

set(needed libboost1.81-dev libboost-json1.81-dev libcrypt-dev libssl-dev libuv1-dev liburing-dev zlib1g-dev)
if(MICROFRAME_CLUSTER)
  list(APPEND needed libhiredis-dev)
endif()
if(MICROFRAME_JWKS)
  list(APPEND needed libcurl4-openssl-dev)
endif()
if(MICROFRAME_METRICS)
  list(APPEND needed prometheus-cpp-dev)
endif()
list(JOIN needed ", " CPACK_DEBIAN_DEV_PACKAGE_DEPENDS)
set(CPACK_DEBIAN_DEV_PACKAGE_NAME libmicroframe-dev)
set(CPACK_DEBIAN_DEV_PACKAGE_SECTION libdevel)
set(CPACK_COMPONENT_DEV_DESCRIPTION "An endpoint is a class with hooks; microframe knows who is connected,
keeps every peer within its limits, and loses no message of a client that
reconnects. This package has the headers, the static library, and what
CMake and pkg-config need to find them.")

set(CPACK_DEBIAN_SERVER_PACKAGE_NAME microframe)
set(CPACK_DEBIAN_SERVER_PACKAGE_SECTION net)
set(CPACK_DEBIAN_SERVER_PACKAGE_SHLIBDEPS ON)
set(CPACK_COMPONENT_SERVER_DESCRIPTION "A chat server that is ready to run, with tokens, rooms, history, a chat page,
/healthz and Prometheus metrics; and a client for the command line.")

include(CPack)
