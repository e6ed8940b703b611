"""How far a counted share may be from the true one."""

import math

_Z = 1.959964  # standard deviations that hold 95% of a normal distribution


def wilson(share: float, n: int) -> tuple[float, float]:
    """The 95% interval of a share of n (Wilson, 1927); too wide rather than too narrow where
    single values are halves."""
    middle = share + _Z * _Z / (2 * n)
    spread = _Z * math.sqrt(share * (1 - share) / n + (_Z / n / 2) ** 2)
    bottom = 1 + _Z * _Z / n
    low, high = (middle - spread) / bottom, (middle + spread) / bottom
    return round(max(0.0, low), 5), round(min(1.0, high), 5)
