#!/usr/bin/env python3
"""ptxas_facts.py BUILD [--write] | --self-test: what ptxas made of every kernel for sm_90 when BUILD was built, against kernel_facts.txt beside this file.

The build keeps ptxas's own words beside each object (cmake/keep-ptxas-facts.sh). A line of the table: .cu file, registers, spilled bytes,
shared bytes, kernel, and after ` # ` the reason why it may spill. It fails where a kernel is missing or gone, needs more registers or shared
memory than its line, spills what its line does not allow, or where a line allows spills and gives no reason. --write renews the table and keeps
its reasons; a kernel that spills and has none it refuses to record: write its line with a reason first. --self-test: the rules on made-up tables.
"""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
TABLE = pathlib.Path(__file__).with_name("kernel_facts.txt")
HEAD = "# .cu file, registers, spilled bytes, shared bytes, kernel, # why it may spill; nvcc -O3 for sm_90 (ptxas_facts.py --write)\n"
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


def read_table(text):
    """(file, kernel) -> (registers, spilled bytes, shared bytes), and -> reason where a line gives one."""
    table, reasons = {}, {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            line, _, reason = line.partition(" #")
            file, registers, spilled, shared, kernel = line.split(maxsplit=4)
            key = file, kernel.strip()
            table[key] = (int(registers), int(spilled), int(shared))
            if reason.strip():
                reasons[key] = reason.strip()
    return table, reasons


def write_table(facts, reasons):
    lines = (f"{file} {r} {spill} {shared} {kernel}" + (f" # {reasons[file, kernel]}" if (file, kernel) in reasons else "")
             for (file, kernel), (r, spill, shared) in sorted(facts.items()))
    return HEAD + "".join(line + "\n" for line in lines)


def without_reason(facts, reasons):
    return [f"{file} {kernel}: {facts[file, kernel][1]} spilled bytes and no reason for them in {TABLE.name}"
            for file, kernel in sorted(facts) if facts[file, kernel][1] > 0 and (file, kernel) not in reasons]


def compare(facts, table, reasons):
    for key in sorted(facts.keys() ^ table.keys()):
        yield f"{key[0]} {key[1]}: {'not in' if key in facts else 'only in'} {TABLE.name}"
    for key in sorted(facts.keys() & table.keys()):
        for what, is_now, may_be in zip(("registers", "spilled bytes", "bytes of shared memory"), facts[key], table[key]):
            if is_now > may_be:
                yield f"{key[0]} {key[1]}: {is_now} {what}, {may_be} in {TABLE.name}"
    yield from without_reason(table, reasons)


def self_test():
    small, large = ("a.cu", "f<float, 4>"), ("b.cu", "g<bf16>")
    text = HEAD + "a.cu 32 0 0 f<float, 4>\nb.cu 255 400 16 g<bf16> # the tile # is large\n"
    bare = text.partition(" # the tile")[0] + "\n"
    table, reasons = read_table(text)
    assert table == {small: (32, 0, 0), large: (255, 400, 16)} and reasons == {large: "the tile # is large"}
    assert write_table(table, reasons) == text
    assert list(compare(table, table, reasons)) == []
    assert len(list(compare(table, *read_table(bare)))) == 1  # 400 bytes allowed, no reason
    assert len(list(compare(table, *read_table(bare.rstrip() + " #\n")))) == 1  # nor here
    for more in ((33, 0, 0), (32, 8, 0), (32, 0, 4)):
        assert len(list(compare(table | {small: more}, table, reasons))) == 1, more
    assert len(list(compare({small: table[small]}, table, reasons))) == len(list(compare(table, {large: table[large]}, reasons))) == 1
    assert without_reason(table | {small: (32, 8, 0)}, reasons) and not without_reason(table, reasons)
    shipped, its_reasons = read_table(TABLE.read_text())
    assert write_table(shipped, its_reasons) == TABLE.read_text() and not without_reason(shipped, its_reasons)
    print(f"the rules hold, and {TABLE.name} keeps them")
    return 0


def main():
    if sys.argv[1] == "--self-test":
        return self_test()
    facts, problems = facts_of_build(pathlib.Path(sys.argv[1]))
    table, reasons = read_table(TABLE.read_text())
    if "--write" in sys.argv[2:]:
        if refused := without_reason(facts, reasons):
            print("\n".join([*refused, f"{TABLE.name} stays as it was: give each its line there, `FILE REGISTERS SPILLED SHARED KERNEL # REASON`"]))
            return 1
        TABLE.write_text(write_table(facts, reasons))
        table, reasons = read_table(TABLE.read_text())
    problems += compare(facts, table, reasons)
    print("\n".join(problems) if problems else f"{len(facts)} kernels as {TABLE.name} says")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
