# SPDX-License-Identifier: Apache-2.0
#
# To build for arm64 elsewhere: cmake -DCMAKE_TOOLCHAIN_FILE=cmake/arm64.cmake -DCMAKE_SYSROOT=DIR, where DIR has
# Debian's libraries for arm64 (tests/kernels/packages.sh makes one).
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
