"""What TPE and the Gaussian process find, beside Optuna's samplers, with equal numbers of trials: on published functions, and in a table of 432
trainings on Fashion-MNIST, where tests/golden/make_fashion_table.py has made it.

    python tests/compare/search_quality.py LEHR [--repeats 30] [--samplers tpe,gp] [--functions branin,hartmann6,fashion] [--results quality.json]

Run by hand; needs optuna and scipy, and torch for Optuna's GPSampler. A repeat is a study with a seed of its own, in memory for Optuna and in an SQLite
file for lehr, which asks a program (--command). Reported: the median over the repeats of the regret (best value found less the function's
minimum), its quartiles, and the p-values of Mann and Whitney's one-sided tests that lehr's regrets are larger, and smaller. It holds where every
median of lehr's is no worse.
"""
import argparse
import json
import math
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

TABLE = pathlib.Path(__file__).parent.parent / "golden" / "fashion_table.json"
SOURCE = '''
import json, math, sys
A = [[10, 3, 17, 3.5, 1.7, 8], [0.05, 10, 17, 0.1, 8, 14], [3, 3.5, 1.7, 10, 17, 8], [17, 8, 0.05, 10, 0.1, 14]]
P = [[1312, 1696, 5569, 124, 8283, 5886], [2329, 4135, 8307, 3736, 1004, 9991], [2348, 1451, 3522, 2883, 3047, 6650], [4047, 8828, 8732, 5743, 1091, 381]]
def branin(p):
    x, y = p["x0"], p["x1"]
    return (y - 5.1 / (4 * math.pi ** 2) * x * x + 5 / math.pi * x - 6) ** 2 + 10 * (1 - 1 / (8 * math.pi)) * math.cos(x) + 10
def hartmann6(p):
    return -sum(c * math.exp(-sum(A[i][j] * (p[f"x{j}"] - P[i][j] * 1e-4) ** 2 for j in range(6))) for i, c in enumerate([1.0, 1.2, 3.0, 3.2]))
'''
SOURCE += f"""
def fashion(p):
    with open({os.path.abspath(TABLE)!r}) as file:
        table = json.load(file)
    rates = table["val_accuracy"]
    return 1 - rates[f"{{p['x0']}} {{p['x1']}} " + str(("adam", "rmsprop", "sgd").index(p["x2"])) + f" {{p['x3']}} {{p['x4']}}"]
"""
# Name: bounds (whole numbers: every one between them; words: choices), minimum, trials (Dixon and Szegoe 1978; the table, once it is made).
FUNCTIONS = {
    "branin": ([(-5.0, 10.0), (0.0, 15.0)], 0.39788735772973816, 50),
    "hartmann6": ([(0.0, 1.0)] * 6, -3.32236801141551, 60),
}
if TABLE.exists():
    with open(TABLE, encoding="utf-8") as table:
        least = 1 - max(json.load(table)["val_accuracy"].values())
    FUNCTIONS["fashion"] = ([(0, 5), (0, 5), ("adam", "rmsprop", "sgd"), (0, 1), (0, 1)], least, 30)
LEHR = {"tpe": "tpe(trials={})", "gp": "bayesian(trials={})"}


def searched(j, bounds):
    if isinstance(bounds[0], str):
        return f"x{j}:choice({', '.join(bounds)})"
    return f"x{j}:{type(bounds[0]).__name__}({bounds[0]}, {bounds[1]})"


def suggested(trial, j, bounds):
    if isinstance(bounds[0], str):
        return trial.suggest_categorical(f"x{j}", bounds)
    return (trial.suggest_float if isinstance(bounds[0], float) else trial.suggest_int)(f"x{j}", *bounds)


def ours(lehr, folder, function, sampler, seed):
    bounds, _, trials = FUNCTIONS[function]
    program = pathlib.Path(folder, "f.py")
    program.write_text(SOURCE + f"print(json.dumps(dict(value={function}(json.loads(sys.argv[1])))))\n", encoding="utf-8")
    space = "f(" + ", ".join(searched(j, b) for j, b in enumerate(bounds)) + ")"
    done = subprocess.run(
        [lehr, "tune", "--command", f"{sys.executable} -S -E {program} {{params}}", "--optimizer", space, "--oracle", LEHR[sampler].format(trials),
         "--study", f"{function}-{sampler}-{seed}", "--seed", str(seed), "--json", "--quiet"],
        cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True)  # fmt: skip
    if done.returncode != 0:
        sys.exit(done.stderr)
    found = json.loads(done.stdout)
    assert found["trials"] == trials, found
    return found["best"]["value"]


def theirs(function, sampler, seed):
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    names = {}
    exec(SOURCE, names)  # the same text that lehr's program runs
    bounds, _, trials = FUNCTIONS[function]
    made = optuna.samplers.TPESampler(seed=seed) if sampler == "tpe" else optuna.samplers.GPSampler(seed=seed)
    study = optuna.create_study(sampler=made)
    study.optimize(lambda t: names[function]({f"x{j}": suggested(t, j, b) for j, b in enumerate(bounds)}), n_trials=trials)
    return study.best_value


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lehr")
    parser.add_argument("--repeats", type=int, default=30)
    parser.add_argument("--samplers", default="tpe,gp")
    parser.add_argument("--functions", default=",".join(FUNCTIONS))
    parser.add_argument("--results", default="quality.json")
    options = parser.parse_args()
    import optuna
    from scipy.stats import mannwhitneyu

    rows, holds = [], True
    for function in options.functions.split(","):
        for sampler in options.samplers.split(","):
            least = FUNCTIONS[function][1]
            with tempfile.TemporaryDirectory() as folder:
                mine = [ours(os.path.abspath(options.lehr), folder, function, sampler, s) - least for s in range(options.repeats)]
            peer = [theirs(function, sampler, s) - least for s in range(options.repeats)]
            worse, better = (float(mannwhitneyu(mine, peer, alternative=side).pvalue) for side in ("greater", "less"))
            row = {"function": function, "sampler": sampler, "trials": FUNCTIONS[function][2], "repeats": options.repeats, "optuna": optuna.__version__,
                   "lehr_median": statistics.median(mine), "lehr_quartiles": statistics.quantiles(mine), "optuna_median": statistics.median(peer),
                   "optuna_quartiles": statistics.quantiles(peer), "p_worse": worse, "p_better": better}  # fmt: skip
            row["no_worse"] = row["lehr_median"] <= row["optuna_median"]
            holds = holds and row["no_worse"]
            rows.append(row)
            print(json.dumps(row), flush=True)
            pathlib.Path(options.results).write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    print("holds" if holds else "does not hold")
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
