#!/usr/bin/env python3
"""make_lr_finder.py SCHEDULE.PY > lr_finder.json: what fastai suggests for range tests of several shapes.

SCHEDULE.PY is fastai/callback/schedule.py of the fastai 2.8.12 wheel (`pip download --no-deps fastai==2.8.12`); its functions valley, minimum and
steep run as they stand there. What lr_find does before it calls them (leaving out the first tenth and the last five, cutting at the first NaN)
is written out below. Needs torch.
"""
import ast
import json
import sys

import numpy
import torch

SUGGESTIONS = ("valley", "minimum", "steep")


def fastai_functions(path):
    tree = ast.parse(open(path, encoding="utf-8").read())
    tree.body = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name in SUGGESTIONS]
    names = {}
    exec(compile(tree, path, "exec"), names)
    return {name: names[name] for name in SUGGESTIONS}


def smoothed(losses, beta=0.98):
    """fastai's AvgSmoothLoss."""
    average, out = 0.0, []
    for count, loss in enumerate(losses, 1):
        average = beta * average + (1 - beta) * loss
        out.append(average / (1 - beta**count))
        if out[-1] > 4 * min(out):
            break
    return out


def curves():
    random = numpy.random.default_rng(16)
    for shape in range(8):
        steps = (100, 100, 100, 60, 200, 100, 30, 100)[shape]
        rates = 1e-7 * (10 / 1e-7) ** (numpy.arange(steps) / steps)
        turn = (1e-1, 1e-2, 1.0, 1e-3, 1e-1, 1e-4, 1e-2, 1e-2)[shape]
        descent = 2.3 / (1 + (rates / turn * 5) ** 1.2)
        losses = descent + (rates / turn) ** 2 * 0.05 + random.normal(0, 0.02 * (1 + shape % 3), steps)
        if shape == 5:
            losses[70:] = numpy.nan
        yield steps, numpy.float32(rates), numpy.float32(losses)


def main():
    functions = fastai_functions(sys.argv[1])
    cases = []
    for steps, rates, losses in curves():
        smooth = numpy.float32(smoothed([float(v) for v in losses]))
        rates = rates[: len(smooth)]
        inner_rates, inner = torch.tensor(rates[steps // 10 : -5]), torch.tensor(smooth[steps // 10 : -5])
        broken = torch.nonzero(torch.isnan(inner))
        if len(broken):
            inner_rates, inner = inner_rates[: broken[0]], inner[: broken[0]]
        case = {"steps": steps, "rates": rates.tolist(), "smoothed": [None if numpy.isnan(v) else float(v) for v in smooth]}
        case |= {name: float(function(inner_rates, inner, steps)[0]) for name, function in functions.items()}
        cases.append(case)
    json.dump(cases, sys.stdout)
    print()


if __name__ == "__main__":
    main()
