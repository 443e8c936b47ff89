# SPDX-License-Identifier: Apache-2.0
#
# The libraries of the card, each as one imported target.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)

# nng and msgpack-c come without a pkg-config file of a stable name on Debian 12.
function(mews_library name header lib)
	find_path(${name}_INCLUDE ${header} REQUIRED)
	find_library(${name}_LIBRARY ${lib} REQUIRED)
	add_library(lib::${name} INTERFACE IMPORTED)
	target_include_directories(lib::${name} SYSTEM INTERFACE ${${name}_INCLUDE})
	target_link_libraries(lib::${name} INTERFACE ${${name}_LIBRARY})
endfunction()

mews_library(nng nng/nng.h nng)
mews_library(msgpack msgpack.h msgpackc)
mews_library(yaml yaml.h yaml)
mews_library(cap sys/capability.h cap)
if(MEWS_BPF)
	mews_library(bpf bpf/libbpf.h bpf)
endif()
find_library(CRITERION_LIBRARY criterion)
if(CRITERION_LIBRARY)
	mews_library(criterion criterion/criterion.h criterion)
endif()
find_library(CK_LIBRARY ck)
if(CK_LIBRARY)
	mews_library(ck ck_ring.h ck)
endif()
