#!/usr/bin/env python3
"""make_onnx_torch.py: writes models/torch.onnx with torch.onnx.data beside it, as PyTorch's exporter (dynamo) lays a model down: weights in a
file of their own, GELU in operators, slopes of PReLU with an axis for the batch; and torch_x.npy (channels last), torch_y.npy. The exporter's notes on
where each node came from are left out. Needs torch, onnx, onnxscript.
"""
import pathlib

import numpy as np
import onnx
import torch

FOLDER = pathlib.Path(__file__).parent / "models"

torch.manual_seed(16)
model = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3, padding=1), torch.nn.GELU(), torch.nn.MaxPool2d(2), torch.nn.Conv2d(4, 6, 3), torch.nn.PReLU(6),
                            torch.nn.Flatten(), torch.nn.Linear(6 * 2 * 2, 5)).eval()
with torch.no_grad():
    model[4].weight.copy_(torch.linspace(-0.5, 0.5, 6))
x = torch.randn(3, 3, 8, 8)
torch.onnx.export(model, (x,), FOLDER / "torch.onnx", dynamo=True, external_data=True, dynamic_shapes=({0: torch.export.Dim("batch")},))
laid_down = onnx.load(FOLDER / "torch.onnx", load_external_data=False)
for noted in [laid_down, laid_down.graph, *laid_down.graph.node, *laid_down.graph.input, *laid_down.graph.output, *laid_down.graph.value_info]:
    del noted.metadata_props[:]
onnx.save(laid_down, FOLDER / "torch.onnx")
np.save(FOLDER / "torch_x.npy", x.numpy().transpose(0, 2, 3, 1).copy())
np.save(FOLDER / "torch_y.npy", model(x).detach().numpy())
