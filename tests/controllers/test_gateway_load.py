"""A gateway's configuration is read whole, or refused with the place of the first fault."""

import datetime
from pathlib import Path
from time import perf_counter

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from controllers.gateway.plan import FieldLamp, FieldSensor
from controllers.service.certificate import certificate_fault, certificate_warning
from controllers.service.environment import VARIABLES
from controllers.service.load import idle_sensors, load_gateway
from slic.errors import InputError

GATEWAY = """\
slic_gateway: 1
site: ettenleur
segment: el-g0042
place: {latitude: 51.57, longitude: 4.64, timezone: Europe/Amsterdam}
broker: {host: 127.0.0.1, port: 1883}
issuers:
- {name: control-room, kinds: [override, manual]}
"""
LAMPS = """\
id,group,cluster,street,position_m,entrance,minimum_level_pct,power_w,latitude,longitude
l001,all,c1,Coupure,0,yes,10,28,51.57,4.64
l002,,,,,,,,,
"""
SENSORS = "id,kind,cluster,street,position_m\np01,presence,c1,Coupure,12.5\na01,ambient,,,\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "gateway.yaml").write_text(GATEWAY)
    (tmp_path / "lamps.csv").write_text(LAMPS)
    (tmp_path / "sensors.csv").write_text(SENSORS)
    return tmp_path


def refused(folder: Path, **expected: object) -> str:
    with pytest.raises(InputError) as caught:
        load_gateway(folder / "gateway.yaml")
    found = {name: getattr(caught.value, name) for name in expected}
    assert found == expected
    return str(caught.value)


def test_lamps_and_sensors_as_they_stand(folder: Path) -> None:
    plan = load_gateway(folder / "gateway.yaml")
    assert plan.lamps == (
        FieldLamp("l001", "all", "c1", "Coupure", 0, True, 100, 28.0, 51.57, 4.64),
        FieldLamp("l002", "all", "", "", 0, False, 0, None, None, None),
    )
    assert plan.sensors == (FieldSensor("p01", "presence", "c1", "Coupure", 12_500), FieldSensor("a01", "ambient"))
    assert plan.file.site == "ettenleur" and plan.folder == folder
    assert idle_sensors(plan) == []


def test_a_sensor_that_can_raise_no_lamp_is_warned_of(folder: Path) -> None:
    (folder / "sensors.csv").write_text("id,cluster,street\np01,c9,Elsewhere\n")
    (warning,) = idle_sensors(load_gateway(folder / "gateway.yaml"))
    assert "p01" in warning and "c9" in warning


@pytest.mark.parametrize(
    ("line", "row", "field", "value"),
    [
        (2, "L001,all", "id", "L001"),
        (2, ",all", "id", None),
        (2, "l001,The Group", "group", "The Group"),
        (2, "l001,all,,,far", "position_m", "far"),
        (2, "l001,all,,,nan", "position_m", "nan"),
        (2, "l001,all,,,,maybe", "entrance", "maybe"),
        (2, "l001,all,,,,,101", "minimum_level_pct", "101"),
        (2, "l001,all,,,,,,0", "power_w", "0"),
        (2, "l001,all,,,,,,-5", "power_w", "-5"),
        (2, "l001,all,,,,,,28,91", "latitude", "91"),
    ],
)
def test_a_bad_cell_names_file_line_column_and_value(
    folder: Path, line: int, row: str, field: str, value: object
) -> None:
    header, cells = LAMPS.splitlines()[0], row.split(",")
    (folder / "lamps.csv").write_text(f"{header}\n{','.join(cells + [''] * (10 - len(cells)))}\n")
    text = refused(folder, line=line, field=field, value=value)
    assert "lamps.csv:2" in text and "allowed" in text


def test_a_lamp_that_stands_twice_names_both_lines(folder: Path) -> None:
    (folder / "lamps.csv").write_text("id\nl001\n\nl002\nl001\n")
    assert "first in line 2" in refused(folder, line=5, field="id", value="l001")


def test_a_sensor_may_not_be_called_as_a_lamp(folder: Path) -> None:
    (folder / "sensors.csv").write_text("id\nl002\n")
    assert "sensors.csv:2" in refused(folder, field="id", value="l002")


@pytest.mark.parametrize(
    "text", ["", "id,watts\nl001,28\n", "name\nl001\n", "id\n", "id,id\nl1,l1\n", "id,group\nl1\n"]
)
def test_a_list_that_is_none(folder: Path, text: str) -> None:
    (folder / "lamps.csv").write_text(text)
    assert "lamps.csv" in refused(folder)


def test_a_segment_may_have_no_sensors_but_must_have_the_list(folder: Path) -> None:
    (folder / "sensors.csv").write_text("id\n")
    assert load_gateway(folder / "gateway.yaml").sensors == ()
    (folder / "sensors.csv").unlink()
    assert "does not exist" in refused(folder)


