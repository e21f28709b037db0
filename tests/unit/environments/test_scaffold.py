from __future__ import annotations

import yaml as yaml11

from bootstrap.environments.environment import Environment, parse_destination
from bootstrap.environments.scaffold import starting_config, starting_values
from bootstrap.plaintext.known_keys import SECRET_KEYS, variable_name
from tests.unit.golden import check_golden

PROD = Environment("prod", "agentsmith-prod", "https://h/r", "main", parse_destination(None))


def test_values_are_exactly_this():
    check_golden("values.yaml", starting_values(PROD))


def test_configuration_is_exactly_this():
    check_golden("agentsmith.yml", starting_config())


def test_configuration_names_only_variables_that_the_secret_has():
    named = yaml11.safe_load(starting_config())["secrets"]
    known = {f"${{{variable_name(key)}}}" for key in SECRET_KEYS}
    assert set(named.values()) <= known
    assert {f"${{{name.upper()}}}" for name in named} == set(named.values())
