# Libraries that are found, and what is left out where they are not.
find_package(OpenMP REQUIRED COMPONENTS CXX)
find_package(fmt REQUIRED)
find_package(ZLIB REQUIRED)
find_package(CURL REQUIRED)                          # downloads
find_package(OpenSSL REQUIRED COMPONENTS Crypto)    # their digests
# Keras's weight files. By their paths, so that a program that uses an installed lehr needs no search of its own.
find_package(HDF5 REQUIRED COMPONENTS C HL)
set(LEHR_HDF5_LIBRARIES ${HDF5_C_HL_LIBRARIES} ${HDF5_C_LIBRARIES})

# Studies (SQLite, PostgreSQL) and the Gaussian process. LEHR_STUDY_LIBRARIES are files, so that an installed lehr needs no further find_package.
find_path(LEHR_EIGEN_DIR Eigen/Dense PATH_SUFFIXES eigen3 REQUIRED)
find_path(LEHR_SOCI_DIR soci/soci.h REQUIRED)
set(LEHR_STUDY_LIBRARIES "")
foreach(library nlopt_cxx nlopt soci_core soci_sqlite3 soci_postgresql sqlite3 pq)
  find_library(LEHR_LIBRARY_${library} ${library})
  if(LEHR_LIBRARY_${library})
    list(APPEND LEHR_STUDY_LIBRARIES ${LEHR_LIBRARY_${library}})
  endif()
endforeach()
find_path(LEHR_PQ_DIR libpq-fe.h PATH_SUFFIXES postgresql REQUIRED)

# Header-only libraries; each costs seconds a file, so only .cpp files may include them.
add_library(lehr_headers_only INTERFACE)
find_path(LEHR_JSON_DIR nlohmann/json.hpp REQUIRED)
find_path(LEHR_CLI11_DIR CLI/CLI.hpp REQUIRED)
find_path(LEHR_TOML_DIR toml++/toml.h REQUIRED)
find_path(LEHR_STB_DIR stb/stb_image.h stb_image.h REQUIRED)
include(LehrStb)
lehr_corrected_stb(${CMAKE_BINARY_DIR}/generated/corrected)
target_include_directories(lehr_headers_only SYSTEM BEFORE INTERFACE ${CMAKE_BINARY_DIR}/generated/corrected)
target_include_directories(lehr_headers_only SYSTEM INTERFACE ${LEHR_JSON_DIR} ${LEHR_CLI11_DIR} ${LEHR_TOML_DIR} ${LEHR_STB_DIR})

# oneDNN 3 with OpenMP: dnnl_DIR or DNNL_DIR, then the system's, then the pinned wheels that cmake/fetch-onednn.sh unpacked.
# Another threading runtime (TBB, SYCL) would bring a second thread pool and cannot honour --threads.
set(LEHR_ONEDNN_TARGET "")
if(LEHR_ONEDNN)
  if(DEFINED ENV{LEHR_CACHE})
    set(lehr_cache $ENV{LEHR_CACHE})
  elseif(DEFINED ENV{XDG_CACHE_HOME})
    set(lehr_cache $ENV{XDG_CACHE_HOME}/lehr)
  else()
    set(lehr_cache $ENV{HOME}/.cache/lehr)
  endif()
  find_package(dnnl 3 CONFIG QUIET HINTS ${DNNL_DIR})
  if(NOT dnnl_FOUND)
    find_package(dnnl 3 CONFIG QUIET PATHS ${lehr_cache}/onednn-3.2 NO_DEFAULT_PATH)
  endif()
  if(dnnl_FOUND AND DNNL_CPU_THREADING_RUNTIME STREQUAL "OMP")
    set(LEHR_ONEDNN_TARGET DNNL::dnnl)
    message(STATUS "oneDNN ${dnnl_VERSION}: ${dnnl_DIR}")
  elseif(dnnl_FOUND)
    message(WARNING "oneDNN in ${dnnl_DIR} uses ${DNNL_CPU_THREADING_RUNTIME} threads, lehr needs OpenMP: built without oneDNN, with lehr's own kernels")
  else()
    message(WARNING "oneDNN 3 not found (cmake/fetch-onednn.sh gets it): built without it, with lehr's own slower kernels")
  endif()
endif()
