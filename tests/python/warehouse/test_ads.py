"""Ads and panels of a whole service: nothing is lost, and what was planted is found again."""

import json
import math
from statistics import fmean

import pytest

from tests.python.conftest import Deployment

pytestmark = pytest.mark.slow


def test_every_served_impression_counts_once(built: Deployment):
    assert built.query(
        "select sum(served_count), sum(completed_count), sum(clicked_count) "
        "from serving.ad_break_responses"
    ) == built.query(
        "select count(*), count_if(is_completed), count_if(is_clicked) "
        "from enriched.fct_ad_impressions where is_served"
    )
    assert built.query(
        "select count(*) from serving.ad_break_responses "
        "where break_type = 'post_roll' and judged_count > 0"
    ) == [(0,)]


def test_most_impressions_have_their_play(built: Deployment):
    [(found, judged)] = built.query(
        "select count(plays.impression_id) / count(*), "
        "count(plays.is_abandoned) / count_if(break_type <> 'post_roll') "
        "from enriched.fct_ad_impressions as impressions "
        "left join enriched.int_impression_plays as plays using (impression_id)"
    )
    assert found > 0.95
    assert judged > 0.95


def test_estimates_lie_within_their_intervals(built: Deployment):
    for measure in ("completion", "skip", "click", "abandonment"):
        [(wrong,)] = built.query(
            f"select count(*) from serving.ad_break_responses where expected_{measure}_rate "
            f"not between {measure}_lower_bound and {measure}_upper_bound"
        )
        assert wrong == 0


def test_the_value_of_what_ran_is_its_rate(built: Deployment):
    [(value, normalised, first, last)] = built.query(
        "select policy_value, normalised_value, first_shown_date, last_shown_date "
        "from serving.ad_policy_values where policy_name = 'logged'"
    )
    assert value == normalised
    [(rate,)] = built.query(
        "select round(count_if(is_ad_completed)::decimal(18, 0) / count(*), 8)::decimal(18, 8) "
        "from predictions.train_ad_impressions where break_type = 'mid_roll' "
        f"and is_ad_completed is not null and broadcast_date between '{first}' and '{last}' "
        "and serving_probability > 0"
    )
    assert abs(value - rate) <= 1e-8


def test_the_champion_foretells_completion_on_days_it_never_saw(built: Deployment):
    """So small a service can't tell whether it beats creative and break; benchmark-ads does."""
    champions = built.query(
        "select figures.lower_bound from predictions.eval_ad_decisions as decisions "
        "inner join predictions.eval_ad_models as figures using (model_version) "
        "where status = 'champion' and metric = 'auc' and split = deciding_split"
    )
    assert len(champions) == 1
    assert champions[0][0] > 0.55


def test_what_is_predicted_best_is_truly_completed_more_often(built: Deployment):
    """By the planted probabilities, so that no chance in the outcomes decides."""
    truth = json.loads((built.paths.home / "truth" / "ad_responses.json").read_text())
    slots = built.query(
        f"""
        select customers.segment, impressions.pod_position, best.creative_id
        from predictions.train_ad_impressions as impressions
        inner join read_parquet('{built.paths.home}/truth/customers.parquet') as customers
            using (customer_id)
        inner join (
            select taste_segment, main_genre_name, max_by(
                creative_id, (predicted_completion_rate, creative_id)
            ) as creative_id
            from predictions.score_midrolls
            group by all
        ) as best
            on impressions.taste_segment = best.taste_segment
            and coalesce(impressions.main_genre_name, '') = best.main_genre_name
        where impressions.break_type = 'mid_roll'
        """
    )
    assert len(slots) > 1000
    creatives = {row["creative_id"]: row for row in truth["creatives"]}

    def completion(segment: str, pod_position: int, creative: dict) -> float:
        by_segment = truth["segment_and_product_category"][segment]
        logit = truth["base"] + truth["break_type"]["mid_roll"]
        logit += truth["pod_position"] * (pod_position - 1)
        logit += creative["completion"] + by_segment[creative["product_category"]]
        return 1 / (1 + math.exp(-logit))

    chosen = fmean(completion(*slot[:2], creatives[slot[2]]) for slot in slots)
    by_chance = fmean(
        completion(*slot[:2], creative) for slot in slots for creative in creatives.values()
    )
    assert chosen > 1.1 * by_chance


def test_own_viewing_and_panel_are_those_of_the_truth(built: Deployment):
    truth = f"read_parquet('{built.paths.home}/truth/panel_weeks.parquet')"
    [(rows, told, missing, share)] = built.query(
        f"""
        select count(*), count(weeks.reach_count), count_if(weeks.title_id is null),
            sum(weeks.own_visitor_count) / sum(truth.own_viewers)
        from {truth} as truth
        left join serving.title_market_weeks as weeks
            on truth.title_id = weeks.title_id and truth.market_code = weeks.market_code
            and truth.week_start_date = weeks.week_start_date
        where truth.is_covered
        """
    )
    assert told == rows
    assert missing == 0
    # Events that were lost, came late or name nobody; customers who moved.
    assert 0.85 < share < 1.05
    [(planted,)] = built.query(f"select count(*) from {truth} where is_covered")
    assert built.query("select count(*) from serving.title_market_weeks where is_in_panel") == [
        (planted,)
    ]
