# SPDX-License-Identifier: AGPL-3.0-or-later
"""The page: what people see, rendered from the same store that the API serves."""

from api.page.routes import on_http_exception, router

__all__ = ["on_http_exception", "router"]
