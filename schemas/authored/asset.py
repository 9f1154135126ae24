"""Asset: one piece of content there is. Lies on `intent.assets.v1`, keyed by its name; a null value takes it away."""

from pydantic import Field

from schemas.base import Id, Record, Text, Url


class Asset(Record):
    """One piece of content, as marketing knows it."""

    asset: Id = Field(min_length=1, description="Its name, as producers report it in `asset`.", examples=["roi-guide"])
    title: Text = ""
    kind: Text = Field("", description="What it is, in your words.", examples=["white paper", "video"])
    url: Url = Field("", description="Its page: a view of it counts, too. What follows `?` or `#` does not matter.")
    owner: Text = Field("", description="Who looks after it.")
    stages: tuple[str, ...] = Field((), description="Stages it is made for; all where none is named.")
