# 64-bit ARM: Raspberry Pi 3 to 5 with a 64-bit system, Jetson, RK3399 and so on.
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(OARLOCK_TRIPLET aarch64-linux-gnu)
set(OARLOCK_QEMU qemu-aarch64)
include(${CMAKE_CURRENT_LIST_DIR}/debian_cross.cmake)
