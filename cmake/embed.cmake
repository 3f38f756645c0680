# microframe_embed(TARGET FILE...): each file as bytes in the binary, through the generated header
# <embedded/NAME.hpp> with `microframe::embedded::NAME` (NAME: the file's, with . and - as _).
function(microframe_embed target)
  set(out ${CMAKE_CURRENT_BINARY_DIR}/generated)
  foreach(file ${ARGN})
    get_filename_component(base ${file} NAME)
    string(REGEX REPLACE "[.-]" "_" name ${base})
    add_custom_command(
      OUTPUT ${out}/embedded/${name}.hpp
      COMMAND ${CMAKE_COMMAND} -DIN=${file} -DOUT=${out}/embedded/${name}.hpp -DNAME=${name}
              -P ${PROJECT_SOURCE_DIR}/cmake/embed_file.cmake
      DEPENDS ${file} ${PROJECT_SOURCE_DIR}/cmake/embed_file.cmake)
    target_sources(${target} PRIVATE ${out}/embedded/${name}.hpp)
    list(APPEND headers ${out}/embedded/${name}.hpp)
  endforeach()
  # For tools that read the sources without building them.
  add_custom_target(${target}_embedded DEPENDS ${headers})
  target_include_directories(${target} PRIVATE ${out})
endfunction()
