"""How people and scripts meet the engine."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from rms_console.config.kinds import AnyCase, Flag, Real, Section, Text, Whole


def _on_off_words(value: object) -> object:
    return {True: "on", False: "off"}[value] if isinstance(value, bool) else value


class ApiSection(Section):
    """[api]: the control API."""

    enabled: Flag = Field(default=True, description="Serve the control API.")
    host: Text = Field(
        default="127.0.0.1", min_length=1, description="Address to listen on; another than loopback needs a token."
    )
    port: Whole = Field(default=8080, ge=0, le=65535, description="Port to listen on; 0 = a free one.")
    token_for: Annotated[Literal["actions", "all"], AnyCase] = Field(
        default="actions", description="What needs the token on loopback: actions (whatever changes something), all."
    )
    group: Text = Field(
        default="", description="Group of the system that may read the token file; empty = the owner alone."
    )


class ConsoleSection(Section):
    """[console]: the screen."""

    theme: Text = Field(
        default="auto", min_length=1, description="Theme by name; auto = after the terminal's background."
    )
    keymap: dict[str, Text] = Field(default={}, description="Keys of one's own: { pause = 'P' }.")
    language: Annotated[Literal["auto", "es", "en"], AnyCase] = Field(
        default="auto", description="Language: es, en; auto = es for a Spanish locale, else en."
    )
    refresh_hz: Real = Field(default=2.0, ge=0.2, le=30, description="Redraws a second at most while things change.")
    mouse: Annotated[Literal["auto", "on", "off"], BeforeValidator(_on_off_words), AnyCase] = Field(
        default="auto", description="Mouse: on, off; auto = off over SSH."
    )
    on_hangup: Annotated[Literal["continue", "stop"], AnyCase] = Field(
        default="continue", description="When the terminal is lost: continue without a screen (with an alert), or stop."
    )
