"""Steps of the optimizers of PyTorch and of libraries on it: what style=torch, style=paper, LARS and schedule-free AdamW are compared with.

usage: make_torch_optimizers.py OUT_JSON   (torch; schedulefree, pytorch-optimizer, timm from PyPI, installed with --no-deps)
A matrix and a vector take twelve steps on given gradients. A case: the optimizer as lehr spells it, whose steps these are, and the weights after
every step. Where `falls` is set the rate is a tenth from the seventh step on: there it shows whether a momentum keeps gradients or steps.
"""
import importlib
import importlib.metadata
import json
import pathlib
import sys
import types

import torch

steps, shapes = 12, [(3, 4), (5,)]
random = torch.Generator().manual_seed(7)
start = [torch.randn(s, generator=random) for s in shapes]
gradients = [[torch.randn(s, generator=random) for s in shapes] for _ in range(steps)]


def of_timm(name):
    """One module of timm, without what its package imports."""
    folder = importlib.metadata.distribution("timm").locate_file("timm")
    for package, path in (("timm", folder), ("timm.optim", folder / "optim")):
        sys.modules.setdefault(package, types.ModuleType(package)).__path__ = [str(path)]
    return importlib.import_module("timm.optim." + name)


def walk(make, falls):
    weights = [torch.nn.Parameter(w.clone()) for w in start]
    optimizer = make(weights)
    if hasattr(optimizer, "train"):
        optimizer.train()
    rate, out = optimizer.param_groups[0]["lr"], []
    for i, step in enumerate(gradients):
        optimizer.param_groups[0]["lr"] = rate / 10 if falls and i >= 6 else rate
        for w, g in zip(weights, step):
            w.grad = g.clone()
        optimizer.step()
        out.append([w.detach().flatten().tolist() for w in weights])
    return out


O = torch.optim
import pytorch_optimizer
import schedulefree

falling = "piecewise_constant_decay([5], [0.05, 0.005])"
Free = schedulefree.AdamWScheduleFree
cases = [
    (f"sgd({falling}, momentum=0.9, style=torch)", "torch.optim.SGD", lambda w: O.SGD(w, 0.05, momentum=0.9), True),
    (f"sgd({falling}, momentum=0.9, nesterov=true, style=paper)", "torch.optim.SGD", lambda w: O.SGD(w, 0.05, momentum=0.9, nesterov=True), True),
    ("adam(0.01, epsilon=1e-3, style=torch)", "torch.optim.Adam", lambda w: O.Adam(w, 0.01, eps=1e-3), False),
    ("adam(0.01, beta_1=0.8, beta_2=0.95, epsilon=1e-3, amsgrad=true, style=paper)", "torch.optim.Adam",
     lambda w: O.Adam(w, 0.01, betas=(0.8, 0.95), eps=1e-3, amsgrad=True), False),
    (f"adamw({falling}, weight_decay=0.1, epsilon=1e-3, style=torch)", "torch.optim.AdamW", lambda w: O.AdamW(w, 0.05, eps=1e-3, weight_decay=0.1), True),
    ("adamax(0.01, epsilon=1e-2, style=torch)", "torch.optim.Adamax", lambda w: O.Adamax(w, 0.01, eps=1e-2), False),
    ("nadam(0.01, epsilon=1e-3, style=torch)", "torch.optim.NAdam", lambda w: O.NAdam(w, 0.01, eps=1e-3), False),
    ("rmsprop(0.01, epsilon=1e-2, style=torch)", "torch.optim.RMSprop", lambda w: O.RMSprop(w, 0.01, alpha=0.9, eps=1e-2), False),
    ("rmsprop(0.01, rho=0.8, momentum=0.5, centered=true, epsilon=1e-2, style=torch)", "torch.optim.RMSprop",
     lambda w: O.RMSprop(w, 0.01, alpha=0.8, eps=1e-2, momentum=0.5, centered=True), False),
    ("adagrad(0.1, initial_accumulator_value=0.2, epsilon=1e-2, style=torch)", "torch.optim.Adagrad",
     lambda w: O.Adagrad(w, 0.1, initial_accumulator_value=0.2, eps=1e-2), False),
    ("adadelta(0.5, rho=0.9, epsilon=1e-6)", "torch.optim.Adadelta", lambda w: O.Adadelta(w, 0.5, rho=0.9, eps=1e-6), False),
    ("lamb(0.01, weight_decay=0.1, epsilon=1e-6, style=paper)", "timm.optim.Lamb", lambda w: of_timm("lamb").Lamb(w, 0.01, eps=1e-6, weight_decay=0.1, max_grad_norm=None), False),
    ("lars(0.1, trust_coefficient=0.01)", "pytorch_optimizer.LARS", lambda w: pytorch_optimizer.LARS(w, lr=0.1, momentum=0.9, trust_coefficient=0.01), False),
    ("lars(0.1, trust_coefficient=0.01, weight_decay=0.05, vectors_too=true, epsilon=1e-8)", "timm.optim.Lars",
     lambda w: of_timm("lars").Lars(w, 0.1, momentum=0.9, trust_coeff=0.01, weight_decay=0.05, eps=1e-8), False),
    ("lars(0.1, momentum=0.8, trust_coefficient=0.01, weight_decay=0.05, nesterov=true, vectors_too=true, epsilon=1e-8)", "timm.optim.Lars",
     lambda w: of_timm("lars").Lars(w, 0.1, momentum=0.8, trust_coeff=0.01, weight_decay=0.05, nesterov=True, eps=1e-8), False),
    ("schedule_free_adamw(0.02, epsilon=1e-3)", "schedulefree.AdamWScheduleFree", lambda w: Free(w, 0.02, eps=1e-3, foreach=False), False),
    ("schedule_free_adamw(0.02, beta_1=0.8, epsilon=1e-3, weight_decay=0.5)", "schedulefree.AdamWScheduleFree",
     lambda w: Free(w, 0.02, betas=(0.8, 0.999), eps=1e-3, weight_decay=0.5, foreach=False), False),
    (f"schedule_free_adamw({falling}, epsilon=1e-3, weight_decay=0.5, warmup_steps=4)", "schedulefree.AdamWScheduleFree",
     lambda w: Free(w, 0.05, eps=1e-3, weight_decay=0.5, warmup_steps=4, foreach=False), True),
]
rows = [dict(optimizer=text, source=source, weights=walk(make, falls)) for text, source, make, falls in cases]
versions = {name: importlib.metadata.version(name) for name in ("torch", "schedulefree", "pytorch-optimizer", "timm")}
head = dict(versions=versions, shapes=shapes, start=[w.flatten().tolist() for w in start], gradients=[[g.flatten().tolist() for g in step] for step in gradients])
nine = lambda value: json.loads(json.dumps(value), parse_float=lambda s: float(f"{float(s):.9g}"))  # digits of a float32
lines = ",\n".join(json.dumps(nine(row)) for row in rows)
pathlib.Path(sys.argv[1]).write_text(json.dumps(nine(head))[:-1] + ',\n"cases": [\n' + lines + "\n]}\n")
