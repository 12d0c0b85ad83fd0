"""A llama.cpp server, for an environment that has nothing of ours: `llamacpp_server.py FILE.gguf PORT NAME CONTEXT`."""

import os
import signal
import sys

import xllamacpp


def main() -> None:
    path, port, name, context = sys.argv[1:]
    wanted = xllamacpp.CommonParams()
    wanted.model.path = path
    wanted.port = int(port)
    wanted.hostnames = ["127.0.0.1"]
    wanted.model_alias = {name}
    wanted.n_ctx = int(context)
    wanted.n_parallel = 1
    wanted.use_jinja = True
    wanted.warmup = False
    wanted.cpuparams.n_threads = wanted.cpuparams_batch.n_threads = os.cpu_count() or 2
    server = xllamacpp.Server(wanted)
    sys.stdout.write(f"listening at {server.listening_address}\n")
    sys.stdout.flush()
    signal.sigwait([signal.SIGTERM, signal.SIGINT])
    os._exit(0)  # the library's own threads do not end by themselves


if __name__ == "__main__":
    main()
