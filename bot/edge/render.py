"""Prompts, comments and reports, from templates in which a missing value is an error."""

from functools import cached_property
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bot.core.clean import block, fence, inline, line, printable, subject
from bot.core.cost import dollars


class Templates:
    """Renders the templates of one folder. The text is Markdown or plain, so nothing is escaped as HTML: filters fence it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @cached_property
    def _environment(self) -> Environment:
        made = Environment(
            loader=FileSystemLoader(self._folder),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            autoescape=False,  # noqa: S701 - no HTML is made here
        )
        made.filters |= {"block": block, "fence": fence, "inline": inline, "line": line, "printable": printable}
        made.filters |= {"dollars": dollars, "subject": subject}
        return made

    def __call__(self, template: str, /, **values: Any) -> str:
        return self._environment.get_template(template).render(**values)
