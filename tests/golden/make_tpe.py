"""What Optuna's TPESampler makes of given trials. usage: make_tpe.py OUT: writes OUT/tpe.json: for each case the trials, at some points the logarithm of
the two densities' ratio, and the quantiles of 4,000 proposals."""
import json, math, os, random, sys, warnings
import numpy
import optuna
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.samplers._tpe.sampler import _split_trials, default_gamma
from optuna.trial import TrialState, create_trial

optuna.logging.set_verbosity(optuna.logging.ERROR)
warnings.simplefilter("ignore")
SPACES = {
    "numbers": ("f(x0:float(-5, 10), x1:float(0, 15))", {"x0": FloatDistribution(-5, 10), "x1": FloatDistribution(0, 15)}),
    "mixed": ("f(x:float(-5, 10), r:float(1e-5, 1e-1, sampling=log), n:int(0, 4000, step=10), k:int(1, 1000, sampling=log), c:choice(a, b, c))",
              {"x": FloatDistribution(-5, 10), "r": FloatDistribution(1e-5, 1e-1, log=True), "n": IntDistribution(0, 4000, step=10),
               "k": IntDistribution(1, 1000, log=True), "c": CategoricalDistribution(("a", "b", "c"))}),
}  # fmt: skip
PROPOSALS, QUANTILES = 4000, [0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95]


def objective(p):
    if "x0" in p:
        x, y = p["x0"], p["x1"]
        return (y - 5.1 / (4 * math.pi**2) * x * x + 5 / math.pi * x - 6) ** 2 + 10 * (1 - 1 / (8 * math.pi)) * math.cos(x) + 10
    return (p["x"] - 2) ** 2 / 10 + abs(math.log10(p["r"]) + 3) + p["n"] / 4000 + abs(math.log(p["k"] / 10)) + "abc".index(p["c"])


def drawn(space, chance):
    out = {}
    for name, d in space.items():
        if isinstance(d, CategoricalDistribution):
            out[name] = chance.choice(d.choices)
        elif d.log:
            value = math.exp(chance.uniform(math.log(d.low), math.log(d.high)))
            out[name] = round(value) if isinstance(d, IntDistribution) else value
        elif isinstance(d, IntDistribution):
            out[name] = chance.randrange(d.low, d.high + 1, d.step)
        else:
            out[name] = chance.uniform(d.low, d.high)
    return out


def case(name, complete, pruned, running):
    text, space = SPACES[name]
    chance = random.Random(f"{name} {complete}")
    study = optuna.create_study(direction="minimize")
    states = ["COMPLETE"] * complete + ["PRUNED"] * pruned + ["RUNNING"] * running
    chance.shuffle(states)
    rows = []
    for state in states:
        params = drawn(space, chance)
        # Of equal numbers numpy's sort decides which gets the distance on the left: all differ here.
        while any(params[n] == row["params"][n] for row in rows for n in params if n != "c"):
            params = drawn(space, chance)
        row = {"state": state, "params": params}
        extra = {}
        if state == "COMPLETE":
            row["value"] = extra["value"] = objective(params)
        if state == "PRUNED":
            row["intermediate"] = [[0, objective(params) + 1], [chance.randrange(1, 4), objective(params)]]
            extra["intermediate_values"] = dict(row["intermediate"])
        study.add_trial(create_trial(state=TrialState[state], params=params, distributions=space, **extra))
        rows.append(row)
    trials = study.get_trials(deepcopy=False)
    sampler = optuna.samplers.TPESampler(seed=1)
    below, above = _split_trials(study, trials, default_gamma(complete + pruned))
    densities = [sampler._build_parzen_estimator(study, space, part, handle_below=k == 0) for k, part in enumerate((below, above))]
    points = [drawn(space, chance) for _ in range(20)]
    columns = {n: numpy.array([d.to_internal_repr(p[n]) for p in points]) for n, d in space.items()}
    ratio = densities[0].log_pdf(columns) - densities[1].log_pdf(columns)
    fresh = study.ask()
    proposals = [sampler._sample(study, study._storage.get_trial(fresh._trial_id), space) for _ in range(PROPOSALS)]
    quantiles = {}
    for n, d in space.items():
        if isinstance(d, CategoricalDistribution):
            quantiles[n] = {c: sum(p[n] == c for p in proposals) / PROPOSALS for c in d.choices}
        else:
            quantiles[n] = [[q, float(numpy.quantile([p[n] for p in proposals], q, method="lower"))] for q in QUANTILES]
            for pair in quantiles[n]:  # the share at or below it: whole numbers have ties
                pair[0] = sum(p[n] <= pair[1] for p in proposals) / PROPOSALS
    return {"space": text, "trials": rows, "good": [t.number for t in below], "points": [[p, r] for p, r in zip(points, ratio.tolist())],
            "proposals": PROPOSALS, "quantiles": quantiles}  # fmt: skip


cases = [case("numbers", 10, 0, 0), case("numbers", 45, 0, 0), case("mixed", 20, 0, 0), case("mixed", 60, 6, 3)]
with open(os.path.join(sys.argv[1], "tpe.json"), "w", encoding="utf-8") as out:
    json.dump({"optuna": optuna.__version__, "cases": cases}, out, indent=0)
    out.write("\n")
