#!/usr/bin/env python3
"""make_onnx_torch.py: writes models/torch.onnx with torch.onnx.data beside it, as PyTorch's exporter (dynamo) lays a model down: weights in a
file of their own, GELU in operators, slopes of PReLU with an axis for the batch; models/ceil.onnx, one file, of poolings that round their number of
windows up; and NAME_x.npy (channels last), NAME_y.npy. The exporter's notes on where each node came from are left out. Needs torch, onnx, onnxscript
and onnxruntime, which must agree with PyTorch on ceil.onnx.
"""
import pathlib

import numpy as np
import onnx
import onnxruntime
import torch

FOLDER = pathlib.Path(__file__).parent / "models"

torch.manual_seed(16)
model = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3, padding=1), torch.nn.GELU(), torch.nn.MaxPool2d(2), torch.nn.Conv2d(4, 6, 3), torch.nn.PReLU(6),
                            torch.nn.Flatten(), torch.nn.Linear(6 * 2 * 2, 5)).eval()
with torch.no_grad():
    model[4].weight.copy_(torch.linspace(-0.5, 0.5, 6))
x = torch.randn(3, 3, 8, 8)
torch.onnx.export(model, (x,), FOLDER / "torch.onnx", dynamo=True, external_data=True, dynamic_shapes=({0: torch.export.Dim("batch")},))


def without_notes(name):
    laid_down = onnx.load(FOLDER / name, load_external_data=False)
    for noted in [laid_down, laid_down.graph, *laid_down.graph.node, *laid_down.graph.input, *laid_down.graph.output, *laid_down.graph.value_info]:
        del noted.metadata_props[:]
    onnx.save(laid_down, FOLDER / name)


without_notes("torch.onnx")
np.save(FOLDER / "torch_x.npy", x.numpy().transpose(0, 2, 3, 1).copy())
np.save(FOLDER / "torch_y.npy", model(x).detach().numpy())

pool = torch.nn.Sequential(torch.nn.Conv2d(2, 3, 2), torch.nn.MaxPool2d(3, 2, ceil_mode=True), torch.nn.Conv2d(3, 3, 1), torch.nn.ReLU(),
                           torch.nn.MaxPool2d(3, 2, padding=1, ceil_mode=True), torch.nn.Conv2d(3, 4, 1),
                           torch.nn.AvgPool2d(5, 3, padding=1, ceil_mode=True, count_include_pad=False), torch.nn.Conv2d(4, 4, 1),
                           torch.nn.AvgPool2d((2, 3), 2, ceil_mode=True), torch.nn.Flatten(), torch.nn.Linear(4 * 2 * 2, 5)).eval()
x = torch.randn(2, 2, 41, 44)
assert [tuple(pool[:i](x).shape[2:]) for i in (1, 2, 5, 7, 9)] == [(40, 43), (20, 21), (11, 11), (4, 4), (2, 2)]
torch.onnx.export(pool, (x,), FOLDER / "ceil.onnx", dynamo=True, external_data=False, dynamic_shapes=({0: torch.export.Dim("batch")},))
without_notes("ceil.onnx")
y = pool(x).detach().numpy()
np.save(FOLDER / "ceil_x.npy", x.numpy().transpose(0, 2, 3, 1).copy())
np.save(FOLDER / "ceil_y.npy", y)
session = onnxruntime.InferenceSession(str(FOLDER / "ceil.onnx"))
assert np.abs(session.run(None, {session.get_inputs()[0].name: x.numpy()})[0] - y).max() < 1e-5
