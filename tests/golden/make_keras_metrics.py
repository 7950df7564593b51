"""make_keras_metrics.py GOLDEN_FOLDER: precision, recall, F1, AUC and top-k by real Keras.

keras/class_metrics.json: on the two sets of sklearn/class_metrics.json (make_class_metrics.py); "text" is what a person writes here for the
same meaning. training/sgd_metrics.json: the history of a training with these metrics, epoch by epoch; data.npz and sgd.npz are
convert_training.py's, the network is that of tests/tune/training_golden_test.cpp. training/sgd_metrics.csv: what Keras's CSVLogger wrote of it.
"""
import json
import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
import keras
import numpy as np
from keras import layers as L
from keras import metrics as M

folder = sys.argv[1]


def value(metric, truth, outputs):
    metric.update_state(truth, outputs)
    return np.atleast_1d(np.asarray(metric.result(), "float64")).tolist()


def cases():
    with open(os.path.join(folder, "sklearn", "class_metrics.json"), encoding="utf-8") as file:
        sets = json.load(file)
    many, binary = sets["many"], sets["binary"]
    outputs, truth = np.array(many["outputs"], "float32"), np.eye(5, dtype="float32")[many["truth"]]
    listed = [
        ("precision(thresholds=0.5)", M.Precision()), ("recall(thresholds=0.5)", M.Recall()),
        ("precision(thresholds=0.3)", M.Precision(thresholds=0.3)), ("recall(thresholds=0.125)", M.Recall(thresholds=0.125)),
        ("precision(top_k=2)", M.Precision(top_k=2)), ("recall(top_k=3)", M.Recall(top_k=3)),
        ("precision(top_k=2, thresholds=0.3)", M.Precision(top_k=2, thresholds=0.3)),
        ("precision(class_id=2)", M.Precision(class_id=2)), ("recall(class_id=4)", M.Recall(class_id=4)),
        ("recall(top_k=2, class_id=1)", M.Recall(top_k=2, class_id=1)),
        ("auc(num_thresholds=200)", M.AUC()), ("auc(num_thresholds=20)", M.AUC(num_thresholds=20)),
        ("auc(curve=PR)", M.AUC(curve="PR")), ("auc(curve=PR, num_thresholds=11)", M.AUC(curve="PR", num_thresholds=11)),
        ("auc(summation_method=majoring)", M.AUC(summation_method="majoring")),
        ("auc(summation_method=minoring, num_thresholds=20)", M.AUC(summation_method="minoring", num_thresholds=20)),
        ("auc(curve=PR, summation_method=majoring, num_thresholds=20)", M.AUC(curve="PR", summation_method="majoring", num_thresholds=20)),
        ("auc(curve=PR, summation_method=minoring)", M.AUC(curve="PR", summation_method="minoring")),
        ("auc(num_thresholds=200, average=macro)", M.AUC(multi_label=True, num_labels=5)),
        ("auc(curve=PR, average=macro)", M.AUC(curve="PR", multi_label=True, num_labels=5)),
    ]
    listed += [(f"f1_score(average={a}, threshold=0.3)", M.F1Score(average=None if a == "none" else a, threshold=0.3))
               for a in ("none", "micro", "macro", "weighted")]
    rows = [{"set": "many", "text": text, "values": value(metric, truth, outputs)} for text, metric in listed]
    # Keras counts every class that shares the largest output; here, as everywhere else, the first one is meant.
    clear = outputs + np.float32(1e-4) * (np.argmax(outputs, 1)[:, None] == np.arange(5))
    rows += [{"set": "many", "text": f"f1_score(average={a})", "values": value(M.F1Score(average=None if a == "none" else a), truth, clear)}
             for a in ("none", "micro", "macro", "weighted")]
    outputs, truth = np.array(binary["outputs"], "float32")[:, None], np.array(binary["truth"], "float32")[:, None]
    for text, metric in [("precision", M.Precision()), ("recall", M.Recall()), ("precision(thresholds=0.7)", M.Precision(thresholds=0.7)),
                         ("f1_score", M.F1Score(threshold=0.5)), ("auc(num_thresholds=200)", M.AUC()), ("auc(curve=PR)", M.AUC(curve="PR"))]:
        rows.append({"set": "binary", "text": text, "values": value(metric, truth, outputs)})
    return {"keras": keras.__version__, "rows": rows}


def training():
    data, start = np.load(os.path.join(folder, "training", "data.npz")), np.load(os.path.join(folder, "training", "sgd.npz"))
    x, y = data["x"], np.eye(4, dtype="float32")[data["y"].ravel()]
    model = keras.Sequential([keras.Input((12, 12, 3)), L.Conv2D(6, 3, padding="same", activation="relu"), L.MaxPooling2D(), L.Conv2D(8, 3),
                              L.ReLU(), L.GlobalAveragePooling2D(), L.Dense(12, "relu"), L.Dense(4, "softmax")])
    for layer in model.layers:
        layer.set_weights([start[f"{layer.name}/{field}"] for field in ("kernel", "bias") if f"{layer.name}/{field}" in start])
    metrics = ["categorical_accuracy", M.TopKCategoricalAccuracy(k=2, name="top_2"), M.Precision(thresholds=0.3, name="p"),
               M.Recall(thresholds=0.3, name="r"), M.F1Score("macro", name="f1"), M.AUC(name="area"), M.AUC(curve="PR", name="pr")]
    text = ("categorical_accuracy, top_k_categorical_accuracy(k=2, name=top_2), precision(thresholds=0.3, name=p), recall(thresholds=0.3, name=r), "
            "f1_score(macro, name=f1), auc(num_thresholds=200, name=area), auc(curve=PR, name=pr)")
    model.compile(keras.optimizers.SGD(0.05, momentum=0.9, nesterov=True), "categorical_crossentropy", metrics=metrics)
    history = model.fit(x[:72], y[:72], validation_data=(x[72:], y[72:]), batch_size=20, epochs=8, shuffle=False, verbose=0,
                        callbacks=[keras.callbacks.CSVLogger(os.path.join(folder, "training", "sgd_metrics.csv"))]).history
    return {"keras": keras.__version__, "metrics": text, "batch_size": 20, "epochs": 8,
            "history": {name: [float(v) for v in values] for name, values in history.items()}}


for name, made in (("keras/class_metrics.json", cases()), ("training/sgd_metrics.json", training())):
    with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
        json.dump(made, file)
        file.write("\n")
