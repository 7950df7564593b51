"""What Optuna's fANOVA says of a study. usage: make_importance.py OUT: writes OUT/importance.json: 80 trials, and for each value mean and
standard deviation of its share over ten forests of other seeds."""
import json, math, os, statistics, sys
import optuna
from optuna.importance import FanovaImportanceEvaluator
optuna.logging.set_verbosity(optuna.logging.ERROR)
study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=7))
def f(trial):
    units = trial.suggest_int('units', 32, 512, step=32)
    lr = trial.suggest_float('lr', 1e-4, 1e-1, log=True)
    rate = trial.suggest_float('rate', 0, 0.5)
    opt = trial.suggest_categorical('opt', ['adam', 'sgd', 'rmsprop'])
    return (math.log10(lr) + 2) ** 2 + {'adam': 0, 'sgd': 1.5, 'rmsprop': 0.3}[opt] + units / 512 * rate + 0.4 * (1 - units / 512)
study.optimize(f, n_trials=80)
shares = [FanovaImportanceEvaluator(seed=s).evaluate(study) for s in range(10)]
names = list(study.trials[0].params)
json.dump({'optuna': optuna.__version__,
           'trials': [dict(params=t.params, value=t.value) for t in study.trials],
           'importance': {n: {'mean': statistics.mean(s[n] for s in shares), 'deviation': statistics.stdev(s[n] for s in shares)} for n in names}},
          open(os.path.join(sys.argv[1], 'importance.json'), 'w'), indent=0)
