"""What a training has moved: a model's tensors compared by fingerprints, so no copy is kept."""

from collections.abc import Mapping

import torch


def fingerprints(model: torch.nn.Module) -> dict[str, tuple[int, float]]:
    """Parameter name -> a hash of its bits, computed where it lies, and its sum."""
    return {name: _fingerprint(tensor.detach()) for name, tensor in model.named_parameters()}


def _fingerprint(tensor: torch.Tensor) -> tuple[int, float]:
    return int(torch.hash_tensor(tensor).view(torch.int64)), float(tensor.double().sum())


def compared(
    model: torch.nn.Module, before: Mapping[str, tuple[int, float]]
) -> tuple[list[str], list[str]]:
    """(trainable parameters that did not move, frozen ones that did), in the model's order."""
    after = fingerprints(model)
    trainable = {name for name, tensor in model.named_parameters() if tensor.requires_grad}
    still = [name for name in after if name in trainable and after[name] == before[name]]
    moved = [name for name in after if name not in trainable and after[name] != before[name]]
    return still, moved
