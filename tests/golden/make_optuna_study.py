"""A study as Optuna writes it. usage: make_optuna_study.py OUT: writes OUT/study.sql (the tables as SQL) and OUT/study.json (what they say)."""
import json, math, os, sqlite3, sys, tempfile
import optuna
optuna.logging.set_verbosity(optuna.logging.ERROR)
out = sys.argv[1]
with tempfile.TemporaryDirectory() as t:
    file = os.path.join(t, 's.db')
    storage = optuna.storages.RDBStorage('sqlite:///' + file)
    study = optuna.create_study(study_name='from optuna', storage=storage, direction='maximize', sampler=optuna.samplers.RandomSampler(seed=3))
    def f(trial):
        units = trial.suggest_int('units', 32, 512, step=32)
        lr = trial.suggest_float('lr', 1e-5, 1e-1, log=True)
        opt = trial.suggest_categorical('opt', ['adam', 'sgd'])
        momentum = trial.suggest_float('momentum', 0, 0.99) if opt == 'sgd' else 0
        trial.suggest_categorical('nesterov', [False, True])
        for step in range(3): trial.report([units * lr, math.nan, math.inf][(trial.number + step) % 3], step)
        trial.set_user_attr('note', {'n': trial.number})
        if trial.number == 3: raise optuna.TrialPruned()
        if trial.number == 5: raise ValueError('no')
        return units * lr + momentum if trial.number != 6 else math.inf
    study.optimize(f, n_trials=12, catch=(ValueError,))
    study.enqueue_trial({'units': 64, 'lr': 1e-3, 'opt': 'adam', 'nesterov': True})
    rows = [dict(number=t.number, state=t.state.name, params=t.params, value=None if t.values is None else repr(t.values[0]), intermediate=[[s, repr(v)] for s, v in t.intermediate_values.items()]) for t in study.trials]
    json.dump(rows, open(os.path.join(out, 'study.json'), 'w'), indent=0)
    open(os.path.join(out, 'study.sql'), 'w').write('\n'.join(sqlite3.connect(file).iterdump()) + '\n')
