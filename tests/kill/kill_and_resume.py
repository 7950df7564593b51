#!/usr/bin/env python3
"""kill_and_resume.py LEHR [KILLS=30] [SEED]: a run that is killed again and again ends with the bits of one that never was.

Kills with SIGKILL at random moments, with SIGKILL while a checkpoint is being written, and interrupts with SIGINT (which saves in the
middle of an epoch). After each `lehr fit --resume`. At the end weights, best weights, the callback's file, history and events are compared,
and no unfinished file may lie about. Then the same on a disk that fills up, where a small disk can be mounted.
"""
import csv
import os
import pathlib
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time

FLAGS = [
    "--model", "conv2d(8, 3, activation=relu) | batch_normalization | flatten | dense(256, relu) | dropout(0.3) | dense(10, softmax)",
    "--data", "digits", "--validation-split", "0.2", "--threads", "1", "--seed", "7",
    "--callback", "early_stopping(patience=1000, restore_best_weights=true)",
    "--callback", "model_checkpoint(kept.npz, save_best_only=true)",
]
PATIENCE_S = 300  # for one attempt, on a busy machine


class Runs:
    def __init__(self, lehr, folder):
        self.lehr, self.folder = lehr, pathlib.Path(folder)

    def command(self, run, epochs):
        """The first attempt, or what goes on with it."""
        begun = (self.folder / run / "config.toml").exists()
        return [self.lehr, "fit", *(["--resume", run] if begun else [*FLAGS, "--run", run]), "--epochs", str(epochs), "--quiet"]

    def start(self, run, epochs, **more):
        return subprocess.Popen(self.command(run, epochs), cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                stderr=subprocess.PIPE, text=True, **more)

    def finish(self, run, epochs, **more):
        attempt = self.start(run, epochs, **more)
        message = attempt.communicate(timeout=PATIENCE_S)[1]
        return attempt.returncode, message

    def must_finish(self, run, epochs):
        code, message = self.finish(run, epochs)
        if code != 0:
            sys.exit(f"{run} ended with {code}: {message}")

    def writing(self, run):
        try:
            return any(name.startswith("checkpoint.lehr.tmp-") for name in os.listdir(self.folder / run))
        except FileNotFoundError:
            return False

    def differences(self, one, other):
        def history(run):
            with open(self.folder / run / "history.csv", newline="") as file:
                return [{name: value for name, value in row.items() if name != "seconds"} for row in csv.DictReader(file)]

        for name in ("last.weights.h5", "best.weights.h5", "kept.npz", "log.jsonl"):
            if (self.folder / one / name).read_bytes() != (self.folder / other / name).read_bytes():
                yield name
        if history(one) != history(other):
            yield "history.csv"
        yield from (name for name in os.listdir(self.folder / other) if ".tmp-" in name)


def must_agree(runs, one, other):
    found = list(runs.differences(one, other))
    if found:
        sys.exit(f"{other} is not {one}: {', '.join(found)}")


def kill_once(runs, run, epochs, how, wait_s):
    """One attempt; returns whether it was stopped (rather than having finished)."""
    attempt = runs.start(run, epochs)
    begin = time.monotonic()
    while attempt.poll() is None:
        passed = time.monotonic() - begin
        if passed > PATIENCE_S:
            attempt.kill()
            sys.exit(f"{run} hangs")
        if passed >= wait_s and (how != "while writing" or runs.writing(run)):
            attempt.send_signal(signal.SIGINT if how == "interrupted" else signal.SIGKILL)
            break
        time.sleep(0.0005)
    message = attempt.communicate(timeout=PATIENCE_S)[1]
    stopped = {"interrupted": 130}.get(how, -signal.SIGKILL)
    # A signal may come before the program listens, or when all is done.
    if attempt.returncode not in (0, stopped, -signal.SIGINT):
        sys.exit(f"{how}: exit code {attempt.returncode}: {message}")
    return attempt.returncode != 0


