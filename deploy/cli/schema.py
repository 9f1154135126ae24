"""`triggerpoint schema`: the JSON Schema of what travels."""

from pathlib import Path
from typing import Annotated

import orjson
import typer
from pydantic import BaseModel

from schemas.errors import SettingsError
from schemas.topics import CATALOGUE


def schemas() -> dict[str, type[BaseModel]]:
    """Topic -> model of its values, in the order of the data's way."""
    return {topic.name: topic.noun for topic in CATALOGUE}


def json_schema(topic: str, model: type[BaseModel]) -> bytes:
    """JSON Schema 2020-12 of a topic's values."""
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": f"urn:triggerpoint:{topic}"}
    return orjson.dumps(head | model.model_json_schema(), option=orjson.OPT_INDENT_2)


def schema(
    name: Annotated[str | None, typer.Argument(help="Topic or model, e.g. `intent.events.web.v1` or `Alert`.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write one file a topic into this folder.")] = None,
) -> None:
    """Print a JSON Schema, list them, or write all of them to a folder."""
    known = schemas()
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        for topic, model in known.items():
            (out / f"{topic}.schema.json").write_bytes(json_schema(topic, model) + b"\n")
        typer.echo(f"{len(known)} schemas in {out}")
    elif name is None:
        for topic, model in known.items():
            typer.echo(f"{topic}\t{model.__name__}")
    else:
        for topic, model in known.items():
            if name in (topic, model.__name__):
                typer.echo(json_schema(topic, model))
                return
        raise SettingsError(f"There is no topic or model `{name}`.", "`triggerpoint schema` lists them.")
