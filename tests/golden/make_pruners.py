"""Decisions of Optuna's pruners on recorded curves. usage: make_pruners.py > pruners.json
Each case: the pruner as a spec, the direction, curves of earlier trials (with the state they ended in, decided by the same pruner) and, for each
report of a last curve, whether it would be pruned there."""
import json, math, random
import optuna
optuna.logging.set_verbosity(optuna.logging.ERROR)
P = optuna.pruners
PRUNERS = {
    'median': P.MedianPruner(), 'median(n_startup_trials=2, n_warmup_steps=2, interval_steps=2)': P.MedianPruner(2, 2, 2),
    'percentile(25, n_startup_trials=3)': P.PercentilePruner(25.0, 3), 'percentile(70, n_startup_trials=1, n_min_trials=3)': P.PercentilePruner(70.0, 1, n_min_trials=3),
    'successive_halving(min_resource=1, reduction_factor=2)': P.SuccessiveHalvingPruner(1, 2), 'successive_halving(min_resource=2, reduction_factor=3, bootstrap_count=1)': P.SuccessiveHalvingPruner(2, 3, 0, 1),
    'successive_halving': P.SuccessiveHalvingPruner(), 'patience(2)': P.PatientPruner(None, 2), 'patience(3, min_delta=0.05)': P.PatientPruner(None, 3, 0.05)}
random.seed(7)
cases = []
for text, pruner in PRUNERS.items():
    for direction in ('minimize', 'maximize'):
        study = optuna.create_study(direction=direction, pruner=pruner)
        trials = []
        for n in range(14):
            trial = study.ask(); final = random.random(); rows = []; state = 'COMPLETE'
            for step in range(9):
                value = final + random.random() / (step + 1)
                if n == 11 and step == 4: value = math.nan
                trial.report(value, step); pruned = bool(trial.should_prune()); rows.append([step, None if math.isnan(value) else value, pruned])
                if pruned: state = 'PRUNED'; break
            if state == 'PRUNED': study.tell(trial, state=optuna.trial.TrialState.PRUNED)
            else: study.tell(trial, final)
            trials.append(dict(state=state, rows=rows))
        cases.append(dict(pruner=text, direction=direction, trials=trials))
print('[\n ' + ',\n '.join(json.dumps(c) for c in cases) + '\n]')
