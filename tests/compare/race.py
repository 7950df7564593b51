"""One training step in lehr and in its peers, alternated: who is faster, by how much, and how far is the floor?

    python tests/compare/race.py --results race.jsonl --report docs/benchmarks/step.md [--net cifar] [--precision bf16]

Run by hand on a machine that does nothing else; needs torch, tensorflow, keras and jax. Every peer is started and warmed up first, then they
take turns: a round is lehr (`lehr bench step`, a fresh process), then each peer, then the next round. A number is the median of a round's
steps, a ratio is the median over the rounds' ratios: machines drift, and neighbours in time drift together. A peer that needs more than
1.5 times the best one's time in the first round, and more than ten seconds for it, is not the one to beat and sits out the others.
--hold FILE…: locks that are held while the rounds run, for machines where others wait on them.
"""
import argparse
import contextlib
import datetime
import fcntl
import json
import pathlib
import statistics
import subprocess
import sys

import side_by_side

PEERS = {"torch": ["torch"], "torch compiled": ["torch", "--compile"], "keras tensorflow": ["keras"], "keras jax": ["jax"]}
STEPS = {"vgg16": 3, "cifar": 15, "mlp": 1000}
PRECISION = {"f32": "float32", "bf16": "mixed_bfloat16"}


class Peer:
    def __init__(self, name, net, bf16):
        program = pathlib.Path(__file__).with_name("step_peers.py")
        command = [sys.executable, str(program), *PEERS[name][:1], net, *PEERS[name][1:], *(["--bf16"] if bf16 else [])]
        self.log = open(f"{name.replace(' ', '-')}.log", "w", encoding="utf-8")
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log, text=True)
        self.name = name
        line = self.process.stdout.readline()
        self.version = json.loads(line)["ready"] if line else None

    def median(self, steps):
        self.process.stdin.write(f"{steps}\n")
        self.process.stdin.flush()
        return statistics.median(json.loads(self.process.stdout.readline()))

    def end(self):
        self.process.stdin.close()
        self.process.wait()
        self.log.close()


def lehr(options, net, precision, *more):
    command = [options.lehr, "bench", "step", net, "--precision", PRECISION[precision], "--steps", str(STEPS[net]), "--json", *more]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


@contextlib.contextmanager
def held(files):
    with contextlib.ExitStack() as stack:
        for name in files:
            fcntl.flock(stack.enter_context(open(name, "a")), fcntl.LOCK_EX)
        yield


def race(options, net, precision):
    peers = [peer for peer in (Peer(name, net, precision == "bf16") for name in options.peers) if peer.version]
    rounds = []
    with held(options.hold):
        for _ in range(options.rounds):
            ours = lehr(options, net, precision)
            times = {"lehr": ours["median_s"], "floor": ours["floor_s"], **{peer.name: peer.median(STEPS[net]) for peer in peers}}
            rounds.append(times)
            print(net, precision, json.dumps(times), flush=True)
            if len(rounds) == 1:
                best = min(times[peer.name] for peer in peers)
                slow = [peer for peer in peers if times[peer.name] > 1.5 * best and times[peer.name] * STEPS[net] > 10]
                for peer in slow:
                    peer.end()
                peers = [peer for peer in peers if peer not in slow]
        inside = lehr(options, net, precision, "--operations") if net != "mlp" else {"convolutions_alone_s": 0, "median_s": ours["median_s"]}
    row = {
        "net": net,
        "precision": precision,
        "date": datetime.date.today().isoformat(),
        "commit": side_by_side.commit(),
        "versions": {peer.name: peer.version for peer in peers},
        "flop": ours["flop_per_step"],
        "rounds": rounds,
        "convolutions_alone_s": inside["convolutions_alone_s"],
        "step_s": inside["median_s"],
    }
    for peer in peers:
        peer.end()
    return row


def ratio(row, name):
    """How many times as long as lehr the peer takes: over 1, lehr is faster."""
    return statistics.median(times[name] / times["lehr"] for times in row["rounds"] if name in times)


def page(rows):
    lines = [
        "# One training step beside PyTorch, Keras and JAX",
        "",
        "`tests/compare/race.py`: forward, loss, backward and Adam on data in memory, rounds in turn, medians of the rounds; the networks of",
        "`lehr bench step`. A ratio over 1 means that lehr is faster. The floor is flops over measured peak, or Adam's bytes over measured",
        "bandwidth, whichever takes longer. *Convolutions* is the sum of lehr's convolution primitives, each run alone, over its whole step.",
        "",
        f"- machine: {side_by_side.machine()}",
        f"- date: {', '.join(sorted({row['date'] for row in rows}))}; commit: {', '.join(sorted({row['commit'] for row in rows}))}",
        f"- peers: {', '.join(sorted({version for row in rows for version in row['versions'].values()}))}",
        "",
        "| step | rounds | lehr | floor | " + " | ".join(PEERS) + " | convolutions |",
        "|---" * (len(PEERS) + 5) + "|",
    ]
    for row in rows:
        median = {name: statistics.median(t[name] for t in row["rounds"] if name in t) for name in row["rounds"][0]}
        cells = [f"{median[name] * 1e3:.4g} ms ({ratio(row, name):.2f}×)" if name in median else "" for name in PEERS]
        convolutions = f"{100 * row['convolutions_alone_s'] / row['step_s']:.0f} %" if row["convolutions_alone_s"] else ""
        lines.append(
            f"| {row['net']} {row['precision']} | {len(row['rounds'])} | {median['lehr'] * 1e3:.4g} ms | {median['floor'] * 1e3:.4g} ms | "
            + " | ".join(cells) + f" | {convolutions} |"
        )
    return lines


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lehr", default=str(side_by_side.ROOT / "build/release/lehr"))
    parser.add_argument("--net", action="append", choices=list(STEPS), help="default: all")
    parser.add_argument("--precision", action="append", choices=list(PRECISION), help="default: both (mlp: f32)")
    parser.add_argument("--peers", nargs="+", default=list(PEERS), choices=list(PEERS))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--hold", nargs="*", default=[])
    parser.add_argument("--results", required=True, help="JSON lines, one a race; the newest of each net and precision counts")
    parser.add_argument("--report", help="Markdown page to write")
    options = parser.parse_args()
    results = pathlib.Path(options.results)
    for net in options.net or list(STEPS):
        for precision in options.precision or (["f32"] if net == "mlp" else list(PRECISION)):
            row = race(options, net, precision)
            with results.open("a", encoding="utf-8") as file:
                file.write(json.dumps(row) + "\n")
    newest = {}
    for line in results.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        newest[row["net"], row["precision"]] = row
    rows = [newest[key] for key in ((net, precision) for net in STEPS for precision in PRECISION) if key in newest]
    lines = page(rows)
    print("\n".join(lines))
    if options.report:
        pathlib.Path(options.report).write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
