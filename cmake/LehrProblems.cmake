# tests/problems/FAMILY/NAME.txt as text in the program, so that tests and `lehr bench kernels` read the same lists.
file(GLOB lehr_lists RELATIVE ${CMAKE_CURRENT_SOURCE_DIR}/tests/problems CONFIGURE_DEPENDS tests/problems/*/*.txt)
set(lehr_lists_code "")
foreach(list ${lehr_lists})
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/tests/problems/${list})
  file(READ tests/problems/${list} lehr_text)
  get_filename_component(lehr_family ${list} DIRECTORY)
  get_filename_component(lehr_name ${list} NAME_WE)
  string(APPEND lehr_lists_code "    {\"${lehr_family}\", \"${lehr_name}\", R\"lehr(${lehr_text})lehr\"},\n")
endforeach()
file(CONFIGURE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/generated/problem_lists.cpp @ONLY CONTENT
"#include \"kernels/problem.h\"

namespace lehr {
namespace {
constexpr ProblemList lists[] = {
@lehr_lists_code@};
}  // namespace
std::span<const ProblemList> problem_lists() { return lists; }
}  // namespace lehr
")
target_sources(lehr_kernels PRIVATE ${CMAKE_CURRENT_BINARY_DIR}/generated/problem_lists.cpp)
