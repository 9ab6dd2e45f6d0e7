"""The settings of the user interface: typed, described, read from the environment whenever they are needed."""

from __future__ import annotations

import os

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hab_core.errors import CannotStart


class UiSettings(BaseModel):
    """Settings of the user interface; variable names are the field names in capitals."""

    model_config = ConfigDict(frozen=True)

    backend_url: str = Field("http://localhost:8000", description="the server that the user interface speaks to")
    backend_host: str = Field("127.0.0.1", description="address the user interface listens on, as the API does")
    ui_port: int = Field(8501, ge=0, le=65535, description="port the user interface listens on")
    ui_url: str = Field("http://localhost:8501", description="address under which people reach the user interface")
    max_upload_mb: int = Field(50, ge=1, le=1024, description="largest file that may be uploaded, MB")
    tile_url: str = Field("", description="map tiles, `https://…/{z}/{x}/{y}.png`; maps without tiles where unset")
    tile_attribution: str = Field("", description="what the maker of the map tiles wants to be named as")
    log_level: str = Field("INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$", description="least level logged")

    @classmethod
    def from_environment(cls) -> UiSettings:
        """Returns the settings of the environment; variables that are unset or empty keep their default.

        Raises:
            CannotStart: A variable has a value that is not allowed; the message names it, but not the value.
        """
        given = {name: os.environ.get(name.upper(), "") for name in cls.model_fields}
        try:
            return cls.model_validate({name: text for name, text in given.items() if text})
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False, include_context=False)[0]
            name = str(first["loc"][0]).upper()
            raise CannotStart(f"설정 {name}의 값이 올바르지 않습니다: {first['msg']}") from error
