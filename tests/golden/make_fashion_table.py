"""Fashion-MNIST trained once at every point of a grid, as a table that searches can be tried on. usage: make_fashion_table.py LEHR OUT: writes
OUT/fashion_table.json; needs the data ($LEHR_DATA). 432 trainings of one epoch, a few minutes on two cores."""
import json, os, subprocess, sys, tempfile

UNITS, RATES, RULES, DROPOUTS, BATCHES = (16, 32, 64, 128, 256, 512), (1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2), ("adam", "rmsprop", "sgd"), (0, 0.3), (64, 256)
lehr = os.path.abspath(sys.argv[1])


def choice(name, values):
    return f"{name}:choice({', '.join(f'{v:g}' if not isinstance(v, str) else v for v in values)})"


rules = ", ".join(f"{rule}(learning_rate=rate:choice({', '.join(f'{r:g}' for r in RATES)}){', momentum=0.9' if rule == 'sgd' else ''})" for rule in RULES)
flags = ["--model", f"flatten | dense({choice('units', UNITS)}, relu) | dropout({choice('dropout', DROPOUTS)}) | dense(10, softmax)",
         "--optimizer", f"rule:choice({rules})", "--batch-size", choice("batch", BATCHES), "--data", "fashion_mnist", "--validation-split", "0.2",
         "--epochs", "1", "--threads", "2", "--jobs", "2", "--objective", "val_accuracy", "--oracle", "grid", "--study", "table", "--quiet"]  # fmt: skip
with tempfile.TemporaryDirectory() as folder:
    subprocess.run([lehr, "tune", *flags], cwd=folder, stdin=subprocess.DEVNULL, check=True)
    shown = subprocess.run([lehr, "tune", "show", "table", "--json"], cwd=folder, capture_output=True, text=True, check=True)
table = {}
for trial in json.loads(shown.stdout):
    p = trial["params"]
    rule = p["rule"].split("(")[0]
    key = (UNITS.index(p["units"]), RATES.index(p["rate"]), RULES.index(rule), DROPOUTS.index(p["dropout"]), BATCHES.index(p["batch"]))
    table[" ".join(map(str, key))] = trial["values"][0] if trial["values"] else 0.1  # what did not converge knows nothing
sizes = [len(v) for v in (UNITS, RATES, RULES, DROPOUTS, BATCHES)]
assert len(table) == 6 * 6 * 3 * 2 * 2, len(table)
with open(os.path.join(sys.argv[2], "fashion_table.json"), "w", encoding="utf-8") as out:
    json.dump({"values": ["units", "rate", "rule", "dropout", "batch"], "sizes": sizes, "val_accuracy": table}, out, indent=0)
    out.write("\n")
