// onnx_graph.h: an ONNX file as nodes and arrays. Knows the format and none of its operators (onnx_export.cpp, onnx_import.cpp).
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "engine/array.h"

namespace lehr {

using OnnxAttribute = std::variant<std::int64_t, double, std::string, std::vector<std::int64_t>, std::vector<double>, Array>;

struct OnnxNode {
  std::string op = {}, name = {};
  std::vector<std::string> inputs = {}, outputs = {};  ///< empty: an optional input that is not given
  std::vector<std::pair<std::string, OnnxAttribute>> attributes = {};

  const OnnxAttribute* find(const std::string& attribute) const;  ///< null where it is not given
};

/// An input or output of the graph; -1: an extent that the file leaves open, as that of the batch.
struct OnnxValue {
  std::string name = {};
  std::vector<std::int64_t> shape = {};
};

struct OnnxGraph {
  std::string name = "lehr", producer = "lehr";
  std::int64_t opset = 17;
  std::vector<OnnxNode> nodes = {};
  std::vector<std::pair<std::string, Array>> initializers = {};  ///< float32 or int64
  std::vector<OnnxValue> inputs = {}, outputs = {};
};

/// Numbers become float32 or int64. Error{data} names file and node: damaged, another domain, data of another file that is not there, more nodes or bytes than the file can hold.
OnnxGraph read_onnx(const std::string& file);
void write_onnx(const std::string& file, const OnnxGraph& graph);

}  // namespace lehr
