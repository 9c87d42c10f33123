"""The folder of a gateway made from a scenario reads back as the same gateway."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controllers.gateway.config import BrokerAddress
from controllers.gateway.signatures import public_key_of
from controllers.link.broker_address import broker_address
from controllers.service.gateway_folder import (
    SIGNING_KEY,
    field_names,
    gateway_plan,
    signing_key,
    topic_ids,
    write_gateway,
)
from controllers.service.load import load_gateway
from sim.field_harness import folder_keys
from slic.errors import InputError
from slic.messages.topics import is_id
from slic.scenario.load import load_scenario
from slic.scenario.streets import build_streets


@pytest.mark.parametrize("scenario", ["ghent-coupure", "washington-k-street", "luminext-town", "roeselare-mandel"])
@pytest.mark.parametrize("lockstep", [True, False])
def test_a_written_gateway_is_read_back_as_it_was_made(tmp_path, scenario, lockstep):
    loaded = load_scenario(scenario)
    streets = build_streets(loaded)
    for street in streets:
        names = field_names(loaded.scenario, streets, street)
        folder = tmp_path / names.segment
        public = public_key_of(signing_key(folder))
        made = gateway_plan(loaded.scenario, street, names, BrokerAddress(port=1), public, lockstep=lockstep)
        read = load_gateway(write_gateway(folder, made))
        assert read == replace(made, folder=folder)
        assert [lamp.position_mm for lamp in read.lamps] == [lamp.position_mm for lamp in street.lamps]
    assert len({field_names(loaded.scenario, streets, street).segment for street in streets}) == len(streets)


def test_the_signing_key_is_its_owners_alone_and_stays(tmp_path):
    key = signing_key(tmp_path / "new")
    file = tmp_path / "new" / SIGNING_KEY
    assert os.stat(file).st_mode & 0o777 == 0o600
    assert public_key_of(signing_key(tmp_path / "new")) == public_key_of(key)


@given(st.lists(st.text(max_size=80), unique=True, max_size=30))
def test_names_become_identifiers_and_none_twice(names):
    found = topic_ids(names, ["ambient-1"])
    assert list(found) == names
    assert all(is_id(identifier) for identifier in found.values())
    assert len({*found.values(), "ambient-1"}) == len(names) + 1


def test_a_name_that_can_be_an_identifier_stays():
    assert topic_ids(["coupure-001", "2G695", "K ST", "k-st"]) == {
        "coupure-001": "coupure-001",
        "2G695": "2g695",
        "K ST": "k-st",
        "k-st": "k-st-2",
    }


@pytest.mark.parametrize("text", ["", "host", "host:", "host:x", "host:0", "host:70000", ":"])
def test_what_is_no_address_of_a_broker_is_refused(text):
    with pytest.raises(InputError, match="is no address of a broker"):
        broker_address(text)


def test_a_street_without_a_key_is_named(tmp_path):
    loaded = load_scenario("ghent-coupure")
    streets = build_streets(loaded)
    with pytest.raises(InputError, match=r"coupure/signing-key\.pem: does not exist"):
        folder_keys(tmp_path)(field_names(loaded.scenario, streets, streets[0]))
