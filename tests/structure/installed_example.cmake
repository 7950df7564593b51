# cmake -DBUILD=… -DEXAMPLE=… -DWORK=… -P installed_example.cmake
# Installs the build, builds docs/example against what was installed, moves the tree elsewhere and runs both programs there.
function(must)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE failed)
  if(failed)
    message(FATAL_ERROR "failed: ${ARGN}")
  endif()
endfunction()

file(REMOVE_RECURSE ${WORK})
must(${CMAKE_COMMAND} --install ${BUILD} --prefix ${WORK}/prefix)
if(EXISTS ${WORK}/prefix/bin/lehr)
  foreach(file share/man/man1/lehr.1 share/bash-completion/completions/lehr share/zsh/site-functions/_lehr)
    file(SIZE ${WORK}/prefix/${file} size)  # an error where it is missing
    if(size EQUAL 0)
      message(FATAL_ERROR "${file} is empty")
    endif()
  endforeach()
endif()
must(${CMAKE_COMMAND} -G Ninja -S ${EXAMPLE} -B ${WORK}/build -DCMAKE_PREFIX_PATH=${WORK}/prefix -DCMAKE_BUILD_TYPE=Release
     -DCMAKE_CXX_FLAGS=-Wall\ -Wextra\ -Werror)  # as a user's own build may have them
must(${CMAKE_COMMAND} --build ${WORK}/build)
must(${WORK}/build/example)
if(EXISTS ${WORK}/prefix/bin/lehr)
  file(RENAME ${WORK}/prefix ${WORK}/moved)
  must(${WORK}/moved/bin/lehr --version)
endif()
file(REMOVE_RECURSE ${WORK})
