"""Optuna opens a study of lehr's, and goes on with it; then lehr goes on with Optuna's trials in between.

usage: optuna_storage.py LEHR [STORAGE]      needs optuna; exits 77 without it. STORAGE: postgresql://... (default: an SQLite file)
"""
import json, os, subprocess, sys, tempfile, uuid

try:
    import optuna
except ImportError:
    sys.exit(77)
optuna.logging.set_verbosity(optuna.logging.ERROR)
lehr, name = os.path.abspath(sys.argv[1]), 'shared ' + uuid.uuid4().hex
with tempfile.TemporaryDirectory() as folder:
    url = sys.argv[2] if len(sys.argv) > 2 else f'sqlite:///{folder}/s.db'
    theirs = url.replace('postgresql://', 'postgresql+psycopg2://')
    program = ('python3 -c "import json,sys; p=json.loads(sys.argv[1]); print(json.dumps(dict(step=0, value=p[\'x\']))); '
               'print(json.dumps(dict(value=(p[\'x\']-0.3)**2 + (p[\'n\']-4)**2 + (p[\'c\']==\'b\'))))" {params}')
    space = ['--optimizer', 'f(x:float(0, 1), lr:float(1e-5, 1e-1, sampling=log), n:int(0, 10, step=2), c:choice(a, b), s:boolean)']

    def tune(trials):
        run = subprocess.run([lehr, 'tune', '--command', program, *space, '--oracle', f'random(trials={trials})', '--study', name, '--storage', url, '--json'],
                             cwd=folder, capture_output=True, text=True)
        assert run.returncode == 0, run.stderr
        return json.loads(run.stdout)

    first = tune(6)
    study = optuna.load_study(study_name=name, storage=theirs)
    assert len(study.trials) == 6 and all(t.state.name == 'COMPLETE' for t in study.trials), study.trials
    assert abs(study.best_value - first['best']['value']) < 1e-12 and study.best_trial.number == first['best']['trial']
    assert study.best_params == first['best']['params'], (study.best_params, first)
    assert all(t.intermediate_values == {0: t.params['x']} for t in study.trials)
    assert all(t.duration.total_seconds() >= 0 for t in study.trials)

    def objective(trial):  # the same names and ranges
        x = trial.suggest_float('x', 0, 1); trial.suggest_float('lr', 1e-5, 1e-1, log=True); n = trial.suggest_int('n', 0, 10, step=2)
        c = trial.suggest_categorical('c', ['a', 'b']); trial.suggest_categorical('s', [False, True]); trial.report(x, 0)
        return (x - 0.3) ** 2 + (n - 4) ** 2 + (c == 'b')
    study.sampler = optuna.samplers.TPESampler(seed=1, n_startup_trials=2)
    study.optimize(objective, n_trials=6)
    last = tune(18)
    assert last['trials'] == 18, last
    study = optuna.load_study(study_name=name, storage=theirs)
    assert [t.number for t in study.trials] == list(range(18))
    assert all(t.state.name == 'COMPLETE' for t in study.trials)
    assert len({t.params['x'] for t in study.trials}) == 18
    optuna.importance.get_param_importances(study, evaluator=optuna.importance.FanovaImportanceEvaluator(seed=0)) if __import__('importlib').util.find_spec('sklearn') else None
    print('18 trials, in turn by lehr, Optuna and lehr; best', last['best'])
