"""Prompts, comments and reports, from templates in which a missing value is an error."""

from functools import cached_property
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from bot.core.clean import block, fence, inline, line, printable, subject
from bot.core.cost import dollars


class Templates:
    """Renders the templates of one folder. Markdown and plain text is not escaped: filters fence it. HTML is, all of it."""

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
            autoescape=select_autoescape(("html.j2",), default=False, default_for_string=False),
        )
        made.filters |= {"block": block, "fence": fence, "inline": inline, "line": line, "printable": printable}
        made.filters |= {"dollars": dollars, "subject": subject}
        return made

    def __call__(self, template: str, /, **values: Any) -> str:
        return self._environment.get_template(template).render(**values)
