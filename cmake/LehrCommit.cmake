# cmake -DSOURCE=… -DOUT=… -P LehrCommit.cmake: the commit that is built, as a header; written anew only where it changed.
cmake_policy(VERSION 3.25)
execute_process(COMMAND git -C ${SOURCE} describe --always --dirty --abbrev=12 --exclude=*
                OUTPUT_VARIABLE commit ERROR_QUIET OUTPUT_STRIP_TRAILING_WHITESPACE)
if(NOT commit)
  set(commit unknown)  # an archive without its history
endif()
file(CONFIGURE OUTPUT ${OUT} CONTENT "#define LEHR_COMMIT \"@commit@\"\n" @ONLY)
