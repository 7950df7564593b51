#include "engine/data/fetch.h"

#include <cstdlib>
#include <filesystem>

#include "engine/atomic_file.h"
#include "engine/data/file.h"
#include "engine/data/inflate.h"
#include "engine/data/tar.h"
#include "engine/spec/names.h"
#include "kernels/error.h"

namespace lehr {

namespace {

namespace fs = std::filesystem;

struct RemoteFile {
  std::string name = {};
  std::vector<std::string> places = {};  ///< the address is place + name, but for places that end in the file itself
  std::string digest = {};
  std::int64_t bytes = 0;
};

struct RemoteSet {
  std::string name = {};
  std::string folder = {};  ///< below the data folder
  std::vector<RemoteFile> files = {};
  bool unpack = false;  ///< a tar of one folder, called as `folder`
  std::string next = {};
};

constexpr const char* keras = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/";
constexpr const char* zalando = "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/";

/// Digests: of the files themselves (fashion_mnist), as Keras 3.15 and scikit-learn 1.7 pin them (the others).
const std::vector<RemoteSet>& remote_sets() {
  static const std::vector<RemoteSet> sets = {
      {.name = "fashion_mnist",
       .folder = "fashion-mnist",
       .files = {{"train-images-idx3-ubyte.gz",
                  {zalando, keras},
                  "sha256:3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
                  26'421'880},
                 {"train-labels-idx1-ubyte.gz",
                  {zalando, keras},
                  "sha256:a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
                  29'515},
                 {"t10k-images-idx3-ubyte.gz",
                  {zalando, keras},
                  "sha256:346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
                  4'422'102},
                 {"t10k-labels-idx1-ubyte.gz",
                  {zalando, keras},
                  "sha256:67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
                  5'148}},
       .next = "lehr fit --data fashion_mnist"},
      {.name = "mnist",
       .folder = "mnist",
       .files = {{"mnist.npz", {keras}, "sha256:731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1", 0}},
       .next = "lehr fit --data mnist"},
      {.name = "cifar10",
       .folder = "cifar-10-batches-py",
       .files = {{"cifar-10-python.tar.gz",
                  {"https://www.cs.toronto.edu/~kriz/"},
                  "sha256:6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce",
                  0}},
       .unpack = true,
       .next = "lehr fit --data cifar10"},
      {.name = "lfw",
       .folder = "lfw",
       .files = {{"lfw.tgz",
                  {"http://vis-www.cs.umass.edu/lfw/", "https://ndownloader.figshare.com/files/5976018"},
                  "sha256:055f7d9c632d7370e6fb4afc7468d40f970c34a80d4c6f50ffec63f5a8d536c0",
                  0}},
       .next = "lehr data make lfw62 --from"}};
  return sets;
}

const RemoteSet& find_set(const std::string& name) {
  for (const RemoteSet& set : remote_sets())
    if (same_name(set.name, name)) return set;
  throw Error({.category = Category::usage,
               .where = "data fetch",
               .what = "there is no set \"" + name + "\" to be fetched",
               .expected = one_of(fetchable_sets()),
               .got = name,
               .hint = did_you_mean(nearest(name, fetchable_sets()))});
}

/// Where a person keeps data, else ~/.lehr/datasets.
fs::path data_home(const std::string& wanted) {
  if (!wanted.empty()) return wanted;
  if (const char* named = std::getenv("LEHR_DATA"); named != nullptr && *named != '\0') return named;
  if (const char* home = std::getenv("HOME"); home != nullptr && *home != '\0') return fs::path(home) / ".lehr" / "datasets";
  throw Error({.category = Category::usage, .where = "--data-dir", .what = "is needed: neither LEHR_DATA nor HOME is set"});
}

Download download_of(const RemoteFile& file, const fs::path& folder, const std::string& mirror) {
  Download out{.file = (folder / file.name).string(), .digest = file.digest, .bytes = file.bytes};
  if (!mirror.empty())
    out.urls.push_back(mirror + (mirror.ends_with('/') ? "" : "/") + file.name);
  else
    for (const std::string& place : file.places) out.urls.push_back(place.ends_with('/') ? place + file.name : place);
  return out;
}

/// The files of the archive's one folder, beside the archive and then in place at once.
void unpack(const std::string& archive, const fs::path& folder) {
  const auto bytes = inflate(read_bytes(archive), Deflate::gzip, archive);
  const fs::path beside = folder.string() + ".unpacking";
  std::error_code error;
  fs::remove_all(beside, error);
  fs::create_directories(beside, error);
  for (const TarEntry& entry : list_tar(bytes, archive))
    if (const fs::path name = fs::path(entry.name).filename(); !name.empty() && name != "." && name != "..")
      replace_file(beside / name, entry.bytes);
  fs::rename(beside, folder, error);
  if (error) throw Error({.category = Category::data, .where = folder.string(), .what = "cannot be written (" + error.message() + ")"});
}

}  // namespace

std::vector<std::string> fetchable_sets() {
  std::vector<std::string> out;
  for (const RemoteSet& set : remote_sets()) out.push_back(set.name);
  return out;
}

FetchedSet fetch_set(const std::string& name, const FetchOptions& options) {
  const RemoteSet& set = find_set(name);
  const fs::path home = data_home(options.folder), folder = home / set.folder;
  FetchedSet out{.place = folder.string(), .already_there = true, .next = set.next};
  std::error_code ignored;
  if (set.unpack) {
    if (fs::is_directory(folder, ignored)) return out;
    const Download archive = download_of(set.files.front(), home, options.mirror);
    download(archive, options.hooks);
    unpack(archive.file, folder);
    fs::remove(archive.file, ignored);
    out.already_there = false;
    return out;
  }
  for (const RemoteFile& file : set.files)
    if (download(download_of(file, folder, options.mirror), options.hooks) == Fetched::downloaded) out.already_there = false;
  if (set.next.ends_with("--from")) out.next += " " + (folder / set.files.front().name).string();
  return out;
}

}  // namespace lehr
