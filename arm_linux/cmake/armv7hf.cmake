# 32-bit ARM with hardware floating point: Raspberry Pi 2 and later with a 32-bit system. Debian's compiler makes Thumb
# code for ARMv7-A; NEON is asked for as well, which Paddle Lite's library cannot do without.
set(CMAKE_SYSTEM_PROCESSOR armv7l)
set(OARLOCK_TRIPLET arm-linux-gnueabihf)
set(OARLOCK_QEMU qemu-arm)
set(OARLOCK_CROSS_FLAGS -mfpu=neon -Wno-psabi)  # No notes that GCC 7.1 changed something.
include(${CMAKE_CURRENT_LIST_DIR}/debian_cross.cmake)
