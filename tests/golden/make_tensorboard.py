#!/usr/bin/env python3
"""make_tensorboard.py > tensorboard.json: events as TensorBoard's own protocol buffers and record writer serialize them, in hex.

Needs tensorboard (2.20 wrote the file).
"""
import io
import json
import sys

import tensorboard
from tensorboard.compat.proto import event_pb2, summary_pb2
from tensorboard.plugins.hparams import api_pb2, plugin_data_pb2
from tensorboard.summary.writer.record_writer import RecordWriter

WALL, STEP = 1700000000.25, 300


def event(value=None, **more):
    return event_pb2.Event(wall_time=WALL, summary=None if value is None else summary_pb2.Summary(value=[value]), **more)


def plugin(tag, data):
    metadata = summary_pb2.SummaryMetadata(plugin_data={"plugin_name": "hparams", "content": data.SerializeToString(deterministic=True)})
    return event(summary_pb2.Summary.Value(tag=tag, metadata=metadata))


def histogram(values, buckets):
    low, high = min(values), max(values)
    width = (high - low) / buckets
    counts = [0.0] * buckets
    for v in values:
        counts[min(int((v - low) / width), buckets - 1)] += 1
    limits = [low + width * i for i in range(1, buckets)] + [high]
    return summary_pb2.HistogramProto(min=low, max=high, num=len(values), sum=sum(values), sum_squares=sum(v * v for v in values),
                                      bucket_limit=limits, bucket=counts)


def main():
    start = plugin_data_pb2.SessionStartInfo(group_name="run-1", start_time_secs=WALL)
    start.hparams["batch-size"].number_value = 32
    start.hparams["model"].string_value = "flatten | dense(10)"
    start.hparams["shuffle"].bool_value = True
    experiment = api_pb2.Experiment(
        hparam_infos=[{"name": "batch-size", "type": api_pb2.DATA_TYPE_FLOAT64}, {"name": "model", "type": api_pb2.DATA_TYPE_STRING},
                      {"name": "shuffle", "type": api_pb2.DATA_TYPE_BOOL}],
        metric_infos=[{"name": {"tag": "epoch_loss"}}])
    values = [-1.5, -0.25, 0.5, 0.5, 2.5]
    events = {
        "file_version": event(file_version="brain.Event:2"),
        "scalar": event(summary_pb2.Summary.Value(tag="epoch_loss", simple_value=0.625), step=STEP),
        "histogram": event(summary_pb2.Summary.Value(tag="dense/kernel/histogram", histo=histogram(values, 4)), step=STEP),
        "experiment": plugin("_hparams_/experiment", plugin_data_pb2.HParamsPluginData(experiment=experiment)),
        "begin": plugin("_hparams_/session_start_info", plugin_data_pb2.HParamsPluginData(session_start_info=start)),
        "end": plugin("_hparams_/session_end_info", plugin_data_pb2.HParamsPluginData(
            session_end_info=plugin_data_pb2.SessionEndInfo(status=api_pb2.STATUS_SUCCESS, end_time_secs=WALL))),
    }
    out = {name: e.SerializeToString(deterministic=True).hex() for name, e in events.items()}
    written = io.BytesIO()
    RecordWriter(written).write(events["scalar"].SerializeToString())
    out |= {"record": written.getvalue().hex(), "values": values, "wall_time": WALL, "step": STEP, "tensorboard": tensorboard.__version__}
    json.dump(out, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
