// download.h: one file from the network, so that afterwards it is there and right, or not there at all.
//   Bytes go to FILE.part; what an earlier try left is continued with a range request; the digest is checked; then FILE.part becomes FILE.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace lehr {

struct Download {
  std::vector<std::string> urls = {};  ///< http or https, tried in this order
  std::string file = {};               ///< folders are made
  std::string digest = {};             ///< "sha256:HEX" or "md5:HEX"; empty where the publisher gives none
  std::int64_t bytes = 0;              ///< where it is known, for progress and for a cut answer without a length; 0: it is not
};

struct DownloadHooks {
  /// How much of how much is there (total 0: the server does not say); a few times a second.
  std::function<void(std::int64_t done, std::int64_t total)> progress = {};
  std::function<bool()> interrupted = {};  ///< true: stop, keep what came, throw Error{interrupted}
  int attempts = 4;                        ///< of each address that answers and breaks off; a try that brings bytes does not count
  double patience_s = 60;                  ///< a connection that brings nothing for so long is given up
};

enum class Fetched { already_there, downloaded };

/// A file that is there and keeps its digest is left alone. Throws Error{data} with each address and what became of it; a wrong digest
/// removes what came. Two processes that fetch the same file do not mix their bytes: the second says who is at it.
Fetched download(const Download& what, const DownloadHooks& hooks = {});

}  // namespace lehr
