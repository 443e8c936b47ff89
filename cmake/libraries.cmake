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
mews_library(seccomp seccomp.h seccomp)
mews_library(isal isa-l/igzip_lib.h isal)
mews_library(jansson jansson.h jansson)
mews_library(ncurses curses.h ncursesw)
mews_library(protobuf protobuf-c/protobuf-c.h protobuf-c)

# mews_protobuf(NAME FILE): NAME.pb-c.[ch] of FILE, as library NAME_protobuf.
find_program(PROTOC_C protoc-c REQUIRED)
function(mews_protobuf name file)
	get_filename_component(dir ${CMAKE_CURRENT_SOURCE_DIR}/${file} DIRECTORY)
	set(made ${CMAKE_CURRENT_BINARY_DIR}/${name}.pb-c)
	add_custom_command(OUTPUT ${made}.c ${made}.h
		COMMAND ${PROTOC_C} --c_out=${CMAKE_CURRENT_BINARY_DIR} --proto_path=${dir}
			${CMAKE_CURRENT_SOURCE_DIR}/${file}
		DEPENDS ${file} VERBATIM)
	add_library(${name}_protobuf STATIC ${made}.c ${made}.h)
	target_include_directories(${name}_protobuf SYSTEM PUBLIC ${CMAKE_CURRENT_BINARY_DIR})
	target_link_libraries(${name}_protobuf PUBLIC lib::protobuf)
endfunction()
if(MEWS_BPF)
	mews_library(bpf bpf/libbpf.h bpf)
endif()
# What only tests and benches need; they are left out where it is not there.
function(mews_test_library name header lib)
	string(TOUPPER ${name}_LIBRARY library)
	find_library(${library} ${lib})
	if(${library})
		mews_library(${name} ${header} ${lib})
	endif()
endfunction()

mews_test_library(criterion criterion/criterion.h criterion)
mews_test_library(ck ck_ring.h ck)
# For its headers; the tests' server is linked with it.
find_package(OpenSSL REQUIRED)
