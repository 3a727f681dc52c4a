"""Settings of one of several kinds, told apart by a tag: samplings, strategies, combinations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema
from pydantic_core.core_schema import no_info_before_validator_function


@dataclass(frozen=True)
class Tagged:
    """Lets the settings of a union be given without their tag, or the tag without settings.

    ``frames.sample.fps=2`` is of the default kind; ``selection.strategy=badge`` has its defaults.

    Attributes:
        key: The discriminator.
        default: The tag of settings that name none.
    """

    key: str
    default: str

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return no_info_before_validator_function(self._whole, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        union = handler(schema)
        return {"anyOf": [{"enum": list(union["discriminator"]["mapping"])}, union]}

    def _whole(self, value: Any) -> Any:
        if isinstance(value, str):
            return {self.key: value}
        return {self.key: self.default, **value} if isinstance(value, dict) else value
