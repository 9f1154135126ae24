"""Whether something holds for a company, a person or a device: by seed and name alone, however often it is asked."""

from zlib import crc32

from deploy.simulate.spec import WorldSpec, mix


def roll(spec: WorldSpec, what: str, *parts: int | str) -> float:
    """A number from 0 to 1 that depends on the seed, what is asked and of whom."""
    numbers = (part if isinstance(part, int) else crc32(part.encode()) for part in parts)
    return (mix(spec.seed, crc32(what.encode()), *numbers) & 0xFFFFFFFF) / 0x100000000


def holds(share: float, spec: WorldSpec, what: str, *parts: int | str) -> bool:
    """Whether it holds, for that share of all asked about."""
    return share > 0 and roll(spec, what, *parts) < share
