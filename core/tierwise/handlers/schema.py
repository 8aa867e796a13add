"""Whether a value fits a JSON schema, as far as schemas of tools and answers go. What it does not know, it does not pass."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from tierwise.handlers.wild import may_run_wild

Schema = Mapping[str, Any]

_TYPES: Final[Mapping[str, tuple[type, ...]]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
    "null": (type(None),),
}


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_DESCRIBE: Final = _set(
    "type title description default examples example $schema $defs $id definitions deprecated readOnly writeOnly strict name"
)
_CHECKED: Final = _set(
    "enum const properties required additionalProperties items anyOf minItems maxItems minimum maximum "
    "exclusiveMinimum exclusiveMaximum minLength maxLength pattern format"
)


def schema_of(response_format: Mapping[str, Any] | None) -> Schema | None:
    """The schema that an OpenAI `response_format` asks for; None where it asks for none."""
    if not isinstance(response_format, Mapping) or response_format.get("type") != "json_schema":
        return None
    named = response_format.get("json_schema")
    schema = named.get("schema") if isinstance(named, Mapping) else None
    return schema if isinstance(schema, Mapping) else None


def misfit(value: Any, schema: Schema) -> str | None:
    """What is wrong with a value, in words; None where it fits.

    Args:
        value: As JSON gives it.
        schema: A JSON schema. A keyword that is not known here counts as a misfit, and so does a reference.
    """
    return next(_misfits(value, schema, "the value"), None)


def kinds_of(schema: Schema) -> tuple[str, ...]:
    """The types that a schema allows; `anyOf` with nothing but types counts too."""
    kinds = schema.get("type")
    if isinstance(kinds, str):
        return (kinds,)
    if isinstance(kinds, list | tuple):
        return tuple(map(str, kinds))
    options = schema.get("anyOf")
    if isinstance(options, list | tuple):
        return tuple(kind for option in options if isinstance(option, Mapping) for kind in kinds_of(option))
    return ()


def _misfits(value: Any, schema: Schema, what: str) -> Iterator[str]:
    strange = [key for key in schema if key not in _CHECKED and key not in _DESCRIBE]
    if strange:
        yield f"{what} has the keyword {strange[0]!r}, which is not judged here"
        return
    if "anyOf" in schema and all(misfit(value, option) is not None for option in schema["anyOf"]):
        yield f"{what} fits none of the forms allowed"
    kinds = schema.get("type")
    names = (kinds,) if isinstance(kinds, str) else tuple(kinds or ())
    if names and not any(_is(value, name) for name in names):
        yield f"{what} is a {type(value).__name__}, not {' or '.join(names)}"
        return
    if "enum" in schema and value not in schema["enum"]:
        yield f"{what} is none of the values allowed"
    if "const" in schema and value != schema["const"]:
        yield f"{what} is not the value asked for"
    if isinstance(value, dict):
        yield from _misfits_of_object(value, schema, what)
    elif isinstance(value, list):
        yield from _misfits_of_list(value, schema, what)
    elif isinstance(value, str):
        yield from _misfits_of_text(value, schema, what)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield from _misfits_of_number(value, schema, what)


def _is(value: Any, name: str) -> bool:
    if isinstance(value, bool):
        return name == "boolean"
    return isinstance(value, _TYPES.get(name, ()))


def _misfits_of_object(value: Mapping[str, Any], schema: Schema, what: str) -> Iterator[str]:
    known = schema.get("properties") or {}
    missing = [key for key in schema.get("required") or () if key not in value]
    if missing:
        yield f"{what} lacks {missing[0]!r}"
    stray = [key for key in value if key not in known]
    others = schema.get("additionalProperties")
    if stray and (others is False or isinstance(others, Mapping)):
        yield f"{what} has {stray[0]!r}, which is not in the schema"
    for key in value:
        if isinstance(known.get(key), Mapping):
            yield from _misfits(value[key], known[key], repr(key))


def _misfits_of_list(value: list[Any], schema: Schema, what: str) -> Iterator[str]:
    if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)):
        yield f"{what} has {len(value)} items"
    if isinstance(schema.get("items"), Mapping):
        for item in value:
            yield from _misfits(item, schema["items"], f"an item of {what}")


def _misfits_of_text(value: str, schema: Schema, what: str) -> Iterator[str]:
    if not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value)):
        yield f"{what} has {len(value)} characters"
    pattern = schema.get("pattern")
    if isinstance(pattern, str) and not _matches(pattern, value):
        yield f"{what} does not match its pattern"


def _matches(pattern: str, value: str) -> bool:
    if len(pattern) > 200 or len(value) > 200:
        return False  # a pattern of somebody else's is not given the time to run wild
    try:
        compiled = re.compile(pattern)
    except re.error:
        return False
    return not may_run_wild(pattern) and compiled.search(value) is not None


def _misfits_of_number(value: float, schema: Schema, what: str) -> Iterator[str]:
    low, high = schema.get("minimum"), schema.get("maximum")
    above, below = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    if (low is not None and value < low) or (high is not None and value > high):
        yield f"{what} is out of range"
    if (above is not None and value <= above) or (below is not None and value >= below):
        yield f"{what} is out of range"
