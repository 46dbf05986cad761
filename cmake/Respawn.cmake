# Compiler settings of this project's own targets, and the one way to declare a folder's library.

add_library(respawn_flags INTERFACE)
target_compile_options(respawn_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -fno-omit-frame-pointer)
target_include_directories(respawn_flags INTERFACE ${PROJECT_SOURCE_DIR})
if(RESPAWN_SANITIZE)
  target_compile_options(respawn_flags INTERFACE -fsanitize=${RESPAWN_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(respawn_flags INTERFACE -fsanitize=${RESPAWN_SANITIZE})
  # GCC follows instrumented code badly: it sees accesses out of bounds where there is none.
  target_compile_options(respawn_flags INTERFACE -Wno-array-bounds -Wno-maybe-uninitialized -Wno-stringop-overflow -Wno-stringop-overread)
  if(RESPAWN_SANITIZE MATCHES "undefined")
    # This check opens a pipe when it meets a type, and reports an error where there is no descriptor left:
    # in exactly those tests that take them all.
    target_compile_options(respawn_flags INTERFACE -fno-sanitize=vptr)
  endif()
endif()

find_program(MOLD_LINKER mold)
if(MOLD_LINKER)
  target_link_options(respawn_flags INTERFACE -fuse-ld=mold)
endif()

# respawn_library(<folder> [PUBLIC targets...] [PRIVATE targets...])
# One folder is one static library of all its *.cpp files (subfolders included); target name respawn_<folder>.
function(respawn_library folder)
  cmake_parse_arguments(ARG "" "" "PUBLIC;PRIVATE" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${folder}/*.cpp)
  list(FILTER sources EXCLUDE REGEX "/main\\.cpp$")
  if(sources)
    add_library(respawn_${folder} STATIC ${sources})
    target_link_libraries(respawn_${folder} PUBLIC respawn_flags ${ARG_PUBLIC} PRIVATE ${ARG_PRIVATE})
  else()
    add_library(respawn_${folder} INTERFACE)
    target_link_libraries(respawn_${folder} INTERFACE respawn_flags ${ARG_PUBLIC} ${ARG_PRIVATE})
  endif()
endfunction()

# respawn_precompile(<target> headers...): headers of libraries that most files of a target need, compiled once. Not
# the project's own, which change. A header still includes what it needs: tools/tidy compiles each alone.
function(respawn_precompile target)
  target_precompile_headers(${target} PRIVATE ${ARGN})
  target_compile_options(${target} PRIVATE -fpch-preprocess)  # what ccache needs to see through it
endfunction()

# respawn_precompile_like(<target> <other>): the same headers, which `other` has compiled already with the same flags.
function(respawn_precompile_like target other)
  target_precompile_headers(${target} REUSE_FROM ${other})
  target_compile_options(${target} PRIVATE -fpch-preprocess)
endfunction()

# respawn_unity(<target>): compiles eight files at a time as one: most of the time of a file goes into its headers
# and their templates, which eight files share. Names of unnamed namespaces must differ within a target.
function(respawn_unity target)
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 8)
endfunction()

# respawn_unity_by_folder(<target>): all files of a folder as one, for a library of many folders: only within a folder
# must names differ.
function(respawn_unity_by_folder target)
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
  get_target_property(sources ${target} SOURCES)
  foreach(source ${sources})
    cmake_path(GET source PARENT_PATH folder)
    cmake_path(GET folder FILENAME group)
    set_source_files_properties(${source} PROPERTIES UNITY_GROUP ${group})
  endforeach()
endfunction()

# Precompiled headers for all tests; a second one for those that use CAF.
set(RESPAWN_EMPTY_SOURCE ${PROJECT_BINARY_DIR}/empty.cpp)
file(CONFIGURE OUTPUT ${RESPAWN_EMPTY_SOURCE} CONTENT "")
function(respawn_test_headers)
  add_library(respawn_test_headers OBJECT ${RESPAWN_EMPTY_SOURCE})
  target_link_libraries(respawn_test_headers PRIVATE respawn_flags Threads::Threads GTest::gtest GTest::gmock)
  respawn_precompile(respawn_test_headers <gtest/gtest.h> <gmock/gmock.h> <string> <vector> <memory> <functional>)
  add_library(respawn_actor_test_headers OBJECT ${RESPAWN_EMPTY_SOURCE})
  target_link_libraries(respawn_actor_test_headers
    PRIVATE respawn_flags CAF::core Threads::Threads GTest::gtest GTest::gmock)
  respawn_precompile(respawn_actor_test_headers <gtest/gtest.h> <gmock/gmock.h> <string> <vector> <memory> <functional>
    <caf/actor.hpp> <caf/behavior.hpp> <caf/send.hpp> <caf/scheduled_actor.hpp> <caf/event_based_actor.hpp>
    <caf/scoped_actor.hpp>)
endfunction()

# respawn_use_allocator(<executable>): links the allocator of the RESPAWN_ALLOCATOR option.
function(respawn_use_allocator target)
  if(RESPAWN_ALLOCATOR STREQUAL "libc")
    return()
  endif()
  find_library(RESPAWN_${RESPAWN_ALLOCATOR}_LIBRARY ${RESPAWN_ALLOCATOR} REQUIRED)
  target_link_libraries(${target} PRIVATE
    -Wl,--push-state,--no-as-needed ${RESPAWN_${RESPAWN_ALLOCATOR}_LIBRARY} -Wl,--pop-state)
  target_compile_definitions(${target} PRIVATE RESPAWN_ALLOCATOR="${RESPAWN_ALLOCATOR}")
endfunction()

# respawn_test(<name> <glob-folder> libs...): one GoogleTest binary of a folder's *.cpp files, found by ctest.
function(respawn_test name folder)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${folder}/*.cpp)
  if(NOT sources)
    return()
  endif()
  add_executable(${name} ${sources})
  target_link_libraries(${name} PRIVATE ${ARGN} respawn_flags GTest::gtest_main GTest::gmock)
  get_target_property(libraries ${name} LINK_LIBRARIES)
  if(libraries MATCHES "respawn_(net|supervision|actors|server)")
    respawn_precompile_like(${name} respawn_actor_test_headers)
  else()
    respawn_precompile_like(${name} respawn_test_headers)
  endif()
  respawn_unity(${name})
  gtest_discover_tests(${name} DISCOVERY_TIMEOUT 60 NO_PRETTY_VALUES PROPERTIES LABELS ${name})
endfunction()
