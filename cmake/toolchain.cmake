# SPDX-License-Identifier: Apache-2.0
# How every target is compiled: language level, warnings, hardening, sanitizers, compiler cache.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

option(POSTSEAL_WERROR "Treat warnings as errors" ON)
option(POSTSEAL_SANITIZE "Build with AddressSanitizer and UndefinedBehaviorSanitizer" OFF)
option(POSTSEAL_HARDEN "Stack protector, fortified libc, immediate binding" ON)

add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual)
if(POSTSEAL_WERROR)
  add_compile_options(-Werror)
endif()
if(POSTSEAL_HARDEN)
  add_compile_options(-fstack-protector-strong -fstack-clash-protection -fcf-protection)
  add_link_options(-Wl,-z,relro,-z,now)
  if(NOT CMAKE_BUILD_TYPE STREQUAL "Debug")
    add_compile_options($<$<CONFIG:Release,RelWithDebInfo>:-D_FORTIFY_SOURCE=2>)
  endif()
endif()

# The sealer runs under an address space limit, which no sanitizer survives: targets that belong to
# it do not use this interface library.
add_library(postseal_sanitizers INTERFACE)
if(POSTSEAL_SANITIZE)
  target_compile_options(postseal_sanitizers INTERFACE -fsanitize=address,undefined
                         -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(postseal_sanitizers INTERFACE -fsanitize=address,undefined)
endif()

# The cache serves every checkout of this machine: paths count from the top of the checkout, and
# precompiled headers, which hold times and definitions, are cached too.
find_program(POSTSEAL_CCACHE ccache)
if(POSTSEAL_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR}
      CCACHE_NOHASHDIR=1 CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      ${POSTSEAL_CCACHE})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    add_compile_options(-fpch-preprocess)
  endif()
endif()
