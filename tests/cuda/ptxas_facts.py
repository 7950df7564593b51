#!/usr/bin/env python3
"""ptxas_facts.py NVCC [--write]: what ptxas makes of every kernel for sm_90, against kernel_facts.txt beside this file.

A line of the table: .cu file, registers, spilled bytes, shared bytes, kernel. It fails where a kernel is missing or gone, needs more
registers or shared memory than its line, or spills what its line does not allow; also where nvcc warns. --write renews the table.
"""
import concurrent.futures
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
TABLE = pathlib.Path(__file__).with_name("kernel_facts.txt")
HEAD = "# .cu file, registers, spilled bytes, shared bytes, kernel; nvcc -O3 for sm_90 (ptxas_facts.py --write)\n"
ENTRY = re.compile(r"Compiling entry function '(\S+)'")
SPILL = re.compile(r"(\d+) bytes spill stores, (\d+) bytes spill loads")
USED = re.compile(r"Used (\d+) registers")
SHARED = re.compile(r"(\d+) bytes smem")


def compile_one(nvcc, source):
    with tempfile.NamedTemporaryFile(suffix=".cubin") as out:
        done = subprocess.run([nvcc, "-std=c++20", "-O3", "--expt-relaxed-constexpr", "-Xcompiler", "-Wall,-Wextra", "-Xptxas", "-v", "-I", ROOT,
                               "-gencode", "arch=compute_90,code=sm_90", "-cubin", source, "-o", out.name], capture_output=True, text=True)
    text = done.stdout + done.stderr
    problems = [line for line in text.splitlines() if "error" in line or "warning" in line]
    if done.returncode != 0 and not problems:
        problems.append(f"nvcc failed on {source.name}")
    names, numbers, spilled = [], [], 0
    for line in text.splitlines():
        if found := ENTRY.search(line):
            names.append(found.group(1))
        elif found := SPILL.search(line):
            spilled = int(found.group(1)) + int(found.group(2))
        elif found := USED.search(line):
            shared = SHARED.search(line)
            numbers.append((int(found.group(1)), spilled, int(shared.group(1)) if shared else 0))
    readable = subprocess.run(["c++filt"], input="\n".join(names), capture_output=True, text=True, check=True).stdout.splitlines()
    file = str(source.relative_to(ROOT / "kernels" / "cuda"))
    facts = {}
    for name, fact in zip(readable, numbers):
        name = re.sub(r"_GLOBAL__N__\w+::|\(anonymous namespace\)::|^void |lehr::", "", name)
        facts[file, re.sub(r"\(.*", "", name)] = fact
    return facts, problems


def read_table():
    table = {}
    for line in TABLE.read_text().splitlines():
        if line and not line.startswith("#"):
            file, registers, spilled, shared, kernel = line.split(maxsplit=4)
            table[file, kernel] = (int(registers), int(spilled), int(shared))
    return table


def main():
    nvcc = sys.argv[1]
    sources = sorted((ROOT / "kernels" / "cuda").rglob("*.cu"))
    facts, problems = {}, []
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for found, wrong in pool.map(lambda source: compile_one(nvcc, source), sources):
            facts.update(found)
            problems += wrong
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
