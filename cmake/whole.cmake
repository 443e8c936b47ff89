# SPDX-License-Identifier: Apache-2.0
#
# A hot path here goes through many small files.  The programs that events go through, and the
# benchmarks of them, are optimised across their files: mews_parts(LIBRARY...) makes
# objects that allow it, mews_whole(PROGRAM) does it, mews_apart() below a directory links the code as it
# stands in the objects (tests: they are many).
set(mews_is_whole FALSE)
if(CMAKE_C_COMPILER_ID STREQUAL GNU AND CMAKE_BUILD_TYPE MATCHES "^Rel"
   AND NOT MEWS_SANITIZE AND NOT MEWS_TSAN AND NOT MEWS_FUZZ)
	set(mews_is_whole TRUE)
endif()

function(mews_parts)
	if(mews_is_whole)
		foreach(library ${ARGN})
			target_compile_options(${library} PRIVATE -flto=auto -ffat-lto-objects)
		endforeach()
	endif()
endfunction()

function(mews_whole program)
	if(mews_is_whole)
		mews_parts(${program})
		target_link_options(${program} PRIVATE -flto=auto)
	endif()
endfunction()

macro(mews_apart)
	if(mews_is_whole)
		add_link_options(-fno-lto)
	endif()
endmacro()
