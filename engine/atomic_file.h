// atomic_file.h: files that are either the old one or the new one, whatever happens in between.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "kernels/error.h"

namespace lehr {

/// Writes beside the target, fsyncs, renames over it. On any failure the old file stays as it was and Error{data} names the file and the
/// reason (full disk, no permission, missing folder). Missing parent folders are made.
void write_file_atomically(const std::filesystem::path& path, std::string_view text);
void write_file_atomically(const std::filesystem::path& path, std::span<const std::byte> bytes);
/// One file of pieces that lie here and there.
void write_file_atomically(const std::filesystem::path& path, std::span<const std::span<const std::byte>> pieces);

/// The same without waiting for the disk: a killed program leaves the old file or the new one, a power cut perhaps neither. For what is written
/// often and stands elsewhere too, and for folders of thousands of images.
void replace_file(const std::filesystem::path& path, std::string_view text);
void replace_file(const std::filesystem::path& path, std::span<const std::byte> bytes);

/// Whether a write failed for want of room (a full disk, a quota, a limit of file size): what a long training outlives.
bool disk_is_full(const Error& error);

/// Removes what a program that was killed while it wrote left in this folder: files between the old and the new one, which nobody reads.
void remove_unfinished(const std::filesystem::path& folder);

/// Appends with one write(2), so that a killed program leaves whole lines and at most one torn one at the end. On a failure the file stays as
/// it was.
void append_to_file(const std::filesystem::path& path, std::string_view text);

/// The whole file; Error{data} where it cannot be read.
std::string read_file(const std::filesystem::path& path);

}  // namespace lehr
