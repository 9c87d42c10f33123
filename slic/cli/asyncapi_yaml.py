"""Plain data as YAML that readers of YAML 1.1 and 1.2 take alike."""

from __future__ import annotations

from io import StringIO
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.nodes import ScalarNode
from ruamel.yaml.representer import RoundTripRepresenter

_WORDS_OF_1_1 = {"on", "off", "yes", "no", "y", "n"}


class _Plain(RoundTripRepresenter):
    """Equal parts are written out each time; what YAML 1.1 would take for a number, time or truth is quoted."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def text(self, data: str) -> ScalarNode:
        quoted = data[:1].isdigit() or data.lower() in _WORDS_OF_1_1
        return self.represent_scalar("tag:yaml.org,2002:str", data, style='"' if quoted else None)


_Plain.add_representer(str, _Plain.text)


def as_yaml(data: dict[str, Any]) -> str:
    """The data as a YAML document, in its own order; the same text each time."""
    yaml = YAML()
    yaml.Representer = _Plain
    yaml.width = 100_000
    yaml.indent(mapping=2, sequence=4, offset=2)
    text = StringIO()
    yaml.dump(data, text)
    return text.getvalue()
