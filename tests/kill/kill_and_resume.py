#!/usr/bin/env python3
"""kill_and_resume.py LEHR [KILLS=20] [SEED]: a run that is killed again and again ends with the bits of one that never was.

Kills with SIGKILL at random moments, with SIGKILL while a checkpoint is being written, and interrupts with SIGINT, SIGTERM or SIGUSR1, once
(which saves in the middle of an epoch) or twice (which ends at once). After each the checkpoint must be readable, then `lehr fit --resume`.
At the end weights, best weights, the callback's file, history and events are compared, and no unfinished file may lie about. Then the same
where files may not grow beyond a limit, and on a disk that fills up, where a small disk can be mounted: training goes on.
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
import zipfile

FLAGS = [
    "--model", "conv2d(8, 3, activation=relu) | batch_normalization | flatten | dense(256, relu) | dropout(0.3) | dense(10, softmax)",
    "--data", "digits", "--validation-split", "0.2", "--threads", "1", "--seed", "7",
    "--callback", "early_stopping(patience=1000, restore_best_weights=true)",
    "--callback", "model_checkpoint(kept.npz, save_best_only=true)",
]
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1)
PATIENCE_S = 300  # for one attempt, on a busy machine


class Runs:
    def __init__(self, lehr, folder):
        self.lehr, self.folder = lehr, pathlib.Path(folder)

    def command(self, run, epochs):
        """The first attempt, or what goes on with it."""
        begun = (self.folder / run / "config.toml").exists()
        return [self.lehr, "fit", *(["--resume", run] if begun else [*FLAGS, "--run", run]), "--epochs", str(epochs)]

    def start(self, run, epochs, **more):
        return subprocess.Popen(self.command(run, epochs), cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True, **more)

    def finish(self, run, epochs, **more):
        attempt = self.start(run, epochs, **more)
        message = attempt.communicate(timeout=PATIENCE_S)[0]
        return attempt.returncode, message

    def must_finish(self, run, epochs):
        code, message = self.finish(run, epochs)
        if code != 0:
            sys.exit(f"{run} ended with {code}: {message}")

    def must_be_readable(self, run):
        for name in ("checkpoint.lehr", "checkpoint.previous.lehr"):
            path = self.folder / run / name
            if path.exists() and zipfile.ZipFile(path).testzip() is not None:
                sys.exit(f"{path} cannot be read")

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


def kill_once(runs, run, epochs, how, wait_s, rng):
    """One attempt; returns whether it was stopped (rather than having finished)."""
    attempt = runs.start(run, epochs)
    gently, asked = how in ("interrupted", "twice"), rng.choice(SIGNALS)
    begin = time.monotonic()
    while attempt.poll() is None:
        passed = time.monotonic() - begin
        if passed > PATIENCE_S:
            attempt.kill()
            sys.exit(f"{run} hangs")
        if passed >= wait_s and (how != "while writing" or runs.writing(run)):
            attempt.send_signal(asked if gently else signal.SIGKILL)
            if how == "twice":
                time.sleep(0.002)
                attempt.send_signal(asked)
            break
        time.sleep(0.0005)
    message = attempt.communicate(timeout=PATIENCE_S)[0]
    # A signal may come before the program listens, or when all is done.
    if attempt.returncode not in (0, 130 if gently else -signal.SIGKILL, -asked):
        sys.exit(f"{how}: exit code {attempt.returncode}: {message}")
    if how == "interrupted" and attempt.returncode == 130 and f"lehr fit --resume {run}" not in message:
        sys.exit(f"interrupted, and no word of how to go on: {message}")
    runs.must_be_readable(run)
    return attempt.returncode != 0


def killed_at_random(runs, kills, rng):
    epochs = 25
    begin = time.monotonic()
    runs.must_finish("whole", epochs)
    whole_s = time.monotonic() - begin
    counts = {"at random": 0, "while writing": 0, "interrupted": 0, "twice": 0}
    caught = finished = 0
    while min(counts["at random"] + counts["while writing"] - kills, counts["while writing"] - 8, counts["interrupted"] - 12) < 0:
        run = f"killed-{finished}"
        how = rng.choices(list(counts), weights=[4, 4, 2, 1])[0]
        if kill_once(runs, run, epochs, how, rng.uniform(0, whole_s * 0.4), rng):
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


def must_go_on(runs, run, epochs, **more):
    """Nothing can be saved: the run says so, trains to its end, and then cannot leave its weights either. The checkpoint stays as it was."""
    checkpoint = runs.folder / run / "checkpoint.lehr"
    before = checkpoint.read_bytes()
    code, message = runs.finish(run, epochs, **more)
    if code != 3 or "training goes on" not in message or f"Epoch {epochs}/{epochs}" not in message:
        sys.exit(f"where nothing can be saved the run ends with {code}: {message}")
    if checkpoint.read_bytes() != before:
        sys.exit("a checkpoint that cannot be written damaged the one before")


def on_a_full_disk(runs):
    """The folder lies on a disk of a few MB, with room for one checkpoint but not for the next beside it. With room again the run goes on
    to the same bits."""
    runs.must_finish("whole", 6)
    runs.must_finish("short", 2)
    filler = runs.folder / "filler"
    free = os.statvfs(runs.folder)
    filler.write_bytes(b"\0" * (free.f_bavail * free.f_frsize - (runs.folder / "short" / "checkpoint.lehr").stat().st_size // 2))
    must_go_on(runs, "short", 6)
    filler.unlink()
    runs.must_finish("short", 6)
    must_agree(runs, "whole", "short")
    print("a full disk: training goes on, the checkpoint stays whole, and the same bits once there is room")


def with_a_small_file_limit(runs):
    """No file may grow beyond what the limit allows: writes fail in the middle, on any machine."""
    runs.must_finish("limited", 2)
    size = (runs.folder / "limited" / "checkpoint.lehr").stat().st_size // 2

    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    must_go_on(runs, "limited", 25, preexec_fn=limit)
    runs.must_finish("limited", 25)
    must_agree(runs, "whole", "limited")
    print("files that may not grow: training goes on, the checkpoint stays whole, and the same bits afterwards")


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
    kills = int(sys.argv[2]) if len(sys.argv) > 2 else 20
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else random.randrange(10**6)
    print(f"seed {seed}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        runs = Runs(lehr, folder)
        killed_at_random(runs, kills, random.Random(seed))
        with_a_small_file_limit(runs)
    small_disk(lehr)


if __name__ == "__main__":
    main()
