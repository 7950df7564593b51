// onnx_lengths.h: the lengths in a file of protobuf's, before protobuf believes them: for a text of a damaged length it reserves up to 50 MB, whatever
// the file's size.
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace google::protobuf {
class Descriptor;
}

namespace lehr {

/// Every message, text and list of `bytes`, a message of that type, ends where what holds it ends, or before. Error{data} names the byte.
void check_lengths(std::span<const std::byte> bytes, const google::protobuf::Descriptor& type, const std::string& file);

}  // namespace lehr
