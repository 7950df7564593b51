# LEHR_TOGETHER=N: up to N sources of a folder are compiled as one, where they define no name twice (read_together.py). A build from nothing takes
# half the time, one after a change more.
function(lehr_build_together target)
  get_target_property(sources ${target} SOURCES)
  list(FILTER sources INCLUDE REGEX "^/.*\\.cpp$")
  list(FILTER sources EXCLUDE REGEX "^${CMAKE_BINARY_DIR}/")
  find_package(Python3 REQUIRED COMPONENTS Interpreter)
  execute_process(COMMAND ${Python3_EXECUTABLE} -B ${CMAKE_SOURCE_DIR}/cmake/read_together.py ${LEHR_TOGETHER} ${sources}
                  OUTPUT_VARIABLE rows COMMAND_ERROR_IS_FATAL ANY)
  string(REPLACE "\n" ";" rows "${rows}")
  foreach(row ${rows})
    string(REGEX MATCH "^(.*)[|](.*)$" row "${row}")
    set_source_files_properties(${CMAKE_MATCH_2} TARGET_DIRECTORY ${target} PROPERTIES UNITY_GROUP ${CMAKE_MATCH_1})
  endforeach()
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
endfunction()

foreach(target lehr_kernels lehr_engine lehr_layers lehr_weights lehr_optim lehr_tune lehr_apps
               lehr_simt test_kernels test_engine test_layers test_weights test_optim test_tune test_apps test_cuda test_gpu test_simt)
  if(TARGET ${target})
    lehr_build_together(${target})
  endif()
endforeach()
