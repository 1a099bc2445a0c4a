# SPDX-License-Identifier: Apache-2.0
"""JSON schemas beside the files that they are for: which part of a schema speaks of which place in a
file. YAML is read as editors read it (version 1.2), so `off` is a word."""
import json
import re
from dataclasses import dataclass, field

import yaml

from . import places

SCHEMAS = places.CHECKOUT / "config/schema"


class Loader(yaml.SafeLoader):
    """Of the core schema of YAML 1.2, what the files have."""
    yaml_implicit_resolvers = {}


for _tag, _pattern, _first in (("bool", "true|false", "tf"), ("null", "~|null|", "~n"),
                               ("int", "[-+]?[0-9]+", "-+0123456789"),
                               ("float", r"[-+]?[0-9]+\.[0-9]+", "-+0123456789")):
    Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_pattern})$"),
                                 list(_first) + ([""] if _tag == "null" else []))


def read(file):
    return yaml.load(file.read_text(), Loader)  # noqa: S506: a safe one


def load(name: str) -> dict:
    return json.loads((SCHEMAS / f"{name}.schema.json").read_text())


@dataclass(frozen=True)
class Place:
    """A value in a file, and what the schema says of it."""
    path: tuple
    pointer: str
    said: dict = field(compare=False)

    def __str__(self):
        return "/".join(map(str, self.path)) or "the top"


def parts(schema: dict, said=None, pointer: str = "#", seen=None):
    """Every part of a schema that can be reached from its top, once, with its pointer."""
    said, pointer = follow(schema, schema if said is None else said, pointer)
    seen = set() if seen is None else seen
    if pointer in seen:
        return
    seen.add(pointer)
    yield pointer, said
    for key, inner in below(said):
        yield from parts(schema, inner, f"{pointer}/{key}", seen)


def below(said: dict):
    for key in ("allOf", "anyOf"):
        for i, one in enumerate(said.get(key, ())):
            yield f"{key}/{i}", one
    for key, one in said.get("properties", {}).items():
        yield f"properties/{key}", one
    for key in ("items", "additionalProperties"):
        if isinstance(said.get(key), dict):
            yield key, said[key]


def follow(schema: dict, said: dict, pointer: str):
    while "$ref" in said:
        pointer = said["$ref"]
        said = schema
        for step in pointer.removeprefix("#/").split("/"):
            said = said[step]
    return said, pointer


def places_in(schema: dict, value, said=None, pointer: str = "#", path: tuple = ()):
    """Every place of a file of which the schema speaks."""
    said, pointer = follow(schema, schema if said is None else said, pointer)
    yield Place(path, pointer, said)
    for key in ("allOf", "anyOf"):
        for i, one in enumerate(said.get(key, ())):
            if is_of_kind(schema, value, one):
                yield from places_in(schema, value, one, f"{pointer}/{key}/{i}", path)
    if isinstance(value, dict) and said.get("type") == "object":
        for key, inner in value.items():
            if key in said.get("properties", {}):
                yield from places_in(schema, inner, said["properties"][key],
                                     f"{pointer}/properties/{key}", (*path, key))
            elif isinstance(said.get("additionalProperties"), dict):
                yield from places_in(schema, inner, said["additionalProperties"],
                                     f"{pointer}/additionalProperties", (*path, key))
    if isinstance(value, list) and "items" in said:
        for i, item in enumerate(value):
            yield from places_in(schema, item, said["items"], f"{pointer}/items", (*path, i))


def is_of_kind(schema: dict, value, said: dict) -> bool:
    """Whether this branch is for maps, lists or single values like this one."""
    said, _ = follow(schema, said, "#")
    if "allOf" in said:
        return all(is_of_kind(schema, value, one) for one in said["allOf"])
    if "anyOf" in said:
        return any(is_of_kind(schema, value, one) for one in said["anyOf"])
    kinds = said.get("type", "single")
    if isinstance(value, dict):
        return kinds == "object"
    if isinstance(value, list):
        return kinds == "array"
    return kinds not in ("object", "array")


def with_value(file, path: tuple, value):
    """A copy of the file's content with another value there."""
    if not path:
        return value
    made = dict(file) if isinstance(file, dict) else list(file)
    made[path[0]] = with_value(file[path[0]], path[1:], value)
    return made
