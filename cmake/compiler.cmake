# Language level, warnings and sanitizers of every target of this project; a parent project's are left alone.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)

if(MICROFRAME_WERROR)
  add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion
                      -Wnon-virtual-dtor -Wold-style-cast -Woverloaded-virtual -Werror)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # g++ 12 reports these inside the standard library at -O2 and under sanitizers, for code that is right.
    add_compile_options(-Wno-maybe-uninitialized -Wno-stringop-overflow -Wno-stringop-overread
                        -Wno-array-bounds -Wno-restrict -Wno-dangling-pointer -Wno-use-after-free -Wno-tsan)
  endif()
  if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    # Code that touches what a base::Mutex guards without holding that mutex.
    add_compile_options(-Wthread-safety)
  endif()
endif()

if(MICROFRAME_SANITIZE)
  add_compile_options(-fsanitize=${MICROFRAME_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${MICROFRAME_SANITIZE})
endif()

if(PROJECT_IS_TOP_LEVEL)
  set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
  find_program(MICROFRAME_CCACHE ccache)
  if(MICROFRAME_CCACHE)
    set(CMAKE_CXX_COMPILER_LAUNCHER ${MICROFRAME_CCACHE})
  endif()
endif()
