# cmake -DPROGRAM=… -DWORK=… -P run_page.cmake: a page's program in an empty folder, which it is given.
file(REMOVE_RECURSE ${WORK})
file(MAKE_DIRECTORY ${WORK})
execute_process(COMMAND ${PROGRAM} ${WORK} RESULT_VARIABLE failed)
if(failed)
  message(FATAL_ERROR "failed: ${PROGRAM}")
endif()
file(REMOVE_RECURSE ${WORK})
