# SPDX-License-Identifier: Apache-2.0
"""The JSON schemas and the loader know the same keys and words: what either says at each place of the
fullest configurations is compared. Where this fails, the message names what to add, and where."""
import json
import re
import shutil
import subprocess
from pathlib import Path

import jsonschema
import pytest

from parts import places, schema

DATA = places.CHECKOUT / "tests/data/config"
EXAMPLES = places.CHECKOUT / "config/examples"
FULLEST = (DATA / "good/everything", DATA / "good/front", DATA / "good/cleaning")
NAMES = ("postseal", "policy")
INVENTED = "qqqqqqqqqqqqqqqqqqqqqqqqqqqqqq"  # like no word that there is
SCHEMA = {name: schema.load(name) for name in NAMES}


@pytest.fixture(params=NAMES)
def name(request) -> str:
    return request.param


def said_by_loader(folder: Path, name: str, content, tmp: Path) -> str:
    """What `postseal check` says of the configuration with this file in it."""
    shutil.copytree(folder, tmp, dirs_exist_ok=True)
    for key in tmp.glob("*.key"):
        key.chmod(0o600)
    (tmp / f"{name}.yaml").write_text(json.dumps(content, ensure_ascii=False))
    done = subprocess.run([places.POSTSEAL, "check", "--config", tmp / "postseal.yaml"],
                          capture_output=True, timeout=60, check=False, text=True)
    return done.stderr


def places_of(name: str):
    """Each part of the schema once, with the first place of a good configuration that it is about."""
    seen = {}
    for folder in FULLEST:
        content = schema.read(folder / f"{name}.yaml")
        for place in schema.places_in(SCHEMA[name], content):
            seen.setdefault(place.pointer, (folder, content, place))
    return seen


def is_closed(said: dict) -> bool:
    return said.get("additionalProperties") is False


def words_of(said: dict) -> list:
    return [word for word in said.get("enum", ()) if isinstance(word, str)]


def test_every_part_of_the_schema_has_a_place_in_a_good_configuration(name):
    seen = places_of(name)
    missing = [pointer for pointer, said in schema.parts(SCHEMA[name])
               if (is_closed(said) or words_of(said)) and pointer not in seen]
    assert not missing, ("tests/data/config/good/everything or front shall have a value for each of these parts "
                         f"of config/schema/{name}.schema.json:\n" + "\n".join(missing))


def test_schema_and_loader_know_the_same_keys_at_each_place(name, tmp_path):
    wrong = []
    for folder, content, place in places_of(name).values():
        if not is_closed(place.said):
            continue
        invented = schema.with_value(content, place.path, {INVENTED: 1})
        told = said_by_loader(folder, name, invented, tmp_path)
        known = re.search(rf"unknown key '{INVENTED}' in .*; it knows (.*)", told)
        assert known, f"{place}: the loader did not say which keys it knows, but: {told}"
        loader, ours = set(known[1].split(", ")), set(place.said["properties"])
        wrong += [f"{name}.schema.json lacks '{key}' in {place} ({place.pointer}); the loader knows it"
                  for key in sorted(loader - ours)]
        wrong += [f"{name}.schema.json has '{key}' in {place} ({place.pointer}); the loader refuses it"
                  for key in sorted(ours - loader)]
    assert not wrong, "\n".join(wrong)


def test_schema_and_loader_know_the_same_words_at_each_place(name, tmp_path):
    wrong, compared = [], 0
    for folder, content, place in places_of(name).values():
        if not words_of(place.said):
            continue
        told = said_by_loader(folder, name, schema.with_value(content, place.path, INVENTED), tmp_path)
        known = re.search(rf"'{INVENTED}' is none of (.*)", told)
        if not known and "neither a number of bits" in told:
            known = re.search(r"(any) nor never", "any nor never") and ["", "any, never"]
        assert known, f"{place}: the loader did not say which words it knows, but: {told}"
        compared += 1
        loader, ours = set(known[1].split(", ")), set(words_of(place.said))
        if loader != ours:
            wrong.append(f"{name}.schema.json at {place} ({place.pointer}) has {sorted(ours)}; "
                         f"the loader knows {sorted(loader)}")
    assert not wrong, "\n".join(wrong)
    assert compared >= 8


def test_each_key_has_a_sentence_for_who_points_at_it(name):
    silent = []
    for pointer, said in schema.parts(SCHEMA[name]):
        for key, one in said.get("properties", {}).items():
            meant, _ = schema.follow(SCHEMA[name], one, "")
            if not one.get("description", meant.get("description", "")).endswith("."):
                silent.append(f"{pointer}/{key}")
    assert not silent, "\n".join(silent)


def validator(name: str):
    jsonschema.Draft7Validator.check_schema(SCHEMA[name])
    return jsonschema.Draft7Validator(SCHEMA[name])


def policies_of(folder: Path) -> list[Path]:
    return [file for file in folder.rglob("*.yaml")
            if file.name not in ("postseal.yaml", "policy-tests.yaml")
            and not file.name.startswith(".")]


@pytest.mark.parametrize("folder", [*sorted((DATA / "good").iterdir()), *sorted((DATA / "warned").iterdir()), EXAMPLES],
                         ids=lambda folder: folder.name)
def test_good_configurations_are_as_the_schema_says(folder):
    found = [f"{file.name}: {one.json_path}: {one.message}"
             for name, files in (("postseal", [folder / "postseal.yaml"]), ("policy", policies_of(folder)))
             for file in files for one in validator(name).iter_errors(schema.read(file))]
    assert not found, "\n".join(found)


# What the loader says where a key, a word or the kind of a value is wrong.
STRUCTURAL = ("unknown key", "is none of", "must be a list", "must hold 'key: value' pairs", "must be a single value",
              "is missing in", "the list is empty", "is no whole number")


def bad_folders():
    for folder in sorted((DATA / "bad").iterdir()):
        told = (folder / "expected.txt").read_text()
        if any(phrase in told for phrase in STRUCTURAL):
            if folder.name != "header-profile-misspelt":  # a name that the file itself gives
                yield pytest.param(folder, told, id=folder.name)


def test_many_mistakes_are_ones_that_a_schema_can_find():
    assert len(list(bad_folders())) >= 40


@pytest.mark.parametrize("folder,told", bad_folders())
def test_the_schema_refuses_what_the_loader_refuses(folder, told):
    file = folder / told.split(":")[0]
    name = "postseal" if file.name == "postseal.yaml" else "policy"
    assert list(validator(name).iter_errors(schema.read(file))), told


@pytest.mark.parametrize("name", NAMES)
def test_examples_name_their_schema(name):
    first = (EXAMPLES / f"{name}.yaml").read_text().splitlines()[0]
    assert first == f"# yaml-language-server: $schema=/usr/share/postseal/{name}.schema.json"
