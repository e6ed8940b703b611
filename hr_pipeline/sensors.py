"""The sensor of the batch lane: it fetches what batches have answered, and goes on with builds."""

import json
from typing import TYPE_CHECKING

import dagster as dg

from hr_pipeline.resources import Run, Teacher

if TYPE_CHECKING:
    from hr_pipeline.llm.batch_store import BatchStore, Waiting

SECONDS_A_TICK = 20.0  # Dagster gives a tick 60
GOES_ON = "hr_pipeline/goes_on"  # tag of a launched run: the run whose requests were open


@dg.sensor(
    target=dg.AssetSelection.all(),
    minimum_interval_seconds=60,
    default_status=dg.DefaultSensorStatus.STOPPED,
    description="Fetches batches; when those of a build have ended, launches the build again.",
)
def fetch_batches(
    context: dg.SensorEvaluationContext, run: Run, teacher: Teacher
) -> dg.SensorResult | dg.SkipReason:
    """The cursor holds after which batch the next tick begins, and the runs already followed."""
    from hr_pipeline.llm.batch_rounds import tick
    from hr_pipeline.llm.batch_store import BatchStore
    from hr_pipeline.llm.recording import Recording, is_there

    where = teacher.where(run.lake())
    if not is_there(where):
        return dg.SkipReason(f"{where}: there is no recording yet")
    cursor = json.loads(context.cursor or "{}")
    recording = Recording(where)
    try:
        store = BatchStore(recording)
        for run_id in cursor.get("followed", []):
            store.stop_waiting(run_id)
        polled = tick(recording, cursor.get("after", ""), SECONDS_A_TICK)
        ready = [build for build in store.waiting() if _is_ready(context, store, build)]
    finally:
        recording.close()
    said = f"replies fetched: {polled.replies:,}; batches under way: {polled.under_way:,}"
    if polled.is_busy:
        said = "another process is at work on the batches"
    if polled.failure:
        said = f"{said}; {polled.failure}"
        context.log.warning(said)
    return dg.SensorResult(
        run_requests=[_request(build) for build in ready],
        skip_reason=None if ready else said,
        cursor=json.dumps({"after": polled.after, "followed": [build.run_id for build in ready]}),
    )


def _is_ready(context: dg.SensorEvaluationContext, store: "BatchStore", build: "Waiting") -> bool:
    """Its batches have ended, and so has the run that sent them."""
    under_way = {batch.tag for batch in store.batches(under_way=True)}
    run = context.instance.get_run_by_id(build.run_id)
    return not under_way & set(build.tags) and (run is None or run.is_finished)


def _request(build: "Waiting") -> dg.RunRequest:
    return dg.RunRequest(
        run_key=f"{build.build}-{build.run_id}",
        run_config=build.run_config,
        asset_selection=[dg.AssetKey(name.split("/")) for name in build.assets],
        tags={GOES_ON: build.run_id},
    )
