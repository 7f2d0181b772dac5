# SPDX-License-Identifier: AGPL-3.0-or-later
"""Commands that measure: every figure in the README names the one that made it."""

import typer

from curbwatch.lazily import group, lazily

COMMANDS = {
    "accuracy": "curbwatch.commands.bench_models:accuracy",
    "compare": "curbwatch.commands.bench_models:compare",
    "latency": "curbwatch.commands.bench_latency:latency",
    "capacity": "curbwatch.commands.bench_capacity:capacity",
    "peers": "curbwatch.commands.bench_peers:peers",
    "scenarios": "curbwatch.commands.bench_scenarios:scenarios",
}
app = typer.Typer(
    help="Benchmarks: what it takes and how fast it is, on this machine.", cls=lazily(COMMANDS), no_args_is_help=True
)
app.callback()(group)
