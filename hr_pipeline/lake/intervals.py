"""How far a counted share may be from the true one."""

import math


def wilson(share: float, n: int, z: float = 1.959964) -> tuple[float, float]:
    """The 95% interval of a share of n (Wilson, 1927); too wide rather than too narrow where
    single values are halves."""
    middle = share + z * z / (2 * n)
    spread = z * math.sqrt(share * (1 - share) / n + (z / n / 2) ** 2)
    bottom = 1 + z * z / n
    low, high = (middle - spread) / bottom, (middle + spread) / bottom
    return round(max(0.0, low), 5), round(min(1.0, high), 5)