@pytest.mark.parametrize(
    ("old", "new", "line", "field"),
    [
        ("site: ettenleur", "site: ettenleur\ncolour: red", 3, "colour"),
        ("site: ettenleur", "site: Etten Leur", 2, "site"),
        ("Europe/Amsterdam", "Europe/Amsterdm", 4, "place.timezone"),
        ("port: 1883", "port: 70000", 5, "broker.port"),
        ("port: 1883", "prot: 1883", 5, "broker.prot"),
        ("127.0.0.1", "broker.example", 5, "broker.host"),
        ("[override, manual]", "[over]", 7, "issuers.0.kinds.0"),
        ("[override, manual]", "[override], level_min_pct: 50, level_max_pct: 20", 7, "issuers.0.level_min_pct"),
        ("issuers:", "signers: {roads: c2hvcnQ=}\nissuers:", 6, "signers.roads"),
        ("issuers:", "http: {port: 99999}\nissuers:", 6, "http.port"),
        ("slic_gateway: 1", "slic_gateway: 2", 1, "slic_gateway"),
    ],
)
def test_a_bad_field_names_file_line_and_path(folder: Path, old: str, new: str, line: int, field: str) -> None:
    (folder / "gateway.yaml").write_text(GATEWAY.replace(old, new))
    refused(folder, file=str(folder / "gateway.yaml"), line=line, field=field)


def test_issuers_that_share_a_name(folder: Path) -> None:
    (folder / "gateway.yaml").write_text(GATEWAY + "- {name: control-room}\n")
    refused(folder, line=8, field="issuers.1.name", value="control-room")


def test_the_environment_replaces_broker_and_store(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLIC_BROKER__HOST", "::1")
    monkeypatch.setenv("SLIC_BROKER__PORT", "1999")
    monkeypatch.setenv("SLIC_STORE", "elsewhere")
    file = load_gateway(folder / "gateway.yaml").file
    assert (file.broker.host, file.broker.port, file.store) == ("::1", 1999, "elsewhere")


@pytest.mark.parametrize(
    ("name", "value"),
    [("SLIC_BROKER__PORT", "many"), ("SLIC_BROKER__HOST", "broker.example"), ("SLIC_BROKER__PASSWORD", "x")],
)
def test_a_bad_variable_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    assert name in refused(folder, value=value)


def test_ten_thousand_lamps_in_well_under_a_second(folder: Path) -> None:
    rows = [f"l{i:05},all,c{i // 10},Street {i // 100},{i * 3.5},no,10,28.5,51.5,4.6" for i in range(10_000)]
    (folder / "lamps.csv").write_text("\n".join([LAMPS.splitlines()[0], *rows]) + "\n")
    began = perf_counter()
    plan = load_gateway(folder / "gateway.yaml")
    took_s = perf_counter() - began
    assert len(plan.lamps) == 10_000 and plan.lamps[9999].position_mm == 34_996_500
    print(f"10,000 lamps in {took_s:.2f} s")


# ---- certificates -------------------------------------------------------------------------------------

BEGIN, END = datetime.datetime(2026, 1, 1), datetime.datetime(2027, 1, 1)
JUNE_MS, DECEMBER_MS = 1_780_272_000_000, 1_797_552_000_000  # 2026-06-01 and 2026-12-18, date -u +%s


def write_certificate(folder: Path, name: str, common_name: str) -> Ed25519PrivateKey:
    key = Ed25519PrivateKey.generate()
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    builder = x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number(), BEGIN, END)
    (folder / f"{name}.pem").write_bytes(builder.sign(key, None).public_bytes(Encoding.PEM))
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / f"{name}.key").write_bytes(private)
    return key


@pytest.fixture
def secured(folder: Path) -> Path:
    write_certificate(folder, "own", "el-g0042")
    write_certificate(folder, "other", "el-g0043")
    tls = "broker: {host: broker.example, tls: {ca: other.pem, certificate: own.pem, key: own.key}}"
    (folder / "gateway.yaml").write_text(GATEWAY.replace("broker: {host: 127.0.0.1, port: 1883}", tls))
    return folder


def test_a_certificate_and_its_time(secured: Path) -> None:
    plan = load_gateway(secured / "gateway.yaml")
    at = [certificate_fault(plan.file, secured, t_ms) for t_ms in (0, JUNE_MS, DECEMBER_MS, 2 * JUNE_MS)]
    assert "not valid before 2026-01-01" in at[0] and at[1:3] == ["", ""] and "expired on 2027-01-01" in at[3]
    soon = [certificate_warning(plan.file, secured, t_ms) for t_ms in (JUNE_MS, DECEMBER_MS, 2 * JUNE_MS)]
    assert soon[0] == soon[2] == "" and "expires on 2027-01-01" in soon[1]


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("own.pem", "missing.pem", "broker.tls.certificate"),
        ("own.pem", "lamps.csv", "broker.tls.certificate"),
        ("own.key", "other.key", "broker.tls.key"),
        ("own.key", "own.pem", "broker.tls.key"),
        ("ca: other.pem", "ca: no.pem", "broker.tls.ca"),
        ("own.pem, key: own.key", "other.pem, key: other.key", "common name"),
    ],
)
def test_tls_files_that_do_not_fit(secured: Path, old: str, new: str, field: str) -> None:
    path = secured / "gateway.yaml"
    path.write_text(path.read_text().replace(old, new))
    refused(secured, field=field)
