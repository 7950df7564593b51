#!/usr/bin/env python3
"""check_tree.py [ROOT]: the rules of the house that no compiler checks. One line a violation; exit 1 where there is any.

  arrows    a folder includes only those below it: kernels < engine < layers < {weights, optim} < tune < apps;
            kernels/cpu does not know kernels/cuda and kernels/simt, nor they it, and nothing above kernels/ knows either of them
  paths     a quoted include names an existing file from the root of the tree
  heavy     headers that cost seconds to compile are included by .cpp files and tests only
  once      every header begins with #pragma once
  places    no text names a folder of one particular machine
  promises  no source file puts work off
  umbrella  tune/lehr.h reaches the header of everything that has a name for C++ programs: layers, losses, metrics, optimizers, schedules, callbacks
  length    a file of code has at most 450 lines; files that hold data (*_data.*, tests/golden) may be longer
"""
import os
import pathlib
import re
import sys

BELOW = {
    "kernels": [],
    "engine": ["kernels"],
    "layers": ["kernels", "engine"],
    "weights": ["kernels", "engine", "layers"],
    "optim": ["kernels", "engine", "layers"],
    "tune": ["kernels", "engine", "layers", "weights", "optim"],
    "apps": ["kernels", "engine", "layers", "weights", "optim", "tune"],
}
HEAVY = ("CLI/", "nlohmann/", "toml++/", "stb/", "stb_image", "doctest/", "rapidcheck")
UMBRELLA = "tune/lehr.h"
NAMED = ("layers", "optim", "tune/callbacks")  # their catalogues
WRITTEN_OUT = ("layers/losses.h", "layers/metrics.h")  # names without an aggregate in a catalogue
OPTIONAL = ("kernels/cuda.h",)  # named under #ifdef LEHR_CUDA
TEXT = {".h", ".cpp", ".cu", ".cuh", ".py", ".sh", ".md", ".txt", ".cmake", ".json", ".toml", ".yml", ".in", ".csv", ""}
CODE = {".h", ".cpp", ".cu", ".cuh", ".py", ".sh", ".cmake"}
LONGEST = 450
SKIP = {".git", "build", "runs", ".cache", "__pycache__"}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)
ENTRY = re.compile(r"\bentry<(?:\w+::)*(\w+)>")
STRUCT = re.compile(r"^\s*struct (\w+)\b[^;]*\{", re.MULTILINE)
# Written in pieces, so that this file keeps its own rules.
PLACES = re.compile("(?<![\\w.])/(" + "|".join(["wo" + "rk", "ro" + "ot", "ho" + "me/\\w+"]) + ")/")
PROMISES = re.compile("\\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "XX" + "X"]) + ")\\b")


def files(root):
    for folder, inside, names in os.walk(root):
        inside[:] = sorted(name for name in inside if name not in SKIP)
        for name in sorted(names):
            path = pathlib.Path(folder, name)
            if path.suffix in TEXT and name not in SKIP and not path.is_symlink():
                yield path.relative_to(root)


def backend(path):
    parts = path.parts
    return parts[1] if len(parts) > 2 and parts[0] == "kernels" and parts[1] in ("cpu", "cuda", "simt") else None


def include_violations(root, path, text):
    folder = path.parts[0]
    tested = path.parts[1] if folder == "tests" and len(path.parts) > 2 else None
    for mark, name in INCLUDE.findall(text):
        if mark == "<":
            if folder in BELOW and path.suffix == ".h" and name.startswith(HEAVY):
                yield f"heavy: {name} belongs into a .cpp file"
            continue
        target = pathlib.PurePosixPath(name)
        if not (root / target).is_file() and name not in OPTIONAL:
            yield f'paths: "{name}" is no file from the root of the tree'
            continue
        to = target.parts[0]
        if folder in BELOW:
            if to != folder and to not in BELOW[folder]:
                yield f'arrows: {folder}/ may not include "{name}"'
            their, ours = backend(target), backend(path)
            if their and folder != "kernels":
                yield f'arrows: "{name}" is private to kernels/'
            elif their and ours and their != ours and "cpu" in (their, ours):
                yield f'arrows: kernels/{ours} may not include "{name}"'
        elif tested in BELOW and to in BELOW and to != tested and to not in BELOW[tested]:
            yield f'arrows: the tests of {tested}/ may not include "{name}"'


def reached(root, header):
    """The files of the tree that a header brings along, itself included."""
    found, waiting = set(), [header]
    while waiting:
        name = waiting.pop()
        if name not in found and (root / name).is_file():
            found.add(name)
            waiting += [target for mark, target in INCLUDE.findall((root / name).read_text(encoding="utf-8")) if mark == '"']
    return found


def umbrella_violations(root):
    if not (root / UMBRELLA).is_file():
        return
    inside = reached(root, UMBRELLA)
    for folder in NAMED:
        homes = {}
        for header in sorted((root / folder).rglob("*.h")):
            for name in STRUCT.findall(header.read_text(encoding="utf-8")):
                homes.setdefault(name, []).append(header.relative_to(root).as_posix())
        for catalogue in sorted((root / folder).rglob("*.cpp")):
            for name in ENTRY.findall(catalogue.read_text(encoding="utf-8")):
                if not inside.intersection(homes.get(name, [])):
                    yield f"{UMBRELLA}: umbrella: {name} of {catalogue.relative_to(root)} is in {' or '.join(homes.get(name, ['no header']))}"
    for header in WRITTEN_OUT:
        if (root / header).is_file() and header not in inside:
            yield f"{UMBRELLA}: umbrella: {header} is not reached"


def violations(root):
    root = pathlib.Path(root)
    yield from umbrella_violations(root)
    for path in files(root):
        try:
            text = (root / path).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found = [f"places: {match.group(0)} is a place on one machine" for match in PLACES.finditer(text)]
        if path.suffix in (".h", ".cpp", ".cu", ".cuh"):
            found += include_violations(root, path, text)
            found += [f"promises: {match.group(0)}" for match in PROMISES.finditer(text)]
            if path.suffix == ".h" and "#pragma once" not in text:
                found.append("once: #pragma once is missing")
        lines = text.count("\n")
        data = path.stem.endswith("_data") or path.parts[:2] == ("tests", "golden")
        if path.suffix in CODE and lines > LONGEST and not data:
            found.append(f"length: {lines} lines, {LONGEST} at most")
        for line in found:
            yield f"{path}: {line}"


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parents[2]
    found = list(violations(root))
    print("\n".join(found) if found else "the tree keeps its rules")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
