# SPDX-License-Identifier: Apache-2.0
# Asio and Beast compiled once: every room that does I/O links this, and shares one precompiled header.
add_library(postseal_asio STATIC ${CMAKE_SOURCE_DIR}/cmake/asio.cpp)
target_compile_definitions(postseal_asio PUBLIC BOOST_ASIO_SEPARATE_COMPILATION
                           BOOST_BEAST_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED)
# GCC 12 takes the frame allocator of Asio's coroutines for a mismatched pair once it is inlined.
target_compile_options(postseal_asio PUBLIC -Wno-mismatched-new-delete)
target_link_libraries(postseal_asio PUBLIC Boost::headers OpenSSL::SSL Threads::Threads
                      postseal_sanitizers)
target_precompile_headers(postseal_asio PRIVATE ${CMAKE_SOURCE_DIR}/cmake/asio_pch.hpp)

# postseal_uses_asio(TARGET): the precompiled header needs the very flags it was made with.
function(postseal_uses_asio target)
  target_link_libraries(${target} PUBLIC postseal_asio)
  target_precompile_headers(${target} REUSE_FROM postseal_asio)
endfunction()
