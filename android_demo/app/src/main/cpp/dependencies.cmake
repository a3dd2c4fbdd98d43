# What the core is built from, where no system has it installed: on Android. Pinned releases, verified by hash, that
# CMake downloads into the build folder once; -DFETCHCONTENT_SOURCE_DIR_<NAME>=FOLDER takes an unpacked one instead.
include(FetchContent)

FetchContent_Declare(flatbuffers
  URL https://github.com/google/flatbuffers/archive/v2.0.8.tar.gz
  URL_HASH SHA256=f97965a727d26386afaefff950badef2db3ab6af9afe23ed6d94bfb65f95f37e)
FetchContent_Declare(json
  URL https://github.com/nlohmann/json/archive/refs/tags/v3.11.2.tar.gz
  URL_HASH SHA256=d69f9deb6a75e2580465c6c4c5111b89c4dc2fa94e3a85fcd2ffcd9a143d9273)
FetchContent_Declare(sodium
  URL https://github.com/jedisct1/libsodium/releases/download/1.0.20-RELEASE/libsodium-1.0.20.tar.gz
  URL_HASH SHA256=ebb65ef6ca439333c2bb41a0c1990587288da07f6c7fd07cb3a18cc18d30ce19)
# Sources alone: none of their own build files is used.
foreach(name flatbuffers json sodium)
  FetchContent_GetProperties(${name})
  if(NOT ${name}_POPULATED)
    FetchContent_Populate(${name})
  endif()
endforeach()

# The core asks for these by cache variables, and finds them set. Headers are those of the releases.
set(OARLOCK_FLATBUFFERS_INCLUDE ${flatbuffers_SOURCE_DIR}/include CACHE PATH "" FORCE)
set(OARLOCK_JSON_INCLUDE ${json_SOURCE_DIR}/single_include CACHE PATH "" FORCE)
set(OARLOCK_SODIUM_INCLUDE ${sodium_SOURCE_DIR}/src/libsodium/include CACHE PATH "" FORCE)

# The FlatBuffers compiler would have to be built for the computer that builds, for which the NDK has no compiler. What
# it makes of native/schema is checked in (generated/, held to the schema by tests/android) and put where it would write.
set(OARLOCK_FLATC
  ${CMAKE_COMMAND} -P ${CMAKE_CURRENT_LIST_DIR}/copy_generated.cmake ${CMAKE_CURRENT_LIST_DIR}/generated
  CACHE STRING "" FORCE)

# libsodium as its own configure would build it without any of its optional instruction sets, whose files then compile
# to nothing: the core verifies a signature a bundle, and uses no other part. What it does not use, the linker leaves out.
set(source ${sodium_SOURCE_DIR}/src/libsodium)
set(VERSION 1.0.20)
set(SODIUM_LIBRARY_VERSION_MAJOR 26)
set(SODIUM_LIBRARY_VERSION_MINOR 2)
configure_file(${source}/include/sodium/version.h.in ${CMAKE_CURRENT_BINARY_DIR}/sodium/sodium/version.h @ONLY)
file(GLOB_RECURSE sodium_sources ${source}/*.c)
add_library(oarlock_sodium STATIC EXCLUDE_FROM_ALL ${sodium_sources})
set_target_properties(oarlock_sodium PROPERTIES
  POSITION_INDEPENDENT_CODE ON C_VISIBILITY_PRESET hidden C_STANDARD 11)
target_compile_definitions(oarlock_sodium PRIVATE CONFIGURED=1 SODIUM_STATIC=1 NATIVE_LITTLE_ENDIAN=1)
target_compile_options(oarlock_sodium PRIVATE -w -ffunction-sections -fdata-sections)
target_include_directories(oarlock_sodium
  SYSTEM PUBLIC ${CMAKE_CURRENT_BINARY_DIR}/sodium ${source}/include/sodium
  PRIVATE ${CMAKE_CURRENT_BINARY_DIR}/sodium/sodium)
add_link_options(-Wl,--gc-sections)
set(OARLOCK_SODIUM_LIBRARY oarlock_sodium CACHE STRING "" FORCE)
