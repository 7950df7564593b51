"""Learning rates of PyTorch's OneCycleLR, for tests/optim/schedule_test.cpp.

usage: make_one_cycle.py OUT.json        (needs torch)
A row a case: the arguments as our one_cycle names them, the steps of the run, and the rate of every step.
"""
import json, sys
import torch

CASES = [dict(initial=0.1, steps=20), dict(initial=0.5, steps=33, pct_start=0.2, div_factor=10.0, final_div_factor=100.0),
         dict(initial=0.1, steps=20, anneal_strategy='linear'), dict(initial=0.3, steps=41, pct_start=0.4, three_phase=True),
         dict(initial=0.3, steps=7, pct_start=0.5, anneal_strategy='linear', three_phase=True)]
rows = []
for case in CASES:
    options = dict(case)
    steps, top = options.pop('steps'), options.pop('initial')
    weight = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([weight], lr=1.0, momentum=0.9)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=top, total_steps=steps, **options)
    rates = []
    for step in range(steps):
        rates.append(optimizer.param_groups[0]['lr'])
        optimizer.step()
        if step + 1 < steps: schedule.step()
    rows.append(dict(config={k: v for k, v in case.items() if k != 'steps'}, steps=steps, rates=rates))
with open(sys.argv[1], 'w') as f:
    f.write('[\n ' + ',\n '.join(json.dumps(row) for row in rows) + '\n]\n')
