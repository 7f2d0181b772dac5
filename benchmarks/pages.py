# SPDX-License-Identifier: AGPL-3.0-or-later
"""What reports become pages with."""

from jinja2 import Environment, PackageLoader, StrictUndefined


def templates() -> Environment:
    """The report templates; a name that a template does not know is an error."""
    return Environment(loader=PackageLoader("benchmarks"), autoescape=True, undefined=StrictUndefined, trim_blocks=True)
