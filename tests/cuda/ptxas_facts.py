#!/usr/bin/env python3
"""ptxas_facts.py BUILD [--write]: what ptxas made of every kernel for sm_90 when BUILD was built, against kernel_facts.txt beside this file.

The build keeps ptxas's own words beside each object (cmake/keep-ptxas-facts.sh). A line of the table: .cu file, registers, spilled bytes,
shared bytes, kernel. It fails where a kernel is missing or gone, needs more registers or shared memory than its line, or spills what its
line does not allow. --write renews the table.
"""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
TABLE = pathlib.Path(__file__).with_name("kernel_facts.txt")
HEAD = "# .cu file, registers, spilled bytes, shared bytes, kernel; nvcc -O3 for sm_90 (ptxas_facts.py --write)\n"
ENTRY = re.compile(r"Compiling entry function '(\S+)' for '(\S+)'")
SPILL = re.compile(r"(\d+) bytes spill stores, (\d+) bytes spill loads")
USED = re.compile(r"Used (\d+) registers")
SHARED = re.compile(r"(\d+) bytes smem")


def readable(names):
    plain = subprocess.run(["c++filt"], input="\n".join(names), capture_output=True, text=True, check=True).stdout.splitlines()
    for name in plain:
        name = re.sub(r"_GLOBAL__N__\w+::|\(anonymous namespace\)::|^void |lehr::", "", name)
        yield re.sub(r"\(.*", "", name)


def facts_of(text):
    names, numbers, spilled, wanted = [], [], 0, False
    for line in text.splitlines():
        if found := ENTRY.search(line):
            wanted = found.group(2) == "sm_90"
            if wanted:
                names.append(found.group(1))
        elif wanted and (found := SPILL.search(line)):
            spilled = int(found.group(1)) + int(found.group(2))
        elif wanted and (found := USED.search(line)):
            shared = SHARED.search(line)
            numbers.append((int(found.group(1)), spilled, int(shared.group(1)) if shared else 0))
    return dict(zip(readable(names), numbers))


def facts_of_build(build):
    facts, problems = {}, []
    folder = ROOT / "kernels" / "cuda"
    for source in sorted(folder.rglob("*.cu")):
        file = source.relative_to(folder)
        said = build / "CMakeFiles" / "lehr_kernels_cuda.dir" / "kernels" / "cuda" / f"{file}.o.ptxas"
        found = facts_of(said.read_text()) if said.is_file() else {}
        if not found:
            problems.append(f"{file}: {said} says nothing of sm_90")
        facts |= {(str(file), kernel): fact for kernel, fact in found.items()}
    return facts, problems


def read_table():
    table = {}
    for line in TABLE.read_text().splitlines():
        if line and not line.startswith("#"):
            file, registers, spilled, shared, kernel = line.split(maxsplit=4)
            table[file, kernel] = (int(registers), int(spilled), int(shared))
    return table


def main():
    facts, problems = facts_of_build(pathlib.Path(sys.argv[1]))
    if "--write" in sys.argv[2:]:
        TABLE.write_text(HEAD + "".join(f"{file} {r} {spill} {shared} {kernel}\n" for (file, kernel), (r, spill, shared) in sorted(facts.items())))
    table = read_table()
    for key in sorted(facts.keys() ^ table.keys()):
        problems.append(f"{key[0]} {key[1]}: {'not in' if key in facts else 'only in'} {TABLE.name}")
    for key in facts.keys() & table.keys():
        for what, is_now, may_be in zip(("registers", "spilled bytes", "bytes of shared memory"), facts[key], table[key]):
            if is_now > may_be:
                problems.append(f"{key[0]} {key[1]}: {is_now} {what}, {may_be} in {TABLE.name}")
    print("\n".join(problems) if problems else f"{len(facts)} kernels as {TABLE.name} says")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
