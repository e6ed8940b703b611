"""The pool of what needs a GPU: one training at a time, whoever starts it.

A file of configuration can limit all pools alike only, so the limit of this one is kept in the
instance's own storage, where `dagster instance concurrency set gpu N` changes it.
"""

import os
import socket
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dagster import DagsterInstance

GPU = "gpu"
LIMIT = 1
PROCESS = "hr_pipeline/process"  # tag of a run: the machine and process that it runs in


def tags() -> dict[str, str]:
    """Of a run that this process executes itself."""
    return {PROCESS: f"{socket.gethostname()} {os.getpid()}"}


def limit_pool(instance: "DagsterInstance") -> None:
    """Limit the pool, unless somebody has done so."""
    storage = instance.event_log_storage
    if all(pool.from_default for pool in storage.get_pool_limits() if pool.name == GPU):
        storage.set_concurrency_slots(GPU, LIMIT)


def holders(instance: "DagsterInstance") -> list[str]:
    """Ids of the runs that hold places of the pool; runs that are over, or whose process was
    killed, lose theirs, and their places in the queue."""
    storage = instance.event_log_storage
    info = storage.get_concurrency_info(GPU)
    waiting = {step.run_id for step in info.pending_steps}
    dead = {run for run in info.active_run_ids | waiting if _is_over(instance, run)}
    for run_id in dead:
        storage.free_concurrency_slots_for_run(run_id)
    return sorted(info.active_run_ids - dead)


def _is_over(instance: "DagsterInstance", run_id: str) -> bool:
    run = instance.get_run_by_id(run_id)
    if run is None or run.is_finished:
        return True
    machine, _, process = run.tags.get(PROCESS, "").partition(" ")
    return machine == socket.gethostname() and not _is_alive(int(process))


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # somebody else's
        pass
    return True
