"""Runs single products of matrices in OpenBLAS, one thread, through ctypes. Speaks as run_torch.py does."""

import ctypes
import json
import sys
import time

NAMES = ("libopenblas.so.0", "libopenblas.so", "libopenblas.dylib")
ROWS, PLAIN, TRANSPOSED = 101, 111, 112


def library():
    for name in NAMES:
        try:
            return ctypes.CDLL(name)
        except OSError:
            continue
    raise OSError("no OpenBLAS")


class Product:
    def __init__(self, blas, task, arrays):
        m, k, n, transposed = task["m"], task["k"], task["n"], task.get("transposed")
        self.multiply = blas.cblas_dgemm if task["dtype"] == "f64" else blas.cblas_sgemm
        number = ctypes.c_double if task["dtype"] == "f64" else ctypes.c_float
        self.out = (number * (m * n))()
        integer, address = ctypes.c_int, ctypes.c_void_p
        self.multiply.argtypes = [integer] * 6 + [number, address, integer, address, integer, number, address, integer]
        self.multiply.restype = None
        a, b = (ctypes.cast(array, address) for array in arrays)
        kept = (integer, address, number)
        words = [integer(ROWS), integer(TRANSPOSED if transposed == "a" else PLAIN)]
        words += [integer(TRANSPOSED if transposed == "b" else PLAIN), integer(m), integer(n), integer(k)]
        words += [number(1), a, integer(m if transposed == "a" else k), b, integer(k if transposed == "b" else n)]
        words += [number(0), ctypes.cast(self.out, address), integer(n)]
        assert all(isinstance(word, kept) for word in words)
        self.words = words
        self.arrays = arrays

    def time(self, runs):
        multiply, words = self.multiply, self.words
        start = time.perf_counter()
        for _ in range(runs):
            multiply(*words)
        return (time.perf_counter() - start) * 1e3

    def result(self):
        return bytes(self.out)


def main():
    blas = library()
    blas.openblas_set_num_threads(1)
    product = None
    for line in iter(sys.stdin.buffer.readline, b""):
        request = json.loads(line)
        payload = b""
        answer = {}
        if request["do"] == "prepare":
            payloads = [bytearray(sys.stdin.buffer.read(size)) for size in request["bytes"]]
            arrays = [(ctypes.c_char * len(payload)).from_buffer(payload) for payload in payloads]
            product = Product(blas, request["task"], arrays)
        elif request["do"] == "reset":
            ctypes.memset(product.out, 0, ctypes.sizeof(product.out))
        elif request["do"] == "time":
            answer = {"ms": product.time(request["runs"])}
        elif request["do"] == "result":
            payload = product.result()
        answer["bytes"] = len(payload)
        sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n" + payload)
        sys.stdout.buffer.flush()


if "--check" in sys.argv:
    library()
else:
    main()
