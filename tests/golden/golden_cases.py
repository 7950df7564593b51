"""Every recorded case under tests/golden is compared by a test or stands in skipped.json with its reason; so is every case of the folder that they
were copied from, and the copies say what it says.

usage: golden_cases.py TEST_PROGRAM... [--shared FOLDER] [--list]
Runs the cases named golden* of the test programs; each writes down what it compared, after it was compared (tests/check/golden_ran.h). FOLDER
(upstream.json, keras/) comes from --shared, from LEHR_GOLDEN, or lies beside the folder LEHR_DATA as golden/; without one that half is skipped,
with a message.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import zipfile

HERE = pathlib.Path(__file__).parent


def read(path):
    return json.loads(path.read_text())


def copied_cases():
    """{file: the names of its cases}"""
    keras = HERE / "keras"
    cases = {f: [c["id"] for c in read(keras / f)] for f in ("upstream.json", "derived.json")}
    cases |= {f: [c["name"] for c in read(keras / f)] for f in ("layers.json", "losses.json", "optimizers.json", "models.json")}
    cases |= {f: [str(i) for i in range(len(read(keras / f)))] for f in ("schedules.json", "callbacks.json")}
    cases["torch_optimizers.json"] = [c["optimizer"] for c in read(HERE / "torch_optimizers.json")["cases"]]
    cases["tuner.json"] = list(read(keras / "tuner.json")["hyperband"])
    cases["training"] = [f.stem for f in (HERE / "training").glob("*.json") if "optimizer" in read(f) and "batch_size" in read(f)]
    cases["models"] = [f.name[:-6] for f in (HERE / "models").glob("*_y.npy")]
    return cases


def compared_cases(programs):
    """{(file, case)} that the tests wrote down, and the programs that failed."""
    failed = []
    with tempfile.TemporaryDirectory() as folder:
        log = pathlib.Path(folder) / "ran"
        for program in programs:
            done = subprocess.run([program, "-tc=golden*"], env=os.environ | {"LEHR_GOLDEN_RAN": str(log)}, capture_output=True, text=True, check=False)
            if done.returncode != 0:
                failed.append(f"{program}:\n" + done.stdout[-4000:] + done.stderr[-1000:])
        lines = log.read_text().splitlines() if log.exists() else []
    return {tuple(line.split("\t")) for line in lines}, failed


def unaccounted(cases, compared, skipped):
    wrong = []
    for file, names in cases.items():
        reasons = skipped.get(file, {})
        for name in names:
            if ((file, name) in compared) == (name in reasons):
                wrong.append(f"{file}: {name} is " + ("compared and skipped" if name in reasons else "neither compared by a test nor in skipped.json"))
        wrong += [f"skipped.json: {file} has no case {name}" for name in reasons if name not in names]
        wrong += [f"skipped.json: {file}, {name}: no reason" for name, why in reasons.items() if len(why) < 10]
    wrong += [f"skipped.json: no file {file}" for file in skipped if file not in cases]
    wrong += [f"a test compared {file}: {name}, which there is not" for file, name in compared if name not in cases.get(file, [])]
    return wrong


def shared_folder(given):
    data = os.environ.get("LEHR_DATA")
    beside = pathlib.Path(data).parent / "golden" if data else None
    for folder in (given, os.environ.get("LEHR_GOLDEN"), beside):
        if folder and (pathlib.Path(folder) / "upstream.json").exists():
            return pathlib.Path(folder)
    return None


def same_arrays(folder, kind, name):
    """Arrays of NAME.npz stand as NAME/ARRAY in the copy, bit for bit; left out are those that repeat another (convert_keras.py)."""
    with zipfile.ZipFile(folder / "keras" / kind / f"{name}.npz") as one, zipfile.ZipFile(HERE / "keras" / f"{kind}.npz") as all_of_them:
        copies, wrong = set(all_of_them.namelist()), []
        for array in one.namelist():
            stem = array.removesuffix(".npy")
            same = {"y_train": "y"}.get(stem, "w" + stem[7:] if stem.startswith("w_after") else stem)
            copied = f"{name}/{array}" if f"{name}/{array}" in copies else f"{name}/{same}.npy"
            if copied not in copies or all_of_them.read(copied) != one.read(array):
                wrong.append(f"{kind}: {name}, {array} is not what the shared folder holds")
        return wrong


def not_copied(folder, cases):
    """What the shared folder holds and the copies do not, or differently. The number of its cases."""
    keras, wrong, count = folder / "keras", [], 0
    upstream, copy = read(folder / "upstream.json"), {}
    for file, kind, keys in (("upstream.json", "cases", ("params", "inputs", "expected", "tolerance")), ("derived.json", "derived_cases", ("inputs", "expected"))):
        copy = {c["id"]: c for c in read(HERE / "keras" / file)}
        for c in upstream[kind]:
            count += 1
            if c["inputs"].get("x") == "arange(100).reshape(1,5,5,4) float32":
                c["inputs"]["x"] = copy[c["id"]]["inputs"]["x"] if c["id"] in copy else None
            if c["id"] not in copy or any(copy[c["id"]][k] != c[k] for k in keys):
                wrong.append(f"{file}: {c['id']} is missing from the copy, or differs")
    for kind in ("layers", "losses", "optimizers"):
        for file in sorted((keras / kind).glob("*.json")):
            count += 1
            wrong += same_arrays(folder, kind, file.stem) if file.stem in cases[kind + ".json"] else [f"{kind}: {file.stem} is missing from the copy"]
    for file in ("schedules.json", "callbacks.json"):
        theirs, ours = read(keras / file), read(HERE / "keras" / file)
        count += len(theirs)
        wrong += [f"{file}: case {i} is missing from the copy, or differs" for i, case in enumerate(theirs) if i >= len(ours) or ours[i] != case]
    theirs, ours = read(keras / "tuner.json")["hyperband"], read(HERE / "keras/tuner.json")["hyperband"]
    count += len(theirs)
    wrong += [f"tuner.json: {name} is missing from the copy, or differs" for name, plan in theirs.items() if ours.get(name) != plan]
    for file in sorted((keras / "training").glob("*.json")):
        count += 1
        ours = HERE / "training" / file.name
        if not ours.exists() or any(read(ours)[k] != read(file)[k] for k in ("optimizer", "batch_size", "epochs", "history")):
            wrong.append(f"training: {file.stem} is missing from the copy, or differs")
    for file in sorted((keras / "models").glob("*.keras")):
        count += 1
        for name in (file.name, file.stem + "_x.npy", file.stem + "_y.npy"):
            if not (HERE / "models" / name).exists() or (HERE / "models" / name).read_bytes() != (keras / "models" / name).read_bytes():
                wrong.append(f"models: {name} is missing from the copy, or differs")
    return wrong, count


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("programs", nargs="+")
    parser.add_argument("--shared")
    parser.add_argument("--list", action="store_true", help="a line a file: how many of its cases are compared, how many skipped")
    given = parser.parse_args()
    cases, skipped = copied_cases(), read(HERE / "skipped.json")
    compared, wrong = compared_cases(given.programs)
    wrong += unaccounted(cases, compared, skipped)
    for file, names in cases.items() if given.list else ():
        print(f"{file}: {sum((file, n) in compared for n in names)} compared, {sum(n in skipped.get(file, {}) for n in names)} skipped")
    folder = shared_folder(given.shared)
    if folder is None:
        print("the folder that the cases were copied from is not here (LEHR_GOLDEN): copies are not compared with it")
    else:
        missing, count = not_copied(folder, cases)
        wrong += missing
        print(f"{count} cases in {folder}")
    print(f"{len(compared)} cases compared, {sum(len(r) for r in skipped.values())} skipped with a reason")
    print(*wrong, sep="\n")
    sys.exit(bool(wrong))


main()
