#!/usr/bin/env python3
"""kill_workers.py LEHR [--rounds N] [--seed N] [--storage URL | --postgres]: workers of one study are killed (SIGKILL) at random moments.

A round: `lehr tune` and three workers share a study; the workers are killed, each at a moment of its own; at the end one more worker is
started, as a person would. Then every trial must be there once, COMPLETE, with the values and the result, to the last bit, of a study that nobody disturbed.
Without --storage the studies lie in SQLite files. A PostgreSQL database gets a study a round, under a name of its own; --postgres starts a server for it.
"""
import argparse
import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time

from private_postgres import server

TRIALS = 16
SEARCH = [
    "tune", "--model", "flatten | dense(units:int(8, 64, step=8), relu) | dense(10, softmax)", "--data", "digits", "--validation-split", "0.2",
    "--optimizer", "adam(lr:choice(1e-2, 1e-3, 1e-4))", "--batch-size", "16", "--epochs", "4", "--threads", "1", "--objective", "val_accuracy",
    "--oracle", f"random(trials={TRIALS})",
]  # fmt: skip


def trials_of(lehr, folder, storage, study):
    """What must be the same however often somebody was killed."""
    command = [lehr, "tune", "show", study, "--storage", storage, "--json"]
    done = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300)
    if done.returncode != 0:
        sys.exit(done.stderr)
    return sorted((t["trial"], t["state"], json.dumps(t["params"]), repr(t["values"])) for t in json.loads(done.stdout))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lehr")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--storage")
    parser.add_argument("--postgres", action="store_true")
    options = parser.parse_args()
    lehr = os.path.abspath(options.lehr)
    chance = random.Random(options.seed)
    with (server() if options.postgres else contextlib.nullcontext()) as postgres, tempfile.TemporaryDirectory() as folder:
        storage = postgres.url if postgres else options.storage or "sqlite:///" + os.path.join(folder, "studies.db")
        mark = f"kill-{os.getpid()}-{int(time.time())}"

        def run(*arguments):
            done = subprocess.run([lehr, *arguments], cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300)
            if done.returncode != 0:
                sys.exit(f"lehr {' '.join(arguments)}: exit code {done.returncode}\n{done.stdout}\n{done.stderr}")
            return done.stdout

        def trials(study):
            return trials_of(lehr, folder, storage, study)

        begin = time.monotonic()
        run(*SEARCH, "--storage", storage, "--study", mark + "-calm", "--quiet")
        calm, length = trials(mark + "-calm"), time.monotonic() - begin
        if [t[:2] for t in calm] != [(n, "COMPLETE") for n in range(TRIALS)]:
            sys.exit(f"the undisturbed study is not whole: {calm}")
        killed = 0
        for number in range(options.rounds):
            study = f"{mark}-{number}"
            place = ["--storage", storage, "--study", study, "--quiet"]
            work = [lehr, "worker", *place, "--threads", "1"]
            quiet = {"cwd": folder, "stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
            last = subprocess.Popen([lehr, *SEARCH, *place], **quiet)  # makes the study
            while subprocess.run([lehr, "tune", "show", study, "--storage", storage, "--json"], **quiet).returncode != 0:
                time.sleep(0.02)
            workers, start = [subprocess.Popen(work, **quiet) for _ in range(3)], time.monotonic()
            for moment, worker in sorted((chance.uniform(0, length * 0.8), k) for k in range(3)):
                time.sleep(max(0, start + moment - time.monotonic()))
                if workers[worker].poll() is None:
                    workers[worker].send_signal(signal.SIGKILL)
                    killed += 1
                workers[worker].wait()
            if (code := last.wait(timeout=300)) != 0:
                sys.exit(f"round {number}: the worker that lived ended with exit code {code}")
            run(*work[1:])
            after = trials(study)
            if after != calm:
                wrong = [f"  {a}\n  {b}" for a, b in zip(calm, after) if a != b]
                sys.exit(f"round {number}: {len(after)} trials of {TRIALS}; undisturbed and disturbed where they differ:\n" + "\n".join(wrong))
        print(f"{options.rounds} rounds, {killed} workers killed: every trial once, to the bits of the undisturbed study")
        if options.rounds > 1 and killed == 0:
            sys.exit("no worker was killed: they were through before")


if __name__ == "__main__":
    main()
