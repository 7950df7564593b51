#!/usr/bin/env python3
"""tensorboard_reads.py LEHR: TensorBoard from PyPI opens what a run leaves.

A short run with the tensorboard callback (train/ and validation/, histograms, pictures of weights, batches) and the run folder's own event file.
EventAccumulator must give the numbers of history.csv, and a TensorBoard server on this machine must show the runs, their scalars and the HParams
table. Needs tensorboard.
"""
import csv
import json
import pathlib
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator


def must(holds, what):
    if not holds:
        sys.exit(f"does not hold: {what}")
    print(f"ok: {what}")


def read(folder):
    events = EventAccumulator(str(folder), size_guidance={"histograms": 0, "images": 0, "scalars": 0})
    events.Reload()
    return events


def scalars(events, tag):
    return [(event.step, event.value) for event in events.Scalars(tag)]


def close(pairs, values):
    return [step for step, _ in pairs] == list(range(len(values))) and all(
        abs(got - want) <= 1e-6 * max(1, abs(want)) for (_, got), want in zip(pairs, values))


def files(folder):
    with open(folder / "history.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    history = {name: [float(row[name]) for row in rows] for name in rows[0]}
    own = read(folder)
    for name in ("loss", "accuracy", "val_loss", "val_accuracy", "learning_rate"):
        must(close(scalars(own, f"epoch_{name}"), history[name]), f"the run folder's epoch_{name} is history.csv's")
    train, validation = read(folder / "logs/train"), read(folder / "logs/validation")
    for name in ("loss", "accuracy"):
        must(close(scalars(train, f"epoch_{name}"), history[name]), f"train/ epoch_{name}")
        must(close(scalars(validation, f"epoch_{name}"), history[f"val_{name}"]), f"validation/ epoch_{name}")
    steps = [step for step, _ in scalars(train, "batch_loss")]
    must(len(steps) > 10 and steps == sorted(steps), f"train/ batch_loss at {len(steps)} steps")
    must([step for step, _ in scalars(validation, "evaluation_loss_vs_iterations")] == [30, 60, 90], "validation/ by optimizer steps")
    kernels = train.Histograms("dense/kernel/histogram")
    value = kernels[-1].histogram_value
    must(len(kernels) == 3 and value.num == 64 * 16 and sum(value.bucket) == value.num, "a histogram of each kernel and epoch")
    image = train.Images("dense/kernel/image/0")[-1]
    must((image.height, image.width) == (16, 64) and image.encoded_image_string.startswith(b"\x89PNG"), "a kernel as a picture")


def shown(root):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen([sys.executable, "-m", "tensorboard.main", "--logdir", root, "--port", str(port), "--reload_interval", "1",
                               "--load_fast", "false"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def ask(path, body=None):
        request = urllib.request.Request(f"http://127.0.0.1:{port}/data/{path}", data=None if body is None else json.dumps(body).encode(),
                                         headers={"Content-Type": "application/json"})
        return json.load(urllib.request.urlopen(request, timeout=10))

    try:
        for attempt in range(120):
            try:
                tags = ask("plugin/scalars/tags")
                if len(tags) == 3:
                    break
            except OSError:
                pass
            time.sleep(0.5)
        must(sorted(tags) == ["run", "run/logs/train", "run/logs/validation"], "TensorBoard lists the run and its two parts")
        must("epoch_val_loss" in tags["run"] and "epoch_loss" in tags["run/logs/validation"], "and their scalars")
        points = ask("plugin/scalars/scalars?run=run&tag=epoch_loss")
        must(len(points) == 3, "and three epochs of loss")
        must("dense/kernel/histogram" in ask("plugin/histograms/tags")["run/logs/train"], "and histograms")
        experiment = ask("plugin/hparams/experiment", {"experimentName": ""})
        names = {info["name"]: info["type"] for info in experiment["hparamInfos"]}
        must(names.get("batch-size") == "DATA_TYPE_FLOAT64" and names.get("model") == "DATA_TYPE_STRING", "the HParams tab knows the settings")
        groups = ask("plugin/hparams/session_groups", {"experimentName": "", "allowedStatuses": ["STATUS_SUCCESS", "STATUS_RUNNING"],
                                                       "colParams": [], "startIndex": 0, "sliceSize": 10})
        hparams = [group["hparams"] for group in groups["sessionGroups"]]
        must(any(one.get("batch-size") == 32 for one in hparams), "and shows the run's batch size")
    finally:
        server.terminate()
        server.wait()


def main():
    lehr = pathlib.Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory() as root:
        subprocess.run([lehr, "fit", "--model", "flatten | dense(16, relu) | dense(10, softmax)", "--data", "digits", "--validation-split", "0.2",
                        "--epochs", "3", "--run", "run", "--quiet", "--callback",
                        "tensorboard(histogram_freq=1, write_images=true, update_freq=5)"], cwd=root, check=True)
        files(pathlib.Path(root) / "run")
        shown(root)


if __name__ == "__main__":
    main()
