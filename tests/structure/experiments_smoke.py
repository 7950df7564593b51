#!/usr/bin/env python3
"""experiments_smoke.py LEHR [NAME…]: runs every experiment the program lists, or those named, at --scale smoke.

Each must exit 0 and print one JSON document with a verdict and finite numbers. Runs go to a folder that is removed.
"""
import json
import math
import os
import subprocess
import sys
import tempfile
import time


def numbers(value):
    if isinstance(value, dict):
        for inner in value.values():
            yield from numbers(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from numbers(inner)
    elif isinstance(value, float):
        yield value


def names(listed):
    """Of a list of names, a list of objects with a name, or an object that holds one of these."""
    if isinstance(listed, dict):
        listed = listed.get("experiments", [])
    return [entry if isinstance(entry, str) else entry.get("name") or entry["experiment"] for entry in listed]


def main():
    lehr = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        def run(*arguments):
            return subprocess.run([lehr, *arguments], cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)

        wanted = sys.argv[2:] or names(json.loads(run("experiment", "list", "--json").stdout))
        if not wanted:
            sys.exit("lehr experiment list --json names no experiment")
        failures = 0
        for name in wanted:
            start = time.monotonic()
            done = run("experiment", "run", name, "--scale", "smoke", "--json")
            wrong = []
            if done.returncode != 0:
                wrong.append(f"exit code {done.returncode}")
            try:
                document = json.loads(done.stdout)
                if not document.get("verdict"):
                    wrong.append("no verdict")
                if not all(math.isfinite(number) for number in numbers(document)):
                    wrong.append("a number that is not finite")
            except (json.JSONDecodeError, AttributeError) as problem:
                wrong.append(f"stdout is no JSON document: {problem}")
            print(f"{name}: {', '.join(wrong) or 'ok'}, {time.monotonic() - start:.1f} s")
            if wrong:
                failures += 1
                print(done.stdout[-2000:], done.stderr[-2000:], sep="\n")
        sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
