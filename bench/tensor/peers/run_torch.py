"""Runs tasks in PyTorch, one thread. Speaks JSON lines, each followed by the bytes of the arrays that it announces."""

import json
import sys
import time

import torch

torch.set_num_threads(1)
DTYPES = {"f32": torch.float32, "f64": torch.float64}


def main():
    runner = None
    for line in iter(sys.stdin.buffer.readline, b""):
        request = json.loads(line)
        payload = b""
        answer = {}
        if request["do"] == "prepare":
            dtype = DTYPES[request["dtype"]]
            arrays = [
                torch.frombuffer(bytearray(sys.stdin.buffer.read(size)), dtype=dtype) for size in request["bytes"]
            ]
            runner = RUNNERS[request["task"]["kind"]](request["task"], arrays)
            answer = {"version": torch.__version__}
        elif request["do"] == "reset":
            runner.reset()
        elif request["do"] == "time":
            answer = {"ms": runner.time(request["runs"])}
        elif request["do"] == "result":
            payload = runner.result().contiguous().numpy().tobytes()
        answer["bytes"] = len(payload)
        sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n" + payload)
        sys.stdout.buffer.flush()


class Function:
    """A function without state, timed without gradients."""

    def __init__(self, run):
        self.run = run
        self.last = None

    def reset(self):
        self.last = None

    @torch.inference_mode()
    def time(self, runs):
        run = self.run
        start = time.perf_counter()
        for _ in range(runs):
            last = run()
        ms = (time.perf_counter() - start) * 1e3
        self.last = last
        return ms

    def result(self):
        return self.last


def matmul(task, arrays):
    lead = [] if task["batch"] == 1 else [task["batch"]]
    m, k, n, transposed = task["m"], task["k"], task["n"], task.get("transposed")
    a = arrays[0].reshape(lead + ([k, m] if transposed == "a" else [m, k]))
    b = arrays[1].reshape(lead + ([n, k] if transposed == "b" else [k, n]))
    a = a.transpose(-1, -2) if transposed == "a" else a
    b = b.transpose(-1, -2) if transposed == "b" else b
    out = torch.empty(lead + [m, n], dtype=a.dtype)
    return Function(lambda: torch.matmul(a, b, out=out))


def perceptron(widths, arrays):
    layers = []
    for i, (inputs, outputs) in enumerate(zip(widths, widths[1:])):
        linear = torch.nn.Linear(inputs, outputs)
        with torch.no_grad():
            linear.weight.copy_(arrays[i * 2].reshape(inputs, outputs).t())
            linear.bias.copy_(arrays[i * 2 + 1])
        layers += [linear, torch.nn.ReLU()]
    return torch.nn.Sequential(*layers[:-1])


def forward(task, arrays):
    model = perceptron(task["widths"], arrays[1:])
    x = arrays[0].reshape(task["batch"], -1)
    return Function(lambda: model(x))


class Train:
    def __init__(self, task, arrays):
        self.x = arrays[0].reshape(task["batch"], -1)
        self.y = arrays[1].reshape(task["batch"], -1)
        self.model = perceptron(task["widths"], arrays[2:])
        self.start = [parameter.detach().clone() for parameter in self.model.parameters()]
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=task["rate"], foreach=True)

    def reset(self):
        with torch.no_grad():
            for parameter, start in zip(self.model.parameters(), self.start):
                parameter.copy_(start)

    def time(self, runs):
        start = time.perf_counter()
        for _ in range(runs):
            self.optimizer.zero_grad(set_to_none=True)
            torch.nn.functional.mse_loss(self.model(self.x), self.y).backward()
            self.optimizer.step()
        return (time.perf_counter() - start) * 1e3

    def result(self):
        weights = [parameter.detach().t().reshape(-1) for parameter in self.model.parameters()]
        return torch.cat(weights)


def gelu(task, arrays):
    out = torch.empty_like(arrays[0])
    return Function(lambda: torch._C._nn.gelu(arrays[0], out=out))


def softmax(task, arrays):
    x = arrays[0].reshape(task["rows"], task["columns"])
    return Function(lambda: torch.softmax(x, 1))


def add(task, arrays):
    return Function(lambda: torch.add(arrays[0], arrays[1]))


def chain(task, arrays):
    a, b = arrays
    shapes = [(task["count"] // 4, 4), (task["count"],)]
    others = [b.reshape(shape) for shape in shapes]

    def run():
        total = a
        for i in range(task["links"]):
            total = total.view(shapes[i % 2]) + others[i % 2]
        return total

    return Function(run)


RUNNERS = {
    "matmul": matmul,
    "forward": forward,
    "train": Train,
    "gelu": gelu,
    "softmax": softmax,
    "add": add,
    "chain": chain,
}

main()
