# What `cmake --install` lays down: program, libraries, headers in their folders, and the package that find_package(lehr) reads.
#   bin/lehr · lib/liblehr_*.a · include/lehr/{lehr.h,kernels/…} · lib/cmake/lehr · lib/lehr/libdnnl.so.3
#   share/man/man1/lehr.1 · share/bash-completion/completions/lehr · share/zsh/site-functions/_lehr
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
set(CMAKE_INSTALL_MESSAGE NEVER)  # a hundred lines of headers say nothing

# lehr::lehr is all of it; the folders (lehr::kernels …) are there for a program that wants less.
add_library(lehr_api INTERFACE)
target_link_libraries(lehr_api INTERFACE lehr_tune)
target_include_directories(lehr_api INTERFACE $<INSTALL_INTERFACE:include>)
set_target_properties(lehr_api PROPERTIES EXPORT_NAME lehr)
set(folders kernels engine layers weights optim tune)
set(libraries lehr_api)
foreach(folder ${folders})
  set_target_properties(lehr_${folder} PROPERTIES EXPORT_NAME ${folder})
  list(APPEND libraries lehr_${folder})
  install(DIRECTORY ${folder} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/lehr FILES_MATCHING PATTERN "*.h"
          PATTERN "kernels/cpu" EXCLUDE PATTERN "kernels/cuda" EXCLUDE PATTERN "kernels/simt" EXCLUDE
          PATTERN "kernels/problems" EXCLUDE PATTERN "kernels/reference" EXCLUDE)
endforeach()
install(TARGETS ${libraries} EXPORT lehrTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/tune/lehr.h)
  install(FILES tune/lehr.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/lehr)
endif()

# Our oneDNN travels along in a folder of its own, where it hides no other; a system's stays where it is.
set(LEHR_CARRIES_ONEDNN OFF)
set(LEHR_NEEDS_ONEDNN OFF)
if(LEHR_ONEDNN_TARGET)
  set(LEHR_NEEDS_ONEDNN ON)
  get_target_property(onednn DNNL::dnnl IMPORTED_LOCATION_RELEASE)
  if(lehr_cache AND onednn MATCHES "/onednn-3[^/]*/lib/")
    set(LEHR_CARRIES_ONEDNN ON)
    install(FILES ${onednn} DESTINATION ${CMAKE_INSTALL_LIBDIR}/lehr RENAME libdnnl.so.3)
    get_filename_component(onednn_home ${onednn}/../../share/doc/onednn ABSOLUTE)
    install(FILES ${onednn_home}/LICENSE ${onednn_home}/THIRD-PARTY-PROGRAMS DESTINATION ${CMAKE_INSTALL_DOCDIR}/onednn)
  endif()
endif()

if(TARGET lehr)
  if(LEHR_CARRIES_ONEDNN)
    set_target_properties(lehr PROPERTIES INSTALL_RPATH "$ORIGIN/../${CMAKE_INSTALL_LIBDIR}/lehr")
  endif()
  install(TARGETS lehr RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})

  # The manual page and what shells complete: printed by the program itself.
  set(written ${CMAKE_CURRENT_BINARY_DIR}/installed)
  file(MAKE_DIRECTORY ${written})
  add_custom_command(OUTPUT ${written}/lehr.1 ${written}/lehr.bash ${written}/_lehr
                     COMMAND lehr help man > ${written}/lehr.1
                     COMMAND lehr help bash-completion > ${written}/lehr.bash
                     COMMAND lehr help zsh-completion > ${written}/_lehr
                     DEPENDS lehr VERBATIM)
  add_custom_target(lehr_written ALL DEPENDS ${written}/lehr.1)
  install(FILES ${written}/lehr.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
  install(FILES ${written}/lehr.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME lehr)
  install(FILES ${written}/_lehr DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
endif()

install(EXPORT lehrTargets NAMESPACE lehr:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/lehr)
configure_package_config_file(cmake/lehrConfig.cmake.in ${CMAKE_CURRENT_BINARY_DIR}/lehrConfig.cmake
                              INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/lehr NO_CHECK_REQUIRED_COMPONENTS_MACRO)
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/lehrConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/lehrConfig.cmake ${CMAKE_CURRENT_BINARY_DIR}/lehrConfigVersion.cmake
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/lehr)

install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
