import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from orchestrator.errors import ConfigurationError
from orchestrator.project.configuration import json_schema
from tests.project.configurations import HEAD, loaded
from tests.project.test_configuration import FULL

EXAMPLE = Path(__file__).parents[2] / "environments.yaml"
KINDS: dict[str, Any] = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}


def is_a(value: Any, kind: str) -> bool:
    if kind in ("number", "integer"):
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, KINDS[kind])


def accepts(rule: dict[str, Any], value: Any, root: dict[str, Any]) -> bool:
    """Whether a schema of the few words that ours uses accepts the value."""
    if "$ref" in rule:
        return accepts(root["$defs"][rule["$ref"].rpartition("/")[2]], value, root)
    types = rule.get("type", [])
    checks = [
        not types or any(is_a(value, kind) for kind in ([types] if isinstance(types, str) else types)),
        "const" not in rule or value == rule["const"],
        "enum" not in rule or value in rule["enum"],
        "anyOf" not in rule or any(accepts(one, value, root) for one in rule["anyOf"]),
        "oneOf" not in rule or sum(accepts(one, value, root) for one in rule["oneOf"]) == 1,
    ]
    match value:
        case str():
            checks += [len(value) >= rule.get("minLength", 0), bool(re.search(rule.get("pattern", ""), value))]
        case list():
            checks += [len(value) >= rule.get("minItems", 0)]
            checks += [accepts(rule.get("items", {}), item, root) for item in value]
        case dict():
            checks += [set(rule.get("required", ())) <= set(value), len(value) >= rule.get("minProperties", 0)]
            checks += [accepts_key(rule, str(key), item, root) for key, item in value.items()]
    return all(checks)


def accepts_key(rule: dict[str, Any], key: str, value: Any, root: dict[str, Any]) -> bool:
    if key in rule.get("properties", {}):
        return accepts(rule["properties"][key], value, root)
    for pattern, below in rule.get("patternProperties", {}).items():
        if re.search(pattern, key):
            return accepts(below, value, root)
    return bool(rule.get("additionalProperties", True))


def one(entry: str, rest: str = "") -> str:
    return f"{HEAD}  dev: {entry}\n{rest}"


