"""Streets of a city, which differ in nothing but names."""

import pickle

from slic.scenario.layout import Street
from slic.scenario.load import load_scenario
from slic.scenario.streets import build_streets


def city(*settings: str) -> list[Street]:
    return build_streets(load_scenario("city-100k", ["lamps.count=3", "lamps.cluster_size=2", *settings]))


def test_streets_of_a_city_have_names_of_their_own() -> None:
    for street in city("lamps.streets=2", "sensors.every=2")[1], another_process(city("lamps.streets=2")[1]):
        assert [lamp.id for lamp in street.lamps] == ["street-0002-001", "street-0002-002", "street-0002-003"]
        assert [lamp.cluster for lamp in street.lamps] == ["street-0002/1", "street-0002/1", "street-0002/2"]
        assert {lamp.street for lamp in street.lamps} == {"street-0002"}
        assert [lamp.position_mm for lamp in street.lamps] == [15_000, 45_000, 75_000]
        assert street.length_mm == 90_000
        assert (street.sensors[0].id, street.sensors[-1].id) == ("sensor-street-0002-001", "sensor-street-0002-003")
        assert (street.sensors[0].cluster, street.sensors[-1].cluster) == ("street-0002/1", "street-0002/2")


def test_a_street_may_be_called_as_its_sensors_are() -> None:
    street = city("lamps.streets=2", "lamps.street=sensor")[1]
    assert [sensor.id for sensor in street.sensors] == [f"sensor-sensor-0002-00{n}" for n in (1, 2, 3)]


def test_workers_get_no_lamp_of_a_street_that_is_like_another() -> None:
    streets = city("lamps.streets=2000")
    made = [lamp.id for street in streets for lamp in street.lamps]
    # 2,000 streets with a name each, 11 characters; three lamps would be some 300 bytes more a street
    assert len(pickle.dumps(streets)) < 2000 * 80
    got = another_process(streets)
    assert all(street.like is got[0] for street in got)
    assert [lamp.id for street in got for lamp in street.lamps] == made


def test_each_street_of_an_inventory_is_its_own() -> None:
    streets = build_streets(load_scenario("washington-k-street"))
    assert all(street.like is street for street in streets)
    assert [street.lamps for street in another_process(streets)] == [street.lamps for street in streets]


def another_process(thing):
    return pickle.loads(pickle.dumps(thing))
