# What the toolchain files share: a cross compiler of Debian's for OARLOCK_TRIPLET.
#
#   -D OARLOCK_TOOLCHAIN=FOLDER   the compiler and libraries that arm_linux/toolchain.sh put there: glibc 2.31
#   without it                    the distribution's own (apt-get install g++-aarch64-linux-gnu or
#                                 g++-arm-linux-gnueabihf), whose glibc the boards must then have. The libraries of the
#                                 other architecture come from dpkg --add-architecture, or from a folder where their
#                                 packages were unpacked: -D CMAKE_FIND_ROOT_PATH=FOLDER
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_LIBRARY_ARCHITECTURE ${OARLOCK_TRIPLET})
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES OARLOCK_TOOLCHAIN CMAKE_FIND_ROOT_PATH)

# Programs (flatc) are this machine's, libraries the other's. Headers are looked for there first; those of FlatBuffers and
# JSON, which are the same for every architecture, are found here.
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE BOTH)

if(OARLOCK_TOOLCHAIN)
  if(NOT EXISTS "${OARLOCK_TOOLCHAIN}/bin/${OARLOCK_TRIPLET}-g++")
    message(FATAL_ERROR "OARLOCK_TOOLCHAIN=${OARLOCK_TOOLCHAIN} holds no ${OARLOCK_TRIPLET}-g++; "
                        "arm_linux/toolchain.sh makes such a folder and prints its name")
  endif()
  set(CMAKE_SYSROOT "${OARLOCK_TOOLCHAIN}")
  set(OARLOCK_TOOLS "${OARLOCK_TOOLCHAIN}/bin/${OARLOCK_TRIPLET}-")
  set(OARLOCK_EMULATED_ROOT "${OARLOCK_TOOLCHAIN}")
else()
  set(OARLOCK_TOOLS "${OARLOCK_TRIPLET}-")
  set(OARLOCK_EMULATED_ROOT "/usr/${OARLOCK_TRIPLET}")
  # In a folder of unpacked packages: headers such as jconfig.h, which differ between architectures, and the libraries that
  # libraries need.
  foreach(root IN LISTS CMAKE_FIND_ROOT_PATH)
    list(APPEND OARLOCK_CROSS_FLAGS -isystem "${root}/usr/include/${OARLOCK_TRIPLET}")
    string(APPEND CMAKE_EXE_LINKER_FLAGS_INIT
      " -Wl,-rpath-link,${root}/lib/${OARLOCK_TRIPLET}:${root}/usr/lib/${OARLOCK_TRIPLET}")
  endforeach()
endif()

set(CMAKE_C_COMPILER "${OARLOCK_TOOLS}gcc")
set(CMAKE_CXX_COMPILER "${OARLOCK_TOOLS}g++")
foreach(tool AR NM OBJCOPY OBJDUMP RANLIB READELF STRIP)
  string(TOLOWER ${tool} program)
  find_program(CMAKE_${tool} "${OARLOCK_TOOLS}${program}" REQUIRED)
endforeach()
list(JOIN OARLOCK_CROSS_FLAGS " " OARLOCK_CROSS_FLAGS)
set(CMAKE_C_FLAGS_INIT "${OARLOCK_CROSS_FLAGS}")
set(CMAKE_CXX_FLAGS_INIT "${OARLOCK_CROSS_FLAGS}")

# With qemu-user installed, ctest runs the tests.
find_program(OARLOCK_EMULATOR ${OARLOCK_QEMU})
if(OARLOCK_EMULATOR)
  set(CMAKE_CROSSCOMPILING_EMULATOR "${OARLOCK_EMULATOR};-L;${OARLOCK_EMULATED_ROOT}")
endif()
