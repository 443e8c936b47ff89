# SPDX-License-Identifier: Apache-2.0
#
# Warnings are errors; flags that make an attack harder are on where the compiler has them.
include(CheckCCompilerFlag)
include(CheckPIESupported)
check_pie_supported(LANGUAGES C CXX)

add_compile_options(
	-Wall -Wextra -Werror -Wshadow -Wpointer-arith
	$<$<COMPILE_LANGUAGE:C>:-Wstrict-prototypes> $<$<COMPILE_LANGUAGE:C>:-Wmissing-prototypes>
	-Wwrite-strings -Wformat=2 -Wvla -fno-common -fno-strict-aliasing)
add_compile_definitions(_GNU_SOURCE)

if(MEWS_SANITIZE)
	# Twice as fast to build as with all that is optimised, and as fast to run.  What a text may be as long as
	# the compiler knows better with it.
	add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=undefined
			    -fno-omit-frame-pointer -O1 -g1 -Wno-format-truncation)
	add_link_options(-fsanitize=address,undefined)
elseif(MEWS_FUZZ)
	add_compile_options(-fsanitize=fuzzer-no-link,address,undefined
			    -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
	add_link_options(-fsanitize=address,undefined)
elseif(MEWS_TSAN)
	add_compile_options(-fsanitize=thread -fno-omit-frame-pointer)
	add_link_options(-fsanitize=thread)
else()
	foreach(flag -fstack-protector-strong -fstack-clash-protection -fcf-protection=full
		     -mbranch-protection=standard)
		string(MAKE_C_IDENTIFIER "have${flag}" have)
		check_c_compiler_flag("-Werror ${flag}" ${have})
		if(${have})
			add_compile_options(${flag})
		endif()
	endforeach()
	if(NOT CMAKE_BUILD_TYPE STREQUAL Debug)
		add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
	endif()
endif()
add_link_options(-Wl,-z,relro,-z,now,-z,noexecstack)