def killed_at_random(runs, kills, rng):
    epochs = 25
    begin = time.monotonic()
    runs.must_finish("whole", epochs)
    whole_s = time.monotonic() - begin
    counts = {"at random": 0, "while writing": 0, "interrupted": 0}
    caught = finished = 0
    while min(sum(counts.values()) - counts["interrupted"] - kills, counts["while writing"] - 8, counts["interrupted"] - 5) < 0:
        run = f"killed-{finished}"
        how = rng.choices(list(counts), weights=[4, 4, 2])[0]
        if kill_once(runs, run, epochs, how, rng.uniform(0, whole_s * 0.4)):
            counts[how] += 1
            caught += how == "while writing" and runs.writing(run)
        else:
            must_agree(runs, "whole", run)
            finished += 1
    run = f"killed-{finished}"
    runs.must_finish(run, epochs)
    must_agree(runs, "whole", run)
    if caught == 0:
        sys.exit("no kill came while a checkpoint was being written: the test sees nothing")
    print(f"{counts}, {caught} of them with a checkpoint half written; {finished + 1} runs, each with the bits of the one never killed")


def on_a_full_disk(runs):
    """The folder lies on a disk of a few MB. With room for one checkpoint but not for the next beside it the run stops with a word and
    a whole checkpoint; with room again it goes on to the same bits."""
    runs.must_finish("whole", 6)
    runs.must_finish("short", 2)
    checkpoint = (runs.folder / "short" / "checkpoint.lehr")
    before = checkpoint.read_bytes()
    filler = runs.folder / "filler"
    free = os.statvfs(runs.folder)
    filler.write_bytes(b"\0" * (free.f_bavail * free.f_frsize - len(before) // 2))
    code, message = runs.finish("short", 6)
    if code != 3 or "disk is full" not in message:
        sys.exit(f"a full disk ends with {code}: {message}")
    if checkpoint.read_bytes() != before:
        sys.exit("a full disk damaged the checkpoint")
    filler.unlink()
    runs.must_finish("short", 6)
    must_agree(runs, "whole", "short")
    print("a full disk: exit code 3, the checkpoint whole, and the same bits once there is room")


def with_a_small_file_limit(runs):
    """No file may grow beyond what the limit allows: writes fail in the middle, on any machine."""
    runs.must_finish("limited", 2)
    checkpoint = runs.folder / "limited" / "checkpoint.lehr"
    before = checkpoint.read_bytes()

    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) // 2, len(before) // 2))

    code, message = runs.finish("limited", 25, preexec_fn=limit)
    if code != 3 or "checkpoint.lehr" not in message:
        sys.exit(f"a checkpoint that cannot be written ends with {code}: {message}")
    if checkpoint.read_bytes() != before:
        sys.exit("a checkpoint that cannot be written damaged the one before")
    runs.must_finish("limited", 25)
    must_agree(runs, "whole", "limited")
    print("a checkpoint that cannot be written: exit code 3, the one before whole, and the same bits afterwards")


def small_disk(lehr):
    """This script again, in a mount namespace of its own; where that is not allowed, a line says so."""
    with tempfile.TemporaryDirectory() as folder:
        mount = f"mount -t tmpfs -o size=16M none '{folder}'"
        unshare = ["unshare", *([] if os.geteuid() == 0 else ["-r"]), "-m", "sh", "-c"]
        if shutil.which("unshare") is None or subprocess.run([*unshare, mount], capture_output=True).returncode != 0:
            print("a full disk: not tried, no disk can be mounted here")
            return
        again = f"{mount} && exec '{sys.executable}' -B '{os.path.abspath(__file__)}' '{lehr}' --on-disk '{folder}'"
        if subprocess.run([*unshare, again]).returncode != 0:
            sys.exit(1)


def main():
    lehr = os.path.abspath(sys.argv[1])
    if sys.argv[2:3] == ["--on-disk"]:
        on_a_full_disk(Runs(lehr, sys.argv[3]))
        return
    kills = int(sys.argv[2]) if len(sys.argv) > 2 else 30
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else random.randrange(10**6)
    print(f"seed {seed}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        runs = Runs(lehr, folder)
        killed_at_random(runs, kills, random.Random(seed))
        with_a_small_file_limit(runs)
    small_disk(lehr)


if __name__ == "__main__":
    main()
