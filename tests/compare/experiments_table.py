"""Every experiment at laptop scale on one data set, over several seeds, as the table of docs/experiments.md.

    python tests/compare/experiments_table.py --data lfw62/ --results experiments.jsonl --report docs/experiments.md

Run by hand: a seed of all takes two to three hours on two free cores. Runs are kept in --results as they end, so a table that was cut off
goes on where it stopped; the page says how many seeds each row has. `--only` takes names, in the order wanted.
"""
import argparse
import json
import math
import os
import pathlib
import subprocess
import time

import side_by_side

# Diagrams and studies: no run of one network on --data, so no row.
NO_ROW = {"16.2-gradient-descent", "16.2-rate-impact", "16.2-lr-finder", "16.1-hyperparameter-importance", "16.1-preprocessing", "16.1-default-or-tuned"}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, help="a folder in the lecture's layout")
    parser.add_argument("--lehr", default=str(side_by_side.ROOT / "build/release/lehr"))
    parser.add_argument("--seeds", type=int, default=3, help="0 … N-1 (3)")
    parser.add_argument("--threads", type=int, default=0, help="0: all")
    parser.add_argument("--results", required=True, help="JSON lines, one a finished run")
    parser.add_argument("--report", help="Markdown page whose table is written anew")
    parser.add_argument("--until", type=float, help="minutes: begin no run after that long")
    parser.add_argument("--only", nargs="*", help="these experiments, name or name:variant, in this order")
    return parser.parse_args()


def listed(lehr):
    done = subprocess.run([lehr, "experiment", "list", "--json"], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


class Table:
    def __init__(self, options):
        self.options = options
        self.commit = side_by_side.commit()
        self.path = pathlib.Path(options.results)
        self.rows = side_by_side.read_rows(self.path)

    def run(self, name, variant, seed):
        if any((row["experiment"], row["variant"], row["seed"]) == (name, variant, seed) for row in self.rows):
            return
        command = ["experiment", "run", name, "--scale", "laptop", "--data", os.path.abspath(self.options.data), "--seed", str(seed)]
        command += ["--threads", str(self.options.threads)] + (["--variant", variant] if variant else [])
        document, _, _ = side_by_side.lehr(self.options.lehr, command)
        row = {"experiment": name, "variant": variant, "seed": seed, "commit": self.commit, "lecture": document["lecture"],
               "verdict": document["verdict"], **{key: value for key, value in document["runs"][0].items() if key != "run"}}
        self.rows.append(row)
        with self.path.open("a") as file:
            file.write(json.dumps(row) + "\n")
        print(json.dumps(row), flush=True)


def mean_text(values):
    mean, error = side_by_side.mean_and_error([100 * value for value in values])
    return f"{mean:.2f}" + ("" if math.isnan(error) else f" ± {error:.2f}")


def span(values):
    return str(min(values)) if min(values) == max(values) else f"{min(values)}-{max(values)}"


def table(rows):
    lines = ["| experiment | the lecture's test accuracy, % | here, last epoch, % | here, best epoch by val_loss, % | epochs (best) | minutes | seeds | verdict |",
             "|---|---|---|---|---|---|---|---|"]
    for name, variant in dict.fromkeys((row["experiment"], row["variant"]) for row in sorted(rows, key=lambda row: (row["experiment"], row["variant"]))):
        mine = [row for row in rows if (row["experiment"], row["variant"]) == (name, variant)]
        lecture = mine[0]["lecture"]["test_accuracy"]
        verdicts = [row["verdict"] for row in mine]
        lines.append(
            f"| {name}{' `--variant ' + variant + '`' if variant else ''} | {'' if lecture is None or variant else f'{100 * lecture:.2f}'} "
            f"| {mean_text([row['test_accuracy'] for row in mine])} | {mean_text([row['best_test_accuracy'] for row in mine])} "
            f"| {span([row['epochs'] for row in mine])} ({span([row['best_epoch'] + 1 for row in mine])}) "
            f"| {sum(row['seconds'] for row in mine) / len(mine) / 60:.1f} | {len(mine)} | {max(sorted(set(verdicts)), key=verdicts.count)} |")
    return lines


def write_page(options, rows):
    """The table stands between two comments; what people wrote around it stays."""
    path = pathlib.Path(options.report)
    begin, end = "<!-- table -->", "<!-- end of the table -->"
    text = path.read_text(encoding="utf-8") if path.exists() else f"# The experiments\n\n{begin}\n{end}\n"
    before, rest = text.split(begin, 1)
    after = rest.split(end, 1)[1]
    commits = ", ".join(sorted({row["commit"] for row in rows}))
    facts = [f"On {side_by_side.machine()}, {time.strftime('%Y-%m-%d')}; program {commits}; `--data {pathlib.Path(options.data).name}`.", ""]
    path.write_text(before + "\n".join([begin, *facts, *table(rows), end]) + after, encoding="utf-8")


def main():
    options = arguments()
    start = time.monotonic()
    wanted = [(name, variant) for name, _, variant in (entry.partition(":") for entry in options.only)] if options.only else [
        (entry["experiment"], "") for entry in listed(options.lehr)
        if entry["section"] in ("16.1", "16.2", "16.3.1", "16.3.2", "16.3.3", "16.3.4") and entry["experiment"] not in NO_ROW]
    result = Table(options)
    for seed in range(options.seeds):
        for name, variant in wanted:
            if options.until is None or time.monotonic() - start < 60 * options.until:
                result.run(name, variant, seed)
    print("\n".join(table(result.rows)))
    if options.report:
        write_page(options, result.rows)


if __name__ == "__main__":
    main()
