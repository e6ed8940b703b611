"""The graph for other tools: networkx, GraphML and node-link JSON."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

if TYPE_CHECKING:
    import networkx as nx


_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def to_networkx(tables: Mapping[str, pa.Table]) -> "nx.Graph":
    """A bipartite networkx graph from the tables of graph/occupations, /skills and /edges.

    Nodes carry `bipartite` (0 occupation, 1 skill) and their columns; edges `weight` and
    `origin` (their `source`: in node-link JSON that word names the end of an edge).
    """
    import networkx as nx

    graph = nx.Graph(name="skill-occupation graph")
    for dataset, key, side in (
        ("graph/occupations", "occupation_id", 0),
        ("graph/skills", "skill_id", 1),
    ):
        for row in tables[dataset].to_pylist():
            node = row.pop(key)
            graph.add_node(node, bipartite=side, **{k: v for k, v in row.items() if v is not None})
    for row in tables["graph/edges"].to_pylist():
        graph.add_edge(
            row["occupation_id"], row["skill_id"], origin=row["source"], weight=row["weight"]
        )
    return graph


def write_graph(tables: Mapping[str, pa.Table], form: str, folder: Path, notice: str = "") -> Path:
    """Write `graph.graphml` ("graphml") or node-link `graph.json` ("networkx") into the folder."""
    import networkx as nx

    graph = to_networkx(tables)
    if notice:
        graph.graph["notice"] = notice
    folder.mkdir(parents=True, exist_ok=True)
    if form == "graphml":
        for _, facts in graph.nodes(data=True):
            facts.update({k: _NOT_XML.sub("", v) for k, v in facts.items() if isinstance(v, str)})
        path = folder / "graph.graphml"
        nx.write_graphml(graph, path)
    else:
        path = folder / "graph.json"
        text = json.dumps(nx.node_link_data(graph, edges="edges"), ensure_ascii=False)
        path.write_text(text, encoding="utf-8")
    return path
