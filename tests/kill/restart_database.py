#!/usr/bin/env python3
"""restart_database.py LEHR [--restarts N]: the database goes down and comes back while two processes work on a study.

A private PostgreSQL server (skipped where it is not installed) is stopped as by a crash and started again, at moments that nobody chose, also for
longer than a training takes. Both processes must go on by themselves and end well, with every trial once, COMPLETE, to the bits of a study that nobody disturbed.
"""
import argparse
import math
import os
import random
import subprocess
import sys
import tempfile
import time

from kill_workers import SEARCH, TRIALS, trials_of
from private_postgres import server


def calm_study(lehr, folder, seconds):
    """The search that takes long enough on this machine to be disturbed, and its name where nobody does; each epoch is a report."""
    epochs = 16
    while True:
        search, name, begin = [str(epochs) if word == "4" else word for word in SEARCH], f"calm-{epochs}", time.monotonic()
        calm = subprocess.run([lehr, *search, "--study", name, "--quiet"], cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if calm.returncode != 0:
            sys.exit(calm.stderr)
        took = time.monotonic() - begin
        if took >= seconds or epochs >= 1024:
            return search, name
        epochs = min(1024, math.ceil(epochs * 1.3 * seconds / took))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lehr")
    parser.add_argument("--restarts", type=int, default=4)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    lehr, chance = os.path.abspath(options.lehr), random.Random(options.seed)
    with server() as postgres, tempfile.TemporaryDirectory() as folder:
        search, calm = calm_study(lehr, folder, seconds=1.5 * options.restarts)
        expected = trials_of(lehr, folder, "sqlite:///studies.db", calm)
        place = ["--storage", postgres.url, "--study", "restarted"]
        logs = [open(os.path.join(folder, f"log-{k}"), "w+", encoding="utf-8") for k in range(2)]
        begin = time.monotonic()
        working = [subprocess.Popen([lehr, *search, *place], cwd=folder, stdin=subprocess.DEVNULL, stdout=logs[0], stderr=subprocess.STDOUT)]
        quiet = {"cwd": folder, "stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        while subprocess.run([lehr, "tune", "show", "restarted", "--storage", postgres.url, "--json"], **quiet).returncode != 0:
            time.sleep(0.05)
        working.append(subprocess.Popen([lehr, "worker", *place, "--threads", "1"], cwd=folder, stdin=subprocess.DEVNULL, stdout=logs[1],
                                        stderr=subprocess.STDOUT))  # fmt: skip
        restarts = 0
        while restarts < options.restarts and all(p.poll() is None for p in working):
            time.sleep(chance.uniform(0.2, 1.5))
            postgres.stop()
            time.sleep(chance.choice([0, 0.5, 3]))
            postgres.start()
            restarts += 1
        codes = [p.wait(timeout=400) for p in working]
        texts = []
        for log in logs:
            log.seek(0)
            texts.append(log.read())
        if codes != [0, 0]:
            sys.exit(f"exit codes {codes} after {restarts} restarts\n" + "\n---\n".join(texts))
        after = trials_of(lehr, folder, postgres.url, "restarted")
        if after != expected:
            wrong = [f"  {a}\n  {b}" for a, b in zip(expected, after) if a != b]
            sys.exit(f"{len(after)} trials of {TRIALS}; undisturbed and disturbed where they differ:\n" + "\n".join(wrong))
        waited = sum(text.count("the storage is back") for text in texts)
        if restarts == 0 or waited == 0:
            sys.exit(f"{restarts} restarts, {waited} of them noticed: they were through before")
        print(f"{restarts} restarts, waited for {waited} times by two processes, {time.monotonic() - begin:.0f} s: {len(after)} of {TRIALS} trials once")


if __name__ == "__main__":
    main()
