# What the program needs besides the core: readers of pictures, as shared libraries that every board has.
find_path(OARLOCK_JPEG_INCLUDE jpeglib.h)
find_library(OARLOCK_JPEG_LIBRARY libjpeg.so)
oarlock_require(OARLOCK_JPEG_INCLUDE "libjpeg-turbo's header" libjpeg-dev)
oarlock_require(OARLOCK_JPEG_LIBRARY "libjpeg-turbo" libjpeg-dev)

find_path(OARLOCK_PNG_INCLUDE png.h PATH_SUFFIXES libpng16)
find_library(OARLOCK_PNG_LIBRARY NAMES libpng16.so libpng.so)
oarlock_require(OARLOCK_PNG_INCLUDE "libpng's header" libpng-dev)
oarlock_require(OARLOCK_PNG_LIBRARY "libpng" libpng-dev)
