"""SIGKILL at random moments: nothing recorded is asked for again, no row is lost or doubled."""

from hr_pipeline_tests.benchmarks.kills import MOST_BEYOND_CONCURRENCY, Job, kill_often


def test_killed_five_times_a_job_ends_as_if_undisturbed() -> None:
    job = Job(rows=600, concurrency=32, latency_ms=60, span_s=0.25)
    outcome = kill_often(job, 5)
    assert outcome.kills == 5
    assert (outcome.asked_again, outcome.lost, outcome.doubled) == (0, 0, 0)
    assert not outcome.differs
    assert max(outcome.paid_again) <= job.concurrency + MOST_BEYOND_CONCURRENCY
    assert outcome.paid_twice == sum(outcome.paid_again)
