"""Commands that score one customer."""

from __future__ import annotations

from typing import Annotated

import typer

from marquee.cli.deployment import deployment
from marquee.cli.terminal import console, grid_of
from marquee.score import score_customer

app = typer.Typer(help="One prediction, as the last build made it.", no_args_is_help=True)


@app.command("churn")
def score_churn_command(
    customer_id: Annotated[str, typer.Option(help="The customer's id at the source.")],
) -> None:
    """How likely a customer leaves, with the digits of the batch, and what each feature adds."""
    with deployment(locked=False) as paths:
        score = score_customer(paths, customer_id)
        console.print(
            f"{score.customer_id} leaves with probability {score.churn_probability} "
            f"(as of {score.as_of_date}, model version {score.model_version})"
        )
        grid = grid_of("feature", "value", "adds to the log-odds")
        grid.add_row("(everybody)", "", f"{score.base_log_odds:+}")
        for feature, value, contribution in score.contributions:
            grid.add_row(feature, "missing" if value is None else str(value), f"{contribution:+}")
        console.print(grid)
