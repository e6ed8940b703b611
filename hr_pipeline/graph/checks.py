"""Checks of the graph: where they fail, contexts and triples would be wrong, and paid for."""

import dagster as dg

from hr_pipeline.resources import Run


@dg.asset_check(asset=["graph", "general_skills"], blocking=True)
def no_generated_skill_is_everywhere(
    context: dg.AssetCheckExecutionContext, run: Run
) -> dg.AssetCheckResult:
    """No generated skill sits on more than 5% of the general occupations."""
    from hr_pipeline.graph.general_skills import MOST_COMMON_SHARE, largest_share

    lake = run.lake()
    build = lake.require("graph/general_skills", context.run.run_id)
    skill, holders, allowed = largest_share(lake.table("graph/general_skills", build.version))
    return dg.AssetCheckResult(
        passed=holders <= allowed,
        metadata={
            "most common": skill,
            "on": holders,
            "allowed": allowed,
            "share": MOST_COMMON_SHARE,
        },
    )


@dg.asset_check(asset=["graph", "general_skills"], blocking=True)
def most_occupations_have_skills(
    context: dg.AssetCheckExecutionContext, run: Run
) -> dg.AssetCheckResult:
    """The teacher gave a usable list for at least nine in ten general occupations."""
    build = run.lake().require("graph/general_skills", context.run.run_id)
    return dg.AssetCheckResult(
        passed=build.rows >= 0.9 * build.rows_in,
        metadata={"asked": build.rows_in, "listed": build.rows},
    )


@dg.asset_check(asset=["graph", "clusters"], blocking=True)
def clusters_are_two_hops_wide(
    context: dg.AssetCheckExecutionContext, run: Run
) -> dg.AssetCheckResult:
    """Every cluster is exactly the occupations that share a skill with its seed, and every
    occupation of the graph is in one."""
    from hr_pipeline.graph.clusters import faults_of_clusters
    from hr_pipeline.graph.tables import DATASETS, from_tables

    lake = run.lake()
    tables = {d: lake.table(d, lake.require(d, context.run.run_id).version) for d in DATASETS}
    graph, clusters, _ = from_tables(tables)
    faults = faults_of_clusters(graph, clusters)
    return dg.AssetCheckResult(
        passed=len(clusters) > 0 and not any(faults.values()),
        metadata={"clusters": len(clusters), **faults},
    )
