# SPDX-License-Identifier: Apache-2.0
# A room is a folder, a namespace and a target: every .cpp file directly in the folder belongs to it.

# postseal_room(NAME [ASIO] [USES targets...])
function(postseal_room name)
  cmake_parse_arguments(arg "ASIO" "" "USES" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${name}/*.cpp)
  add_library(postseal_${name} STATIC ${sources})
  target_include_directories(postseal_${name} PUBLIC ${CMAKE_SOURCE_DIR})
  target_link_libraries(postseal_${name} PUBLIC ${arg_USES} Boost::headers postseal_sanitizers)
  if(arg_ASIO)
    postseal_uses_asio(postseal_${name})
  endif()
endfunction()

# postseal_unit_tests(ROOM [USES targets...]): one Boost.Test program a room, of tests/unit/ROOM/*.cpp.
function(postseal_unit_tests name)
  cmake_parse_arguments(arg "" "" "USES" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/unit/${name}/*.cpp)
  if(NOT sources)
    return()
  endif()
  add_executable(${name}_tests ${CMAKE_SOURCE_DIR}/tests/unit/main.cpp ${sources})
  target_link_libraries(${name}_tests PRIVATE postseal_${name} ${arg_USES} postseal_testing)
  target_precompile_headers(${name}_tests REUSE_FROM no_tests)
  add_test(NAME unit/${name} COMMAND ${name}_tests --color_output=no)
  set_tests_properties(unit/${name} PROPERTIES TIMEOUT 1200)
endfunction()
