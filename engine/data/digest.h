// digest.h: checksums of files, as the places that publish data print them.
#pragma once

#include <string>

namespace lehr {

/// The digest of a file's bytes in lower-case hexadecimal digits. `algorithm` is "sha256" or "md5". Error{data} where the file cannot be read.
std::string file_digest(const std::string& file, const std::string& algorithm = "sha256");

/// "sha256:3aede3…" or "md5:8d4fb7…" against the file; true for an empty digest (the publisher gave none). Error{usage} for another form.
bool digest_holds(const std::string& file, const std::string& digest);

}  // namespace lehr
