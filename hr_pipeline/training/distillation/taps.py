"""Hidden states of some layers, by forward hooks.

`output_hidden_states=True` keeps every position of every layer of both models, and in transformers
5 leaves its hooks behind. Here a hook is there for one forward pass, and of a frozen model it keeps
the wanted rows alone.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from torch import Tensor, nn


@contextmanager
def outputs_of(layers: Sequence[nn.Module], rows: Tensor | None = None) -> Iterator[list[Any]]:
    """A list that holds, after a forward pass, the output [batch, length, d] of each layer.

    With `rows` (places in the batch laid end to end) only those are kept, [rows, d]: for a model
    without gradients. A trained model's outputs are kept whole, memory that its backward pass needs
    anyway: picking inside a layer that gradient checkpointing computes again would disturb that.
    """
    kept: list[Any] = [None] * len(layers)

    def keep(place: int, output: Any) -> None:
        hidden = output[0] if isinstance(output, tuple) else output
        kept[place] = hidden if rows is None else hidden.flatten(0, 1)[rows]

    def hook(place: int) -> Any:
        return lambda _module, _given, output: keep(place, output)

    handles = [layer.register_forward_hook(hook(n)) for n, layer in enumerate(layers)]
    try:
        yield kept
    finally:
        for handle in handles:
            handle.remove()


def layers_of(model: Any) -> nn.ModuleList:
    """The decoder's blocks: as many modules in a row as the configuration names layers. Raises
    ValueError."""
    count = model.config.get_text_config().num_hidden_layers
    for module in model.modules():
        if isinstance(module, nn.ModuleList) and len(module) == count:
            return module
    raise ValueError(f"{type(model).__name__} has no list of its {count} layers")
