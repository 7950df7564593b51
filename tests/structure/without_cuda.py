#!/usr/bin/env python3
"""without_cuda.py SOURCE BUILD CMAKE: a build for the CPU alone compiles no file, sees no header and links no library of CUDA."""
import json
import pathlib
import shutil
import subprocess
import sys

WORDS = ["kernels/cuda/", "LEHR_WITH_CUDA", "LEHR_WITH_CUDNN", "LEHR_WITH_CUBLASLT", "/usr/local/cuda", "nvcc", "cudart", "cublas", "cudnn"]


def main():
    source, build, cmake = sys.argv[1:4]
    folder = pathlib.Path(build) / "without_cuda"
    shutil.rmtree(folder, ignore_errors=True)
    options = ["-DLEHR_CUDA=OFF", "-DLEHR_TESTS=OFF", "-DCMAKE_BUILD_TYPE=Release", "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON"]
    done = subprocess.run([cmake, "-G", "Ninja", "-S", source, "-B", folder, *options], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"it does not configure:\n{done.stdout}\n{done.stderr}")
    commands = [entry["command"] for entry in json.loads((folder / "compile_commands.json").read_text())]
    rules = (folder / "build.ninja").read_text().splitlines()
    linked = [line for line in rules if line.strip().startswith(("LINK_LIBRARIES", "DEFINES", "INCLUDES", "FLAGS"))]
    problems = [f"{word}: {line[:300]}" for line in commands + linked for word in WORDS if word in line.replace(source, "")]
    print("\n".join(problems[:20]) if problems else f"{len(commands)} files are compiled, none for a GPU")
    sys.exit(1 if problems or len(commands) < 200 else 0)


if __name__ == "__main__":
    main()
