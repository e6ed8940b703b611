"""`python -m hr_pipeline_tests.endpoint --port P ...`: an endpoint to try the pipeline against.

Speaks the OpenAI protocol on 127.0.0.1 and prints its address. `GET /stats` shows what it has seen,
`POST /control` takes options while it runs, `POST /reset` forgets everything.
"""

import argparse
import socket
import sys
import threading

import uvicorn

from hr_pipeline_tests.endpoint.app import App
from hr_pipeline_tests.endpoint.options import add_options, options_of

BACKLOG = 8192


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m hr_pipeline_tests.endpoint",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--port", type=int, default=8089, help="0: any (default: 8089)")
    parser.add_argument(
        "--until-eof", action="store_true", help="stop when the standard input ends"
    )
    add_options(parser)
    arguments = parser.parse_args()
    listening = socket.create_server(("127.0.0.1", arguments.port), backlog=BACKLOG)
    config = uvicorn.Config(
        App(options_of(arguments)),
        http="httptools",
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_level="warning",
        access_log=False,
        timeout_keep_alive=3600,
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    print(f"http://127.0.0.1:{listening.getsockname()[1]}/v1", flush=True)
    if arguments.until_eof:
        threading.Thread(target=_stop_at_end, args=(server,), daemon=True).start()
    server.run(sockets=[listening])


def _stop_at_end(server: uvicorn.Server) -> None:
    """A test that is killed leaves nothing running."""
    sys.stdin.buffer.read()
    server.should_exit = server.force_exit = True


if __name__ == "__main__":
    main()
