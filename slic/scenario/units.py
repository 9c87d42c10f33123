"""Kinds of values that scenario models share."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

Share = Annotated[float, Field(ge=0, le=1, description="a probability or share, 0 to 1")]
Watts = Annotated[float, Field(ge=0, le=5000)]
Identifier = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
