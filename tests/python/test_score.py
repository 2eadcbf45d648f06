"""A score that is asked for one customer has the digits of the batch."""

import pytest
from typer.testing import CliRunner

from marquee.cli import app
from marquee.pipeline import ExitCode
from marquee.score import NoScoreError, score_customer
from tests.python.conftest import Deployment, environment


@pytest.mark.slow
def test_one_score_has_the_digits_of_the_batch(built: Deployment):
    batch = built.query(
        "select customer_id, as_of_date, model_version, churn_probability, base_log_odds, log_odds "
        "from predictions.score_customer_churn order by hash(customer_id) limit 5"
    )
    assert batch
    for *expected, log_odds in batch:
        score = score_customer(built.paths, expected[0])
        found = [score.customer_id, score.as_of_date, score.model_version]
        assert [*found, score.churn_probability, score.base_log_odds] == expected
        parts = sum((part for *_, part in score.contributions), score.base_log_odds)
        assert abs(float(parts - log_odds)) < 1e-9


@pytest.mark.slow
def test_the_command_tells_probability_day_and_version(built: Deployment):
    [(customer_id, version, probability)] = built.query(
        "select customer_id, model_version, churn_probability "
        "from predictions.score_customer_churn order by customer_id limit 1"
    )
    with environment(built.paths.environment()):
        told = CliRunner().invoke(app, ["score", "churn", "--customer-id", customer_id])
        unknown = CliRunner().invoke(app, ["score", "churn", "--customer-id", "nobody"])
    assert told.exit_code == 0
    for part in (customer_id, version, str(probability), "(everybody)"):
        assert part in told.stdout
    assert unknown.exit_code == ExitCode.USAGE
    with pytest.raises(NoScoreError, match="nobody is no customer on the newest snapshot day"):
        score_customer(built.paths, "nobody")


def test_without_a_build_the_message_says_what_to_run(deployment: Deployment):
    with pytest.raises(NoScoreError, match="marquee run"):
        score_customer(deployment.paths, "c1")
