# What the build needs besides a compiler: headers, and libsodium as a static library, so that the core needs no library
# but the system's own.
find_package(Threads REQUIRED)

function(oarlock_require variable what package)
  if(NOT ${variable})
    message(FATAL_ERROR "${what} was not found. On Debian and Ubuntu: apt-get install ${package}")
  endif()
endfunction()

find_program(OARLOCK_FLATC flatc)
oarlock_require(OARLOCK_FLATC "The FlatBuffers compiler (flatc)" flatbuffers-compiler)

find_path(OARLOCK_FLATBUFFERS_INCLUDE flatbuffers/flatbuffers.h)
oarlock_require(OARLOCK_FLATBUFFERS_INCLUDE "FlatBuffers' header" libflatbuffers-dev)

find_path(OARLOCK_JSON_INCLUDE nlohmann/json.hpp)
oarlock_require(OARLOCK_JSON_INCLUDE "nlohmann's JSON header" nlohmann-json3-dev)

# For signatures. For another processor, Debian has it too: apt-get install libsodium-dev:arm64.
find_path(OARLOCK_SODIUM_INCLUDE sodium.h)
find_library(OARLOCK_SODIUM_LIBRARY libsodium.a)
oarlock_require(OARLOCK_SODIUM_INCLUDE "libsodium's header" libsodium-dev)
oarlock_require(OARLOCK_SODIUM_LIBRARY "libsodium as a static library (libsodium.a)" libsodium-dev)

# The headers through a folder of their own: the compiler must not be given all of /usr/include, which is
# the host's when another processor is compiled for.
set(OARLOCK_HEADERS ${CMAKE_CURRENT_BINARY_DIR}/headers)
file(MAKE_DIRECTORY ${OARLOCK_HEADERS})
file(CREATE_LINK ${OARLOCK_FLATBUFFERS_INCLUDE}/flatbuffers ${OARLOCK_HEADERS}/flatbuffers SYMBOLIC)
file(CREATE_LINK ${OARLOCK_JSON_INCLUDE}/nlohmann ${OARLOCK_HEADERS}/nlohmann SYMBOLIC)
file(CREATE_LINK ${OARLOCK_SODIUM_INCLUDE}/sodium.h ${OARLOCK_HEADERS}/sodium.h SYMBOLIC)
file(CREATE_LINK ${OARLOCK_SODIUM_INCLUDE}/sodium ${OARLOCK_HEADERS}/sodium SYMBOLIC)

# GoogleTest as a library, else (for another processor) from Debian's copy of its sources.
set(OARLOCK_GTEST_SOURCES /usr/src/googletest)
if(OARLOCK_BUILD_TESTS)
  find_package(GTest QUIET)
  if(NOT GTest_FOUND AND EXISTS ${OARLOCK_GTEST_SOURCES}/CMakeLists.txt)
    set(INSTALL_GTEST OFF)
    add_subdirectory(${OARLOCK_GTEST_SOURCES} ${CMAKE_CURRENT_BINARY_DIR}/googletest EXCLUDE_FROM_ALL)
    set(GTest_FOUND TRUE)
  endif()
  oarlock_require(GTest_FOUND "GoogleTest" libgtest-dev)
endif()
