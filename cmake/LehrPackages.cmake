# Libraries that are found, and what is left out where they are not.
find_package(OpenMP REQUIRED COMPONENTS CXX)
find_package(fmt REQUIRED)
find_package(ZLIB REQUIRED)

# Header-only libraries; each costs seconds a file, so only .cpp files may include them.
add_library(lehr_headers_only INTERFACE)
find_path(LEHR_JSON_DIR nlohmann/json.hpp REQUIRED)
find_path(LEHR_CLI11_DIR CLI/CLI.hpp REQUIRED)
find_path(LEHR_TOML_DIR toml++/toml.h REQUIRED)
find_path(LEHR_STB_DIR stb/stb_image.h stb_image.h REQUIRED)
target_include_directories(lehr_headers_only SYSTEM INTERFACE ${LEHR_JSON_DIR} ${LEHR_CLI11_DIR} ${LEHR_TOML_DIR} ${LEHR_STB_DIR})
