# microframe_layer(NAME [PUBLIC lib...] [PRIVATE lib...] [WITHOUT file...]): the folder src/NAME, but for the files that are left
# out, as the static library microframe_NAME. Several files are compiled as one (the headers are most of the work) where
# MICROFRAME_UNITY says so.
function(microframe_layer name)
  cmake_parse_arguments(LAYER "" "" "PUBLIC;PRIVATE;WITHOUT" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${name}/*.cpp)
  list(TRANSFORM LAYER_WITHOUT PREPEND ${PROJECT_SOURCE_DIR}/src/${name}/)
  list(REMOVE_ITEM sources ${LAYER_WITHOUT})
  add_library(microframe_${name} STATIC ${sources})
  target_include_directories(microframe_${name} PUBLIC ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(microframe_${name} PUBLIC ${LAYER_PUBLIC} PRIVATE ${LAYER_PRIVATE})
  set_target_properties(microframe_${name} PROPERTIES UNITY_BUILD ${MICROFRAME_UNITY} UNITY_BUILD_BATCH_SIZE 8)
  if(BUILD_SHARED_LIBS)
    set_target_properties(microframe_${name} PROPERTIES POSITION_INDEPENDENT_CODE ON)
  endif()
endfunction()

# microframe_library(NAME LAYER...): one library, static or shared as BUILD_SHARED_LIBS says, of all layers. It links what they
# link, and shows the public headers alone.
function(microframe_library name)
  add_library(${name})
  set(libraries)
  foreach(layer ${ARGN})
    target_sources(${name} PRIVATE $<TARGET_OBJECTS:microframe_${layer}>)
    get_target_property(linked microframe_${layer} LINK_LIBRARIES)
    list(APPEND libraries ${linked})
  endforeach()
  list(FILTER libraries EXCLUDE REGEX "^microframe_")
  list(REMOVE_DUPLICATES libraries)
  list(REMOVE_ITEM libraries Boost::json)
  # Json is a boost::json::value.
  target_link_libraries(${name} PUBLIC Boost::json PRIVATE ${libraries})
  target_compile_features(${name} PUBLIC cxx_std_20)
  target_include_directories(${name} PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:include>)
  set_target_properties(${name} PROPERTIES LINKER_LANGUAGE CXX VERSION ${PROJECT_VERSION}
                        SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
endfunction()
