#!/usr/bin/env python3
"""presets_configure.py SOURCE BUILD CMAKE: the presets that `make test` does not build can be configured, each in a folder of its own.

Those whose tools are not here (make deps-check installs them) are left out by name.
"""
import pathlib
import shutil
import subprocess
import sys

PRESETS = {"asan": "c++", "tsan": "c++", "tidy": "clang-tidy-19", "fuzz": "clang++"}


def main():
    source, build, cmake = sys.argv[1:4]
    failed = 0
    for preset, tool in PRESETS.items():
        if shutil.which(tool) is None:
            print(f"{preset}: left out, no {tool} here")
            continue
        folder = pathlib.Path(build) / f"preset_{preset}"
        shutil.rmtree(folder, ignore_errors=True)
        done = subprocess.run([cmake, "-S", source, "--preset", preset, "-B", folder], cwd=source, capture_output=True, text=True, check=False)
        print(f"{preset}: {'configured' if done.returncode == 0 else done.stdout + done.stderr}")
        failed += done.returncode != 0
        shutil.rmtree(folder, ignore_errors=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
