"""What shells offer as the value of an option, where its type does not say it."""

from collections.abc import Callable, Mapping

Words = list[tuple[str, str]]
"""Each with what it means, which may be empty."""


def examples(*words: str) -> Callable[[], Words]:
    """Offer some of the many values that an option takes."""
    return explained(dict.fromkeys(words, ""))


def explained(words: Mapping[str, str]) -> Callable[[], Words]:
    """Offer values with what they mean."""
    return lambda: [*words.items()]
