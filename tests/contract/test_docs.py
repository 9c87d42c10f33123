"""docs/messages.md says what the code says, and its shell lines work on a real broker."""

from __future__ import annotations

import json
import re
import signal
import subprocess
from pathlib import Path

from slic.messages.channels import CHANNELS, LAMP_BYTES, SEGMENT_BYTES
from slic.messages.codec import Decoded, decode
from slic.messages.codes import CODES
from slic.messages.payloads import Ack, Message, SegmentCommand
from tests.brokers import HOST, Client, Mosquitto, eventually
from tests.contract.recorder import Recorder

DOC = (Path(__file__).resolve().parents[2] / "docs" / "messages.md").read_text(encoding="utf-8")
UNITS_S = {"s": 1, "min": 60, "h": 3600, "d": 86_400}


def _rows(heading: str) -> list[list[str]]:
    """Rows of the tables whose heading begins so."""
    tables = re.findall(rf"^\| {re.escape(heading)} \|.*\n\|[ |-]+\n((?:\|.*\n)+)", DOC, re.MULTILINE)
    return [[cell.strip() for cell in row.strip("|").split("|")] for table in tables for row in table.splitlines()]


def _expiry(text: str) -> object:
    if text in ("none", "to `exp`"):
        return {"none": None, "to `exp`": "exp"}[text]
    number, unit = text.split()
    return int(number) * UNITS_S[unit]


def test_the_table_of_channels_is_that_of_the_tree() -> None:
    nodes = {"_": "gateway", "{lamp}": "lamp", "{sensor}": "sensor", "{device}": "device"}
    rows = _rows("channel")
    assert [row[0] for row in rows] == list(CHANNELS)
    for name, topic, sender, readers, qos, retained, expiry, payload, what in rows:
        channel = CHANNELS[name]
        node, _, last = topic.strip("`").rpartition("/")
        assert nodes.get(node, "core") == channel.node and last == channel.channel
        assert (sender, tuple(readers.split(", "))) == (channel.sender, channel.readers)
        assert (qos, retained == "yes", _expiry(expiry)) == (str(channel.qos), channel.retain, channel.expiry_s)
        assert payload == channel.payload.__name__
        assert what == channel.title + "*" * channel.simulated


def test_all_codes_are_explained_once() -> None:
    rows = [(row[0].strip("`"), row[1]) for row in _rows("code")]
    assert len(rows) == len(CODES)
    assert dict(rows) == dict(CODES)


def test_every_status_of_an_answer_is_explained() -> None:
    statuses = Ack.model_json_schema()["properties"]["status"]["enum"]
    assert {row[0] for row in _rows("status")} == set(statuses)


def test_the_fields_of_every_message_are_explained() -> None:
    assert [row[0].strip("`") for row in _rows("field")] == list(Message.model_fields)


def test_sizes_are_those_of_the_channels() -> None:
    assert f"{LAMP_BYTES:,} bytes" in DOC and f"{SEGMENT_BYTES:,} on those of the gateway" in DOC


def _shell(port: int) -> list[str]:
    blocks = re.findall(r"```sh\n(.*?)```", DOC, re.DOTALL)
    assert len(blocks) == 5
    return [block.replace("HOST=localhost PORT=1883", f"HOST={HOST} PORT={port}") for block in blocks]


def test_the_shell_lines_drive_a_lamp_by_the_rules(mosquitto: Mosquitto, tmp_path: Path) -> None:
    listen, *speak = _shell(mosquitto.port)
    recorder = Recorder(HOST, mosquitto.port, exercised=set())
    heard = tmp_path / "heard"
    with heard.open("wb") as output, Client(mosquitto.port) as client:
        setting, _, program = listen.strip().partition("\n")
        listener = subprocess.Popen(["bash", "-c", f"{setting}\nexec stdbuf -oL {program}"], stdout=output)
        try:
            subprocess.run(["bash", "-e", "-c", "\n".join(speak)], check=True, timeout=60)
            eventually(lambda: len(recorder.messages) == 4)
            recorder.check()
            assert recorder.seen == {"command", "lampState", "presence"}
            eventually(lambda: b"/l017/state {" in heard.read_bytes())
        finally:
            listener.send_signal(signal.SIGTERM)
            listener.wait()
            recorder.close()
            client.publish("slic/v1/ettenleur/el-g0042/l017/state", b"", 1, True)
    commands = [decode(seen.topic, seen.payload) for seen in recorder.messages if seen.topic.endswith("/cmd")]
    first, second = [found.message for found in commands if isinstance(found, Decoded)]
    assert isinstance(first, SegmentCommand) and isinstance(second, SegmentCommand)
    assert (first.op, first.lamps, first.level_pct, second.op) == ("set", ["l017"], 40, "resume")
    assert first.by == second.by and first.ref == second.ref and first.seq < second.seq
    assert first.exp - first.ts == 60_000 and json.loads(recorder.messages[0].payload)["v"] == 1
