# What is built. A project that has microframe in a subdirectory gets the library alone, unless it asks for more.
option(MICROFRAME_CLI "Build the program `microframe` (CLI11)" ${PROJECT_IS_TOP_LEVEL})
option(MICROFRAME_CLUSTER "Application::cluster: several nodes over Redis (hiredis)" ON)
option(MICROFRAME_JWKS "AuthConfig::jwks: keys of identity providers (libcurl)" ON)
option(MICROFRAME_METRICS "/metrics in the format of Prometheus (prometheus-cpp)" ON)

option(MICROFRAME_TESTS "Build the tests" ${PROJECT_IS_TOP_LEVEL})
option(MICROFRAME_BENCH "Build the benchmarks" ${PROJECT_IS_TOP_LEVEL})
option(MICROFRAME_EXAMPLES "Build the examples" ${PROJECT_IS_TOP_LEVEL})
option(MICROFRAME_WERROR "Warnings are errors, as in the presets" OFF)
option(MICROFRAME_UNITY "Compile several sources of the library as one: a build from nothing takes less than half" ON)
option(MICROFRAME_INSTALL "Have `cmake --install` install the library" ${PROJECT_IS_TOP_LEVEL})

option(MICROFRAME_FUZZ "Build the libFuzzer targets (clang only)" OFF)
set(MICROFRAME_SANITIZE "" CACHE STRING "Sanitizers to build with, as for -fsanitize=")

if(MICROFRAME_TESTS)
  foreach(part BENCH CLI CLUSTER EXAMPLES JWKS METRICS)
    if(NOT MICROFRAME_${part})
      message(FATAL_ERROR "The tests need all parts: set MICROFRAME_${part}=ON, or MICROFRAME_TESTS=OFF")
    endif()
  endforeach()
endif()