GOOD = [
    one("{url: 'sqlite:///a.db', branches: [expand, 001]}", "defaults: {branches: }"),
    one("{url: 'sqlite:///a.db'}", "projects: {app: {script_location: 'a:b', version_locations: [v, w x]}}"),
    FULL,
    one("{url: 'sqlite:///a.db'}"),
    one("{url_file: x, timeouts: {connect: 1.5, statement: none, table_lock: '${X:-5}'}}"),
    one("{url_command: [a, 5], variables: , x_arguments: , timeouts: , version_table_schema: }"),
    one(
        "{url: 'sqlite:///a.db', variables: {A: , B: 1, C: true}, protected: off}",
        "projects: {app: }\ndefaults:\n",
    ),
    one("{url: 'postgresql://h/d', tenants: {schemas: [a, 1, {name: b, schema: c, size: 3, x: }], order: -size}}"),
    one("{url: 'postgresql://h/d', tenants: {databases: {query: SELECT 1}, include: , exclude: ['*_old']}}"),
    one("{databases: {a: {url: 'sqlite:///r.db', tenants: {databases: {command: [x, 1]}}}}, labels: {a: 1, b: }}"),
    one(
        "{url: 'sqlite:///a.db', waves: {canary: [a], size: 5%, parallel: 2, max_failures: 0, pause: 5m}}",
        "defaults: {waves: {canary: 1, on_failure: continue, verify: [x], verify_timeout: 3}}",
    ),
    one(
        "{url: 'sqlite:///a.db', gates: {soak: 7d, verified: yes, age: none, lint: error, waivable: [soak],"
        " approval: {required: 2, of: [a, b], expires: 24h}, window: {timezone: UTC, allow: [fri], deny: ,"
        " freezes: [{from: '2026-12-18', to: '2026-12-19 12:00', reason: x}]}}}",
        "defaults: {gates: {window: none, approval: none, lint: none}}",
    ),
]
BAD = [
    one("{url: 'sqlite:///a.db', branches: expand}"),
    one("{url: 'sqlite:///a.db'}", "projects: {app: {version_locations: v}}"),
    one("{url: 'sqlite:///a.db'}", "projects: {app: {script_location: }}"),
    one("{}"),
    one("{url: }"),
    one("{url: 'sqlite:///a.db', url_file: x}"),
    one("{url: 'sqlite:///a.db', waves: 3}"),
    one("{url: 'sqlite:///a.db', waves: {paralel: 1}}"),
    one("{url: 'sqlite:///a.db', waves: {size: half}}"),
    one("{url: 'sqlite:///a.db', waves: {on_failure: halt}}"),
    one("{url: 'sqlite:///a.db', gates: {soak: }}"),
    one("{url: 'sqlite:///a.db', gates: {lint: fatal}}"),
    one("{url: 'sqlite:///a.db', gates: {waivable: [tls]}}"),
    one("{url: 'sqlite:///a.db', gates: {window: {allow: [fri]}}}"),
    one("{url: 'sqlite:///a.db', gates: {approval: {of: alice}}}"),
    one("{url: 'sqlite:///a.db', tenants: }"),
    one("{url: 'sqlite:///a.db', tenants: {databases: []}}"),
    one("{url: 'sqlite:///a.db', tenants: {databases: [{database: a}]}}"),
    one("{url: 'sqlite:///a.db', tenants: {databases: {query: a, command: [b]}}}"),
    one("{url: 'sqlite:///a.db', tenants: {databases: [a], schemas: [b]}}"),
    one("{url: 'sqlite:///a.db'}", "defaults: {tenants: {databases: [a]}}"),
    one("{url: 'sqlite:///a.db', protected: maybe}"),
    one("{url: 'sqlite:///a.db', timeouts: {connect: 5x}}"),
    one("{url: 'sqlite:///a.db', timeouts: {connect: none}}"),
    one("{url: 'sqlite:///a.db', project: A}"),
    one("{url: 'sqlite:///a.db', variables: {1A: x}}"),
    one("{url_command: []}"),
    one("{url_command: x}"),
    one("{databases: {}}"),
    one("{databases: {a: {databases: {}}}}"),
    one("{url: 'sqlite:///a.db'}", "projects: {app: {transactions: all}}"),
    one("{url: 'sqlite:///a.db'}", "defaults: {url: 'sqlite:///a.db'}"),
    one("{url: 'sqlite:///a.db'}").replace("version: 1", "version: 2"),
    one("{url: 'sqlite:///a.db'}").replace("dev", "Dev"),
    "version: 1\nenvironments: {}",
    "environments: {a: {url: 'sqlite:///a.db'}}",
]


@pytest.mark.parametrize("text", GOOD)
def test_what_the_schema_accepts_is_loaded(text: str, tmp_path: Path) -> None:
    """A file that an editor finds sound is one that loads."""
    schema = json_schema()
    assert accepts(schema, yaml.safe_load(text), schema)
    assert loaded(tmp_path, text, {"PROD_APP": "mysql://h/d"})


@pytest.mark.parametrize("text", BAD)
def test_what_the_schema_refuses_is_refused(text: str, tmp_path: Path) -> None:
    """A file that an editor underlines is one that does not load."""
    schema = json_schema()
    assert not accepts(schema, yaml.safe_load(text), schema)
    with pytest.raises(ConfigurationError):
        loaded(tmp_path, text)


def test_the_example_is_sound(tmp_path: Path) -> None:
    """The example at the root satisfies the schema and loads."""
    schema, text = json_schema(), EXAMPLE.read_text()
    assert accepts(schema, yaml.safe_load(text), schema)
    assert loaded(tmp_path, text).pipeline.names[0] == "dev"


def test_every_key_is_described() -> None:
    """Each key of each mapping says what it is for, and no mapping takes unknown keys."""
    schema = json_schema()
    for shape in (schema, *schema["$defs"].values()):
        assert shape["additionalProperties"] is False
        assert all(key["description"] for key in shape["properties"].values())
    assert schema["$schema"].endswith("2020-12/schema")
